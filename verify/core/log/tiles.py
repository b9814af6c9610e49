"""Tiles (C2SP tlog-tiles): the tree in pieces of 256 hashes, and how each is called."""

import functools
import re
from typing import Final

import msgspec

from verify.core.errors import LogRefused
from verify.core.log import tree
from verify.core.log.tree import ENTRY_BYTES, HASH_BYTES, Node

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
ENTRIES: Final = -1
"""The level of entry bundles, which stand below the tree's leaves."""
MOST_LEVEL: Final = 7
"""256^8 entries and more fit no uint64."""
_PATH: Final = re.compile(r"(entries|0|[1-9][0-9]?)((?:/x[0-9]{3}){0,5}/[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class Tile(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """The name of a tile, or of an entry bundle: level, index within the level, and how many hashes or entries."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """What stands behind ``tile/`` in its address: ``0/x001/234.p/5``."""
        digits = f"{self.index:03d}"
        parts = [digits[max(0, end - 3) : end].zfill(3) for end in range(len(digits), 0, -3)][::-1]
        place = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"{level}/{place}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @property
    def first(self) -> int:
        """The log index of the first entry that it spans."""
        return self.index << HEIGHT * (max(self.level, 0) + 1)


def named(path: str) -> Tile:
    """The tile of an address, as it stands behind ``tile/``. Raises LogRefused for what is not written so."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise LogRefused("not_a_tile", "not the address of a tile")
    level = ENTRIES if match[1] == "entries" else int(match[1])
    index = int(match[2].replace("/", "").replace("x", ""))
    found = Tile(level=level, index=index, width=int(match[3]) if match[3] else WIDTH)
    if found.path != path or level > MOST_LEVEL:
        raise LogRefused("not_a_tile", "not the address of a tile")
    return found


def width(level: int, index: int, size: int) -> int:
    """How wide a tile is in a tree of ``size``: 0 where the tree does not reach it."""
    return max(0, min(WIDTH, (size >> HEIGHT * max(level, 0)) - index * WIDTH))


def holds(tile: Tile, size: int) -> bool:
    """Whether a tree of ``size`` has a tile of this name, or had it when it was smaller."""
    return tile.width <= width(tile.level, tile.index, size)


def of_node(one: Node, size: int) -> Tile:
    """The tile that a complete subtree is read from, as a tree of ``size`` has it."""
    level, index = place_of_node(one)
    return Tile(level=level, index=index, width=width(level, index, size))


def place_of_node(one: Node) -> tuple[int, int]:
    """That tile's level, and its index within the level."""
    return one[0] // HEIGHT, (one[1] << one[0] % HEIGHT) // WIDTH


def edge(size: int) -> list[Tile]:
    """The tiles at the right edge that are not full: they alone give the root."""
    found = []
    for level in range(MOST_LEVEL + 1):
        index, wide = divmod(size >> HEIGHT * level, WIDTH)
        if wide:
            found.append(Tile(level=level, index=index, width=wide))
    return found


def check_shape(tile: Tile, data: bytes) -> None:
    """That the bytes are as many as the tile's name says. Raises LogRefused."""
    if tile.level == ENTRIES:
        unbundled(tile, data)
    elif len(data) != tile.width * HASH_BYTES:
        raise LogRefused("tile_cut", f"tile {tile.path}: not {tile.width} hashes")


def node_hash(data: bytes, one: Node) -> bytes:
    """The hash of a complete subtree, from the bytes of the tile that it is in (``of_node``)."""
    height = one[0] % HEIGHT
    start = ((one[1] << height) % WIDTH >> height) * HASH_BYTES
    row = levels(data)[height] if height else data
    return row[start : start + HASH_BYTES]


def root(data: bytes) -> bytes:
    """The hash over 2^n hashes: a full tile's."""
    return levels(data)[-1]


levels: Final = functools.lru_cache(maxsize=256)(tree.levels)
"""A tile's hashes and those above them, level by level, kept of those asked for last."""


def bundled(entries: list[bytes]) -> bytes:
    """An entry bundle: each entry behind its length, two bytes."""
    return b"".join(len(one).to_bytes(2) + one for one in entries)


def unbundled(tile: Tile, data: bytes) -> list[bytes]:
    """The entries of a bundle, 33 bytes each. Raises LogRefused."""
    step, length = ENTRY_BYTES + 2, ENTRY_BYTES.to_bytes(2)
    found = [data[place : place + step] for place in range(0, len(data), step)]
    if len(found) != tile.width or any(len(one) != step or not one.startswith(length) for one in found):
        raise LogRefused("tile_cut", f"tile {tile.path}: not {tile.width} entries of {ENTRY_BYTES} bytes")
    return [one[2:] for one in found]
