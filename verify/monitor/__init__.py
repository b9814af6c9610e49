"""A log followed from outside, with what the public has: what is new, and what must not be."""
