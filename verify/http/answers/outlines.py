"""Pages that differ in a few places alone, kept without what stands there (ADR 46).

An outline is a page that was rendered with a mark in each such place, cut up at the marks. It holds nothing that a
place is filled with, so that a page about a person leaves nothing of them behind.
"""

import re
from collections.abc import Callable, Hashable, Mapping
from typing import Final, TypeAlias

import msgspec
from markupsafe import escape

from verify.core.making_room import make_room

MOST: Final = 512
"""Outlines, of some 15 kB each."""
_MARK: Final = re.compile("\x02([a-z]+)\x03")

Fill: TypeAlias = Mapping[str, str]
"""What stands in each place, by its name."""


def mark(name: str) -> str:
    """What stands for a place of the page while its outline is rendered; templates write it as they write any text."""
    return f"\x02{name}\x03"


class _Outline(msgspec.Struct, frozen=True):
    pieces: list[bytes]
    """What is the same for all, with an empty piece for each place."""
    places: tuple[tuple[int, str], ...]
    """Which of the pieces is which place."""

    def filled(self, fill: Fill) -> bytes:
        """The page."""
        pieces = self.pieces.copy()
        for at, name in self.places:
            pieces[at] = escape(fill[name]).encode()
        return b"".join(pieces)


def _outline(html: str) -> _Outline:
    cut = _MARK.split(html)
    places = tuple((at, cut[at]) for at in range(1, len(cut), 2))
    return _Outline([b"" if at % 2 else piece.encode() for at, piece in enumerate(cut)], places)


class Outlines:
    """Outlines by what their pages hang on; the first kept make room."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._kept: dict[Hashable, _Outline] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def page(self, on: Hashable, fill: Fill, whole: Callable[[], str], marked: Callable[[], str]) -> bytes:
        """A page that hangs on nothing but ``on`` and what its places are filled with.

        ``whole`` renders it, ``marked`` the same with its marks. An outline is kept that makes the first page anew.
        """
        kept = self._kept.get(on)
        if kept is not None:
            return kept.filled(fill)
        page = whole().encode()
        outline = _outline(marked())
        if outline.filled(fill) == page:
            make_room(self._kept, self._most)
            self._kept[on] = outline
        return page
