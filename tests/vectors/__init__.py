"""Vectors: the contract's, and the project's own with the script that makes them."""
