"""QR codes (ISO/IEC 18004) of certificates, as one vector path or as black and white pixels.

The text goes in as three segments: ``https``, which phones want in small letters, as bytes, the rest of the address
alphanumeric and the number behind it numeric; at level M unless asked otherwise: level Q costs a certificate three
versions. A quiet zone of 4 modules is part of every picture.
"""

import functools
import io
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final, Literal

import msgspec
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.main import QRCode

Level = Literal["M", "Q"]

QUIET: Final = 4
"""Modules of white on each side (ISO/IEC 18004 section 9.1)."""

# Any mask is legal to a reader. A certificate's text ends in a signature, as good as random under every mask: over
# 60 texts of 157 bytes the best mask's penalty was 7 % below mask 0's, mask 0 had the lowest mean of the fixed ones,
# and of pictures blurred, turned and made noisy until half failed, 30 of 60 were read with it and 31 with the best.
# The search for the best costs five times all the other work.
_MASK: Final = 0
_LEVELS: Final = {"M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q}


class Symbol(msgspec.Struct, frozen=True, kw_only=True):
    """A QR symbol without its quiet zone."""

    version: int
    level: Level
    modules: tuple[tuple[bool, ...], ...]
    """Rows of modules, True for dark."""

    @property
    def width(self) -> int:
        """Modules on a side with the quiet zone."""
        return len(self.modules) + 2 * QUIET


@functools.lru_cache(maxsize=16)
def symbol(text: str, level: Level = "M") -> Symbol:
    """The QR symbol of ``text``. Raises qrcode's DataOverflowError when it is longer than a QR code can hold."""
    # qrcode's own splitting makes bytes of an address below its minimum, and splits a host that has digits in it.
    head = text.rstrip("0123456789")
    scheme = head.partition("://")[0] if "://" in head else ""
    encoder: QRCode[Any] = QRCode(error_correction=_LEVELS[level], mask_pattern=_MASK)
    for segment in (scheme, head[len(scheme) :], text[len(head) :]):
        if segment:
            encoder.add_data(segment, optimize=0)
    encoder.make()
    modules = tuple(tuple(map(bool, row)) for row in encoder.modules)
    return Symbol(version=encoder.version, level=level, modules=modules)


def _runs(source: Symbol) -> Iterator[tuple[int, int, int]]:
    """Column, row and length of each run of dark modules, the quiet zone counted."""
    for y, row in enumerate(source.modules, QUIET):
        x = QUIET
        for dark, run in groupby(row):
            length = len(list(run))
            if dark:
                yield x, y, length
            x += length


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
    picture = Image.new("1", (source.width, source.width), 1)
    for x, y, length in _runs(source):
        picture.paste(0, (x, y, x + length, y + 1))
    size = source.width * scale
    out = io.BytesIO()
    picture.resize((size, size), Image.Resampling.NEAREST).save(out, "PNG", optimize=True)
    return out.getvalue()
