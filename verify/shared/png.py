"""What of a PNG draws it (W3C PNG, third edition): all else is left out before a library unpacks it.

Programs write megabytes of text into PNGs, packed; Pillow refuses such a picture as a whole.
"""

import struct
from collections.abc import Collection
from typing import Final

MAGIC: Final = b"\x89PNG\r\n\x1a\n"
_DRAWING: Final = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


def drawn(data: bytes, more: Collection[bytes] = ()) -> bytes:
    """The PNG with no chunks but those that draw its picture, and those of the kinds in ``more``.

    From where it is damaged, and where it is none, it is as it was.
    """
    if not data.startswith(MAGIC):
        return data
    kept = [MAGIC]
    place = len(MAGIC)
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            break
        if kind in _DRAWING or kind in more:
            kept.append(data[place:end])
        place = end
    return b"".join([*kept, data[place:]])


def depth(data: bytes) -> int:
    """Bits of a PNG's sample (IHDR); 8 for what is none."""
    return data[24] if data.startswith(MAGIC) and len(data) > 24 else 8


def clear(value: object, bits: int) -> object | None:
    """The transparent colour that Pillow took from tRNS, in the 8 bits to which it brought the pixels, not the file's.

    None where there is nothing to change.
    """
    if bits < 8 and isinstance(value, int):
        return value * 255 // ((1 << bits) - 1)
    if bits == 16 and isinstance(value, tuple):
        return tuple(one >> 8 for one in value)
    return None
