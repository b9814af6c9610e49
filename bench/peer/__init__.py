"""What a good Python developer would build instead, and what the framework alone does: beside them stands our own."""
