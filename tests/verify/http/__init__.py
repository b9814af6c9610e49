"""Tests of verify/http."""
