"""The text of a certificate's QR code: ``https://HOST/Q/DIGITS``, the statement as one decimal number (2-formats).

The one rule for "is this text one of ours?": what a scanner read, what people paste out of browsers and messengers,
what stands in a cell of their tables. verify/web/src/qr_text.ts has it for the camera; tests/vectors hold for both.
"""

import re
from typing import Final, Literal

from verify.core.errors import Unreadable

MAX_DIGITS: Final = 2000
MAX_TEXT: Final = 10_000
"""Characters of a text that is looked at: no address with all that is added to it is as long."""
SHORTEST: Final = 100
"""Digits that, with no address before them, are ours: no signed statement has fewer, and payment codes at most 24."""

_UNSEEN: Final = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe0e\ufe0f\ufeff]")
"""Zero-width characters, direction marks, byte order marks: messengers put them in, and nobody sees them."""
_SPACE: Final = "\t\n\v\f\r \u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""Unicode's White_Space: what ``\\s`` means differs from language to language."""
_ADDRESS: Final = rf"https?://(?:https?:?//)?[^/?#{_SPACE}]+/q/"
"""Any host's, with a second scheme in front where there is one: ``https://https//`` is what browsers make of two."""
_ADDED: Final = rf"/?(?:\?[^#{_SPACE}]*|(?:&[^=&#{_SPACE}]+=[^&#{_SPACE}]*)*)(?:#[^{_SPACE}]*)?"
"""A slash, a query or ``&name=value``, and a fragment; where both could take a text, looking would be quadratic."""
_TEXT: Final = re.compile(
    rf"(?P<address>{_ADDRESS})?(?P<digits>[1-9][0-9]{{0,1999}}){_ADDED}", re.IGNORECASE | re.ASCII
)
_BEGINS: Final = re.compile(rf"{_ADDRESS}|[0-9]{{{SHORTEST}}}", re.IGNORECASE | re.ASCII)


def write(data: bytes, host: str, scheme: Literal["https", "http"] = "https") -> str:
    """The QR text of a statement's bytes, for the centre's ``host`` (name, with port where it has one).

    Host and path are upper case for the QR code's alphanumeric mode; the scheme is not, because phones' scanners
    take ``HTTPS://`` for plain text. ``http`` is for trials in a room without TLS; every reader ignores the scheme.
    """
    return f"{scheme}://{host.upper()}/Q/{int.from_bytes(data)}"


def digits(text: str) -> str:
    """The digits of a scanned, typed or pasted text, whatever its host. Raises Unreadable for anything else.

    The code is ``altered`` where the text begins as one of ours, else ``not_a_qr_text``.
    """
    found = _TEXT.fullmatch(_bare(text))
    if found:
        return found["digits"]
    if begins_as_ours(text):
        raise Unreadable("altered", "begins as the text of a certificate's QR code, and goes on as none")
    raise Unreadable("not_a_qr_text", "not the text of a certificate's QR code")


def read(text: str) -> bytes:
    """The statement's bytes of a scanned or typed text. Raises Unreadable."""
    value = int(digits(text))
    return value.to_bytes((value.bit_length() + 7) // 8)


def is_ours(text: str) -> bool:
    """Whether a text is that of a certificate's code: an address with ``/Q/`` and digits, or many digits alone."""
    found = _TEXT.fullmatch(_bare(text))
    return found is not None and (found["address"] is not None or len(found["digits"]) >= SHORTEST)


def begins_as_ours(text: str) -> bool:
    """Whether a text begins as one of ours, also where it cannot be read: cut, mistyped, or with something behind."""
    return _BEGINS.match(_bare(text)) is not None


def _bare(text: str) -> str:
    """``text`` without what nobody sees and the white space around it; empty where it is too long to be anything."""
    if len(text) > MAX_TEXT:
        return ""
    return (text if text.isascii() else _UNSEEN.sub("", text)).strip(_SPACE)
