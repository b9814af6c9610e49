"""What the steps that make releases have in common."""
