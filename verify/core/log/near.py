"""An entry's surroundings in its full tile: what proves it of the tile with 30 hashes, not with all 256."""

import functools
from collections.abc import Sequence
from typing import Final

import msgspec

from verify.core.errors import LogRefused
from verify.core.log import tree
from verify.core.log.tiles import HEIGHT, WIDTH
from verify.core.log.tree import HASH_BYTES

_HALF: Final = HEIGHT // 2
GROUP: Final = 1 << _HALF
"""Entries that stand near one another: a tile has 16 times 16."""
_BYTES: Final = GROUP * HASH_BYTES


class Near(msgspec.Struct, frozen=True, dict=True):
    """What the registry gives with an entry; nothing of it counts before ``check``, and ``root`` in the tile above."""

    leaves: bytes
    """The 16 hashes of the tile among which the entry's stands."""
    middle: bytes
    """The 16 hashes of the tile's groups of 16."""

    @functools.cached_property
    def rows(self) -> tuple[bytes, ...]:
        """The ``leaves`` and what stands above them, level by level."""
        return tree.levels(self.leaves)

    def check(self, index: int) -> None:
        """That these are the surroundings of the entry at ``index`` by ``middle``. Raises LogRefused."""
        if len(self.leaves) != _BYTES or len(self.middle) != _BYTES:
            raise LogRefused("tile_cut", "the surroundings of an entry: not twice 16 hashes")
        start = index % WIDTH // GROUP * HASH_BYTES
        if self.rows[-1] != self.middle[start : start + HASH_BYTES]:
            raise LogRefused("other_tree", "the surroundings of an entry: not of its tile")

    def leaf(self, index: int) -> bytes:
        """The hash of the entry at ``index``."""
        start = index % GROUP * HASH_BYTES
        return self.leaves[start : start + HASH_BYTES]

    def beside(self, index: int, middles: Sequence[bytes]) -> list[bytes]:
        """The eight hashes that prove the entry of its tile; ``middles`` is ``middle`` with its levels."""
        return [
            *tree.beside(self.rows[:-1], index % GROUP),
            *tree.beside(middles[:-1], index % WIDTH // GROUP),
        ]


def middle(tile: bytes) -> bytes:
    """The 16 hashes of a full tile's groups of 16."""
    return tree.levels(tile)[_HALF]


def near(tile: bytes, index: int) -> Near:
    """The surroundings of the entry at ``index``, from its full tile."""
    start = index % WIDTH // GROUP * _BYTES
    return Near(tile[start : start + _BYTES], middle(tile))
