"""The commands together, as people use them."""
