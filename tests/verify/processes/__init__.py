"""Tests of verify/processes."""
