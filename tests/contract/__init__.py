"""Tests of the registry on a real PostgreSQL with the real roles."""
