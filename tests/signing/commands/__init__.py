"""Tests of signing/commands."""
