"""Tests of verify/files."""
