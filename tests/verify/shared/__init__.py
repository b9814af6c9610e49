"""Tests of verify/shared."""
