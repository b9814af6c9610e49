"""Tests of the house itself: its walls and what is built of it."""
