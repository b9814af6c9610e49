"""A checkpoint's tree, as far as its tiles are at hand: each tile is checked against the root before it counts."""

import base64
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from verify.core.errors import LogRefused
from verify.core.log import receipt as receipts
from verify.core.log import tiles, tree
from verify.core.log.checkpoint import Signed
from verify.core.log.receipt import Proof, Receipt
from verify.core.log.tiles import HASH_BYTES, WIDTH, Tile
from verify.core.log.tree import Node

MOST_TILES: Final = 4096
"""Kept of one tree, 32 MiB: all of a log of a million entries."""


class TreeView:
    """The tree of one checkpoint. ``lacking`` asks for tiles, ``give`` takes them in, in any number of steps."""

    def __init__(self, signed: Signed, edge: Iterable[bytes], root_signature: bytes = b"") -> None:
        """``edge`` is the bytes of ``tiles.edge(signed.size)``. Raises LogRefused where they do not give the root."""
        self.signed: Final = signed
        self._root_signature = root_signature
        self._edge: dict[tuple[int, int], bytes] = {}
        for tile, data in zip(tiles.edge(signed.size), edge, strict=True):
            tiles.check_shape(tile, data)
            self._edge[tile.level, tile.index] = data
        self._full: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        if tree.fold([self._hash(one) for one in tree.subtrees(0, signed.size)]) != signed.root:
            raise LogRefused("other_tree", "tiles of another tree than the checkpoint's")

    @property
    def size(self) -> int:
        """How many entries the tree has."""
        return self.signed.size

    def of_entries(self, indexes: Iterable[int]) -> list[Node]:
        """The leaves at these log indexes."""
        return [(0, index) for index in indexes]

    def of_inclusion(self, index: int) -> list[Node]:
        """What proves the entry at ``index``. Raises LogRefused."""
        return [one for start, stop in tree.inclusion(index, self.size) for one in tree.subtrees(start, stop)]

    def of_consistency(self, old: int) -> list[Node]:
        """What proves that the tree goes on from that of ``old``. Raises LogRefused."""
        return [one for start, stop in tree.consistency(old, self.size) for one in tree.subtrees(start, stop)]

    def lacking(self, nodes: Iterable[Node]) -> list[Tile]:
        """The tiles that must come in before the hashes of these nodes are known, from the top down."""
        found: set[tuple[int, int]] = set()
        for one in nodes:
            tile = tiles.of_node(one, self.size)
            place = tile.level, tile.index
            while place not in found and place not in self._edge and place not in self._full:
                found.add(place)
                place = place[0] + 1, place[1] // WIDTH
        return [Tile(level=level, index=index) for level, index in sorted(found, reverse=True)]

    def give(self, tile: Tile, data: bytes) -> None:
        """Takes a full tile; the one above it must be there. Raises LogRefused where it is not of this tree."""
        tiles.check_shape(tile, data)
        above = tile.level + 1, tile.index // WIDTH
        parent = self._edge.get(above) or self._full.get(above)
        if parent is None:
            raise LogRefused("tile_order", f"tile {tile.path}: the tile above it is not known yet")
        start = tile.index % WIDTH * HASH_BYTES
        if tiles.root(data) != parent[start : start + HASH_BYTES]:
            raise LogRefused("other_tree", f"tile {tile.path}: not of the checkpoint's tree")
        self._full[tile.level, tile.index] = data
        if len(self._full) > MOST_TILES:
            self._full.popitem(last=False)

    def holds(self, index: int, entry: bytes) -> bool:
        """Whether the entry at ``index`` is this one (33 bytes). Raises LogRefused where its tile is not there."""
        return index < self.size and self._hash((0, index)) == tree.leaf(entry)

    def inclusion(self, index: int) -> Proof:
        """The proof of the entry at ``index``. Raises LogRefused where a tile is not there."""
        path = tree.hashes(tree.inclusion(index, self.size), self._hash)
        return Proof(index=index, size=self.size, path=path)

    def receipt(self, index: int) -> Receipt:
        """The receipt of the entry at ``index``, both ways. Raises LogRefused where a tile is not there."""
        proof = self.inclusion(index)
        cose = receipts.cose(proof, self.signed.key.kid, self._root_signature)
        return Receipt(
            index=index,
            size=self.size,
            tlog_proof=receipts.tlog_proof(proof, self.signed.note),
            cose=base64.b64encode(cose).decode("ascii"),
        )

    def consistency(self, old: int) -> tuple[bytes, ...]:
        """The proof that the tree goes on from that of ``old``. Raises LogRefused where a tile is not there."""
        return tree.hashes(tree.consistency(old, self.size), self._hash)

    def frontier(self) -> tree.Frontier:
        """The tree, to be grown."""
        return tree.Frontier(self.size, [self._hash(one) for one in tree.subtrees(0, self.size)])

    def _hash(self, one: Node) -> bytes:
        tile = tiles.of_node(one, self.size)
        place = tile.level, tile.index
        data = self._edge.get(place) or self._full.get(place)
        if data is None:
            raise LogRefused("tile_lacking", f"tile {tile.path} is not there")
        return tiles.node_hash(data, one)
