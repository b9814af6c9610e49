"""Tests of signing/steps."""
