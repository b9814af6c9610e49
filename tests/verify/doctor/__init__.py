"""Tests of verify/doctor."""
