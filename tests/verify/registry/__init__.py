"""Tests of verify/registry."""
