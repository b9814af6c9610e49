"""An entry's surroundings in its full tile: what proves it of the tile with 30 hashes, not with all 256."""

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


class Near(msgspec.Struct, frozen=True, gc=False):
    """What the registry gives with an entry; nothing of it counts before a tree has proved it (``TreeView``)."""

    leaves: bytes
    """The 16 hashes of the tile among which the entry's stands."""
    middle: bytes
    """The 16 hashes of the tile's groups of 16."""

    def check_shape(self) -> None:
        """That these are twice 16 hashes. Raises LogRefused."""
        if len(self.leaves) != _BYTES or len(self.middle) != _BYTES:
            raise LogRefused("tile_cut", "the surroundings of an entry: not twice 16 hashes")


def middle(tile: bytes) -> bytes:
    """The 16 hashes of a full tile's groups of 16."""
    return tree.levels(tile)[_HALF]


def near(tile: bytes, index: int) -> Near:
    """The surroundings of the entry at ``index``, from its full tile."""
    start = index % WIDTH // GROUP * _BYTES
    return Near(tile[start : start + _BYTES], middle(tile))
