"""Tests of signing/release."""
