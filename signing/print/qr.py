"""QR codes (ISO/IEC 18004) of certificates, as one vector path or as black and white pixels.

The library cuts the text into the segments that take the least room: ``https``, which phones want in small letters, as
bytes, the rest of the address alphanumeric and the number behind it numeric; at level M unless asked otherwise: level
Q costs a certificate three versions. A quiet zone of 4 modules is part of every picture.
"""

import functools
import io
import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec
import zxingcpp
from PIL import Image

Level = Literal["M", "Q"]

QUIET: Final = 4
"""Modules of white on each side (ISO/IEC 18004 section 9.1)."""

_DARK: Final = re.compile(rb"\x00+")
_LIGHT: Final = b"\xff"
_BESIDE: Final = _LIGHT * QUIET


class Symbol(msgspec.Struct, frozen=True, kw_only=True):
    """A QR symbol without its quiet zone."""

    level: Level
    rows: tuple[bytes, ...]
    """A byte for each module, 0 for dark."""

    @property
    def version(self) -> int:
        """1 to 40, by its size (ISO/IEC 18004 section 5.3.1)."""
        return (len(self.rows) - 17) // 4

    @property
    def width(self) -> int:
        """Modules on a side with the quiet zone."""
        return len(self.rows) + 2 * QUIET


@functools.lru_cache(maxsize=16)
def symbol(text: str, level: Level = "M") -> Symbol:
    """The QR symbol of ``text``. Raises ValueError when it is longer than a QR code can hold."""
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level=level)
    image = made.to_image(scale=1, add_quiet_zones=False)
    picture = memoryview(image)  # type: ignore[arg-type]  # a buffer, which its stubs do not say
    side, _side = picture.shape or (0, 0)
    pixels = picture.tobytes()
    return Symbol(level=level, rows=tuple(pixels[start : start + side] for start in range(0, len(pixels), side)))


def _runs(source: Symbol) -> Iterator[tuple[int, int, int]]:
    """Column, row and length of each run of dark modules, the quiet zone counted."""
    for y, row in enumerate(source.rows, QUIET):
        for run in _DARK.finditer(row):
            start, end = run.span()
            yield start + QUIET, y, end - start


def svg(text: str, level: Level = "M") -> bytes:
    """``text`` as an SVG picture: one path, a unit for each module; its user sets the size.

    One filled path, because separate rectangles leave hairlines between the rows on screens and some printers.
    """
    source = symbol(text, level)
    path = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in _runs(source))
    size = source.width
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path d="{path}"/></svg>\n'
    ).encode("ascii")


def png(text: str, scale: int = 10, level: Level = "M") -> bytes:
    """``text`` as a PNG picture of 1 bit a pixel, ``scale`` pixels for each module."""
    source = symbol(text, level)
    side, above = source.width, _LIGHT * (QUIET * source.width)
    pixels = above + b"".join(_BESIDE + row + _BESIDE for row in source.rows) + above
    picture = Image.frombytes("L", (side, side), pixels).convert("1", dither=Image.Dither.NONE)
    size = side * scale
    out = io.BytesIO()
    picture.resize((size, size), Image.Resampling.NEAREST).save(out, "PNG", optimize=True)
    return out.getvalue()
