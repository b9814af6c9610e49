"""What a printed verdict carries so that whoever holds the paper asks again: an address, and its QR code."""

import base64
import struct
import zlib
from collections.abc import Sequence
from typing import Final

import msgspec
import zxingcpp

from verify.core.answer import Verdict

MOST_BYTES: Final = 2300
"""Of a text: what the largest QR code takes at level M (ISO/IEC 18004: 2,331 bytes), and a little less."""
_MASK: Final = 3
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_NO_FILTER: Final = b"0" * 8
_BITS: Final = bytes([ord("0")] * 128 + [ord("1")] * 128)


class AskedAgain(msgspec.Struct, frozen=True, kw_only=True):
    """Where the same question is answered anew."""

    address: str
    """Short enough to be typed."""
    picture: str
    """The QR code of the question, a PNG of one pixel for each module, as a data: address; the page sets its size."""


def of(public_url: str, path: str | None, judged: Verdict) -> AskedAgain | None:
    """How a verdict is asked for again: by the QR code's ``path``, or by the certificate's number; None by neither."""
    by_number = f"{public_url}/c/{judged.certificate.number}" if judged.certificate else None
    if path is not None and len(public_url) + len(path) > MOST_BYTES:
        return None  # no code of ours is as long, whatever it begins with
    if path is None and by_number is None:
        return None
    return AskedAgain(
        address=by_number or public_url,
        picture=_picture(f"{public_url}{path}" if path is not None else str(by_number)),
    )


def _picture(text: str) -> str:
    # Of the eight masks any is read; to find which looks best takes four times as long as all the rest.
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M", dataMask=_MASK)
    drawn = symbol.to_image(scale=1, add_quiet_zones=True)
    height, width = drawn.shape
    pixels = bytes(drawn).translate(_BITS)  # type: ignore[call-overload]  # it is a buffer, which its stub does not say
    file = _png([pixels[start : start + width] for start in range(0, width * height, width)], width)
    return "data:image/png;base64," + base64.b64encode(file).decode("ascii")


def _png(rows: Sequence[bytes], width: int) -> bytes:
    """A picture of one bit for each pixel, a digit of 1 for white, its rows without a filter (ISO/IEC 15948).

    All its bits are one number: to put row after row together takes twice as long as to draw the code.
    """
    size = (width + 7) // 8
    head = struct.pack(">IIBBBBB", width, len(rows), 1, 0, 0, 0, 0)
    after = b"0" * (size * 8 - width)
    bits = b"".join([_NO_FILTER + row + after for row in rows])
    data = zlib.compress(int(bits, 2).to_bytes(len(rows) * (size + 1)), 0)
    return _PNG + b"".join(_chunk(*one) for one in ((b"IHDR", head), (b"IDAT", data), (b"IEND", b"")))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
