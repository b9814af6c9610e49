"""The pure core: bytes, keyring, status and time in, verdict out."""
