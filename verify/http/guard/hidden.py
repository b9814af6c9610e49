"""Keyed hashes: what is remembered of askers and of what they asked, so that nobody can read it."""

import hmac


class Hidden:
    """Hashes under a key of one purpose. ``secret`` is that of the service, the same in all its processes."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._key = hmac.digest(secret, f"yinjian/{purpose}/1".encode(), "sha256")

    def __call__(self, *parts: str) -> str:
        """32 hex digits for the parts, which cannot run into each other."""
        message = b"".join(len(raw).to_bytes(4) + raw for raw in (part.encode("utf-8", "replace") for part in parts))
        return hmac.digest(self._key, message, "sha256").hex()[:32]
