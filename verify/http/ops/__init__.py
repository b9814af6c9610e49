"""For operators and other verifiers: health, and public keys."""
