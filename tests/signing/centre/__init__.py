"""Tests of signing/centre."""
