"""Tests of how benchmarks tell what they found."""
