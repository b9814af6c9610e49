"""A checkpoint's tree, as far as its tiles are at hand: each tile is checked against the root before it counts."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Self

from verify.core.errors import LogRefused
from verify.core.log import receipt as receipts
from verify.core.log import tiles, tree
from verify.core.log.checkpoint import Signed
from verify.core.log.near import GROUP, Near
from verify.core.log.receipt import Proof, Receipt
from verify.core.log.tiles import WIDTH, Tile
from verify.core.log.tree import HASH_BYTES, Node
from verify.core.making_room import make_room

MOST_MIDDLES: Final = 8_192
"""8 MiB, with the hashes above them: those of two million entries."""
MOST_GROUPS: Final = 8_192
"""11 MiB, with the hashes above them: those of 131,072 entries."""
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
        self.size: Final = signed.size
        """How many entries the tree has."""
        self._earlier: Final = earlier or {}
        self._root_signature = root_signature
        self._edge: dict[_Place, bytes] = {}
        for tile, data in zip(tiles.edge(signed.size), edge, strict=True):
            tiles.check_shape(tile, data)
            self._edge[tile.level, tile.index] = data
        self._full: dict[_Place, bytes] = {}
        self._middles: dict[int, tree.Levels] = {}
        """Of full tiles, the hashes from four levels above theirs on, once they were found to be this tree's."""
        self._groups: dict[int, tree.Levels] = {}
        """Of groups of 16 entries, their hashes and those above, once they were found to be this tree's."""
        subtrees = tree.subtrees(0, signed.size)
        hashes = [self._hash(one) for one in subtrees]
        if tree.fold(hashes) != signed.root:
            raise LogRefused("other_tree", "tiles of another tree than the checkpoint's")
        self._beyond: Final = {height: _beyond(hashes, at) for at, (height, _place) in enumerate(subtrees)}
        """How a proof ends, by the height of the complete subtree that the entry is in: the same at one checkpoint."""

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
        """What must be known to tell of an entry and prove it: its hash, or with its surroundings its tile's."""
        return (tiles.HEIGHT, index // WIDTH) if near is not None and self._in_full(index) else (0, index)

    def of_consistency(self, old: int) -> list[Node]:
        """What proves that the tree goes on from that of ``old``. Raises LogRefused."""
        return [one for start, stop in tree.consistency(old, self.size) for one in tree.subtrees(start, stop)]

    def lacking(self, nodes: Iterable[Node]) -> list[Tile]:
        """The tiles that must come in before the hashes of these nodes are known, from the top down."""
        found: set[_Place] = set()
        for one in nodes:
            place = tiles.place_of_node(one)
            while place not in found and place not in self._edge and place not in self._full:
                found.add(place)
                place = place[0] + 1, place[1] // WIDTH
        if not found:
            return []
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
        if index >= self.size:
            return False
        proved = self._proved(index, near)
        here = tree.at(proved[0][0], index % GROUP) if proved is not None else self._hash((0, index))
        return here == tree.leaf(entry)

    def inclusion(self, index: int, near: Near | None = None) -> Proof:
        """The proof of the entry at ``index``, by its tile or its surroundings. Raises LogRefused."""
        height = tree.height_over(index, self.size)
        proved = self._proved(index, near)
        path: list[bytes] = []
        if proved is not None:
            path += tree.beside(proved[0][:-1], index % GROUP)
            path += tree.beside(proved[1][:-1], index % WIDTH // GROUP)
        for level in range(len(path), height, tiles.HEIGHT):
            rows = tiles.levels(self._tile(tiles.place_of_node((level, index >> level))))
            path += tree.beside(rows[: min(tiles.HEIGHT, height - level)], (index >> level) % WIDTH)
        return Proof(index=index, size=self.size, path=(*path, *self._beyond[height]))

    def receipt(self, index: int, near: Near | None = None) -> Receipt:
        """The receipt of the entry at ``index``, both ways. Raises LogRefused."""
        proof = self.inclusion(index, near)
        cose = receipts.cose(proof, self.signed.key.kid, self._root_signature)
        return Receipt(
            index=index,
            size=self.size,
            tlog_proof=receipts.tlog_proof(proof, self.signed.note),
            cose=base64.b64encode(cose).decode(),
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

    def _proved(self, index: int, near: Near | None) -> tuple[tree.Levels, tree.Levels] | None:
        """That these are the entry's surroundings in this tree: ``leaves`` and ``middle``, each with its levels.

        None where its tile tells. What was hashed once at this checkpoint is not hashed again: where each of a log's
        certificates is asked for, 16 share a group's hashes and 256 a middle's. Raises LogRefused.
        """
        if near is None or not self._in_full(index):
            return None
        near.check_shape()
        place, group = index // WIDTH, index // GROUP
        middle, rows = self._middles.get(place), self._groups.get(group)
        if middle is None or middle[0] != near.middle:
            middle = tree.levels(near.middle)
            if middle[-1] != self._hash((tiles.HEIGHT, place)):
                raise LogRefused("other_tree", "the surroundings of an entry: not of the checkpoint's tree")
            make_room(self._middles, MOST_MIDDLES)
            self._middles[place] = middle
        if rows is None or rows[0] != near.leaves:
            rows = tree.levels(near.leaves)
            if rows[-1] != tree.at(middle[0], group % GROUP):
                raise LogRefused("other_tree", "the surroundings of an entry: not of its tile")
            make_room(self._groups, MOST_GROUPS)
            self._groups[group] = rows
        return rows, middle

    def _hash(self, one: Node) -> bytes:
        return tiles.node_hash(self._tile(tiles.place_of_node(one)), one)

    def _tile(self, place: _Place) -> bytes:
        data = self._edge.get(place) or self._full.get(place)
        if data is None:
            path = Tile(level=place[0], index=place[1]).path
            raise LogRefused("tile_lacking", f"tile {path} is not there")
        return data


def _beyond(hashes: Sequence[bytes], at: int) -> tuple[bytes, ...]:
    """What a proof of an entry in one of these complete subtrees has behind: all to its right, and each to its left."""
    right = hashes[at + 1 :]
    return (*((tree.fold(right),) if right else ()), *reversed(hashes[:at]))
