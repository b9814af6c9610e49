"""The public verification service: it holds no private key and no right to write."""
