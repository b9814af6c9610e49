"""Tests of signing/print."""
