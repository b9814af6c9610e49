"""Whose site this is, and how to use it: pages about the operator, help, privacy, and what robots are told."""
