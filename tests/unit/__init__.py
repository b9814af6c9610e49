"""Tests of single modules, without a database or a network."""
