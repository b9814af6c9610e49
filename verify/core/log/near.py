"""An entry's surroundings in its full tile: what proves it of the tile with 30 hashes, not with all 256."""

from hashlib import sha256
from typing import Final

import msgspec

from verify.core.errors import LogRefused
from verify.core.log.tiles import HASH_BYTES, HEIGHT, WIDTH
from verify.core.log.tree import Node

_HALF: Final = HEIGHT // 2
GROUP: Final = 1 << _HALF
"""Entries that stand near one another: a tile has 16 times 16."""
_BYTES: Final = GROUP * HASH_BYTES


class Near(msgspec.Struct, frozen=True):
    """What the registry gives with an entry; nothing of it counts before ``check``, and ``root`` in the tile above."""

    leaves: bytes
    """The 16 hashes of the tile among which the entry's stands."""
    middle: bytes
    """The 16 hashes of the tile's groups of 16."""

    def check(self, index: int) -> None:
        """That these are the surroundings of the entry at ``index`` by ``middle``. Raises LogRefused."""
        if len(self.leaves) != _BYTES or len(self.middle) != _BYTES:
            raise LogRefused("tile_cut", "the surroundings of an entry: not twice 16 hashes")
        start = index % WIDTH // GROUP * HASH_BYTES
        if _above(self.leaves, _HALF) != self.middle[start : start + HASH_BYTES]:
            raise LogRefused("other_tree", "the surroundings of an entry: not of its tile")

    @property
    def root(self) -> bytes:
        """The tile's hash, by ``middle``."""
        return _above(self.middle, _HALF)

    def hash(self, one: Node) -> bytes:
        """The hash of a complete subtree beside or over the entry in its tile."""
        level, place = one
        row, height = (self.leaves, level) if level < _HALF else (self.middle, level - _HALF)
        start = (place << height) % GROUP * HASH_BYTES
        return _above(row[start : start + (HASH_BYTES << height)], height)


def middle(tile: bytes) -> bytes:
    """The 16 hashes of a full tile's groups of 16."""
    return _above(tile, _HALF)


def near(tile: bytes, index: int) -> Near:
    """The surroundings of the entry at ``index``, from its full tile."""
    start = index % WIDTH // GROUP * _BYTES
    return Near(tile[start : start + _BYTES], middle(tile))


def _above(row: bytes, height: int) -> bytes:
    """The hashes so many levels above these: ``tree.node`` of each two, without a call of Python for each."""
    for _ in range(height):
        pairs = range(0, len(row), 2 * HASH_BYTES)
        row = b"".join([sha256(b"\x01" + row[at : at + 2 * HASH_BYTES]).digest() for at in pairs])
    return row
