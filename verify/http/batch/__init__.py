"""Many certificates at once, for clerks and programs."""
