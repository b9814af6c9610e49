"""Custody of private keys: created, kept encrypted, used through a Signer, never handed out."""
