"""A proof of work asked for: the challenge as ALTCHA's widgets and libraries read it."""

from typing import Any

import msgspec


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A counter is wanted whose PBKDF2/SHA-256 key begins as ``parameters.keyPrefix`` says (ALTCHA 2)."""

    parameters: dict[str, Any]
    signature: str
