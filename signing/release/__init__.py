"""Releases: signed statements carried to the registry, their rules, and publishing."""
