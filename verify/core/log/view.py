"""A checkpoint's tree, as far as its tiles are at hand: each tile is checked against the root before it counts."""

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Self

from verify.core.errors import LogRefused
from verify.core.log import receipt as receipts
from verify.core.log import tiles, tree
from verify.core.log.checkpoint import Signed
from verify.core.log.near import Near
from verify.core.log.receipt import Proof, Receipt
from verify.core.log.tiles import HASH_BYTES, WIDTH, Tile
from verify.core.log.tree import Node

MOST_MIDDLES: Final = 16_384
"""8 MiB: those of four million entries."""
_Place = tuple[int, int]


class TreeView:
    """The tree of one checkpoint. ``lacking`` asks for tiles, ``give`` takes them in, in any number of steps."""

    def __init__(
        self,
        signed: Signed,
        edge: Iterable[bytes],
        root_signature: bytes = b"",
        earlier: Mapping[_Place, bytes] | None = None,
    ) -> None:
        """``edge`` is the bytes of ``tiles.edge(signed.size)``, ``earlier`` full tiles of a tree before this one.

        Raises LogRefused where the edge does not give the root.
        """
        self.signed: Final = signed
        self._earlier: Final = earlier or {}
        self._root_signature = root_signature
        self._edge: dict[_Place, bytes] = {}
        for tile, data in zip(tiles.edge(signed.size), edge, strict=True):
            tiles.check_shape(tile, data)
            self._edge[tile.level, tile.index] = data
        self._full: dict[_Place, bytes] = {}
        self._middles: dict[int, bytes] = {}
        """Of full tiles, the hashes four levels above theirs that were found to be this tree's."""
        if tree.fold([self._hash(one) for one in tree.subtrees(0, signed.size)]) != signed.root:
            raise LogRefused("other_tree", "tiles of another tree than the checkpoint's")

    @property
    def size(self) -> int:
        """How many entries the tree has."""
        return self.signed.size

    @property
    def full(self) -> Mapping[_Place, bytes]:
        """The full tiles that are at hand."""
        return {**self._earlier, **self._full}

    @property
    def kept(self) -> int:
        """How many full tiles it keeps."""
        return len(self._full)

    def emptied(self) -> Self:
        """The same tree without its full tiles; who has this one keeps them."""
        return type(self)(self.signed, self._edge.values(), self._root_signature)

    def of_entry(self, index: int, near: Near | None = None) -> Node:
        """What must be known to tell of an entry: its hash, or with its surroundings its tile's."""
        return (tiles.HEIGHT, index // WIDTH) if near is not None and self._in_full(index) else (0, index)

    def of_inclusion(self, index: int) -> list[Node]:
        """What proves the entry at ``index``. Raises LogRefused."""
        return [one for start, stop in tree.inclusion(index, self.size) for one in tree.subtrees(start, stop)]

    def of_consistency(self, old: int) -> list[Node]:
        """What proves that the tree goes on from that of ``old``. Raises LogRefused."""
        return [one for start, stop in tree.consistency(old, self.size) for one in tree.subtrees(start, stop)]

    def lacking(self, nodes: Iterable[Node]) -> list[Tile]:
        """The tiles that must come in before the hashes of these nodes are known, from the top down."""
        found: set[_Place] = set()
        for one in nodes:
            tile = tiles.of_node(one, self.size)
            place = tile.level, tile.index
            while place not in found and place not in self._edge and place not in self._full:
                found.add(place)
                place = place[0] + 1, place[1] // WIDTH
        lacking = [Tile(level=level, index=index) for level, index in sorted(found, reverse=True)]
        return [tile for tile in lacking if not self._carried_on(tile)]

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

    def holds(self, index: int, entry: bytes, near: Near | None = None) -> bool:
        """Whether the entry at ``index`` is this one (33 bytes), by its tile or its surroundings. Raises LogRefused."""
        return index < self.size and self._about(index, near)((0, index)) == tree.leaf(entry)

    def inclusion(self, index: int, near: Near | None = None) -> Proof:
        """The proof of the entry at ``index``, by its tile or its surroundings. Raises LogRefused."""
        path = tree.hashes(tree.inclusion(index, self.size), self._about(index, near))
        return Proof(index=index, size=self.size, path=path)

    def receipt(self, index: int, near: Near | None = None) -> Receipt:
        """The receipt of the entry at ``index``, both ways. Raises LogRefused."""
        proof = self.inclusion(index, near)
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

    def _in_full(self, index: int) -> bool:
        return index // WIDTH < self.size // WIDTH

    def _carried_on(self, tile: Tile) -> bool:
        """Takes a tile from the tree before, where it is the same in this one."""
        data = self._earlier.get((tile.level, tile.index))
        if data is None:
            return False
        try:
            self.give(tile, data)
        except LogRefused:
            return False
        return True

    def _about(self, index: int, near: Near | None) -> Callable[[Node], bytes]:
        """What tells hashes of nodes: in the entry's tile by its surroundings, where it is full. Raises LogRefused."""
        if near is None or not self._in_full(index):
            return self._hash
        place = index // WIDTH
        near.check(index)
        if self._middles.get(place) != near.middle:
            if near.root != self._hash((tiles.HEIGHT, place)):
                raise LogRefused("other_tree", "the surroundings of an entry: not of the checkpoint's tree")
            if len(self._middles) >= MOST_MIDDLES:
                self._middles.clear()
            self._middles[place] = near.middle

        def told(one: Node) -> bytes:
            level, at = one
            inside = level < tiles.HEIGHT and at << level >> tiles.HEIGHT == place
            return near.hash(one) if inside else self._hash(one)

        return told

    def _hash(self, one: Node) -> bytes:
        tile = tiles.of_node(one, self.size)
        place = tile.level, tile.index
        data = self._edge.get(place) or self._full.get(place)
        if data is None:
            raise LogRefused("tile_lacking", f"tile {tile.path} is not there")
        return tiles.node_hash(data, one)
