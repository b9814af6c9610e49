"""A long run of everything at once: real traffic, publishing and mishaps over the real service."""
