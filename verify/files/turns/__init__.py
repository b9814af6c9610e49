"""Whose file is read next, and with how much of a processor."""
