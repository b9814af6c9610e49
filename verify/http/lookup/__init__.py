"""Certificates of one person, by name and ID number."""
