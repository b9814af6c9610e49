"""What a printed verdict carries so that whoever holds the paper asks again: an address, and its QR code."""

import base64
import functools
from typing import Final

import msgspec
import zxingcpp

from verify.core.answer import Verdict

MOST_BYTES: Final = 2300
"""Of a text: what the largest QR code takes at level M (ISO/IEC 18004: 2,331 bytes), and a little less."""
_PIXELS: Final = 3
"""Of a module; the page sets the size."""


class AskedAgain(msgspec.Struct, frozen=True, kw_only=True):
    """Where the same question is answered anew."""

    address: str
    """Short enough to be typed."""
    picture: str
    """The QR code of the question, an SVG picture as a data: address."""


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


@functools.lru_cache(maxsize=64)
def _picture(text: str) -> str:
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawn = symbol.to_svg(scale=_PIXELS, add_quiet_zones=True)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.encode()).decode("ascii")
