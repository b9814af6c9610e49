"""The text of a certificate's QR code: ``HTTPS://HOST/Q/DIGITS``, the statement as one decimal number."""

import re
from typing import Final

from verify.core.errors import Unreadable

MAX_DIGITS: Final = 2000
MAX_TEXT: Final = 10_000
"""Characters of a text that may be one: a longer one is unreadable, before anything else is looked at."""
_TEXT: Final = re.compile(r"(?:https?://[^/?#\s]+/q/)?([1-9][0-9]{0,1999})", re.IGNORECASE | re.ASCII)


def write(data: bytes, host: str) -> str:
    """The QR text of a statement's bytes, for the centre's ``host`` (name, with port where it has one)."""
    return f"HTTPS://{host.upper()}/Q/{int.from_bytes(data)}"


def digits(text: str) -> str:
    """The digits of a scanned or typed text, whatever its host. Raises Unreadable for anything else."""
    found = _TEXT.fullmatch(text.strip()) if len(text) <= MAX_TEXT else None
    if not found:
        raise Unreadable("not_a_qr_text", "not the text of a certificate's QR code")
    return found[1]


def read(text: str) -> bytes:
    """The statement's bytes of a scanned or typed text. Raises Unreadable."""
    value = int(digits(text))
    return value.to_bytes((value.bit_length() + 7) // 8)
