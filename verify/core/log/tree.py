"""The Merkle tree over the log's entries (RFC 6962 section 2.1, proofs as in RFC 9162 sections 2.1.3 and 2.1.4).

A node is (level, index): the complete subtree of 2^level leaves from leaf index * 2^level on. Hashes have 32 bytes.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Self

from verify.core.errors import LogRefused
from verify.core.statement import Statement

Node = tuple[int, int]
Range = tuple[int, int]
"""Leaves from the first to the second, which is not in it."""

Levels = tuple[bytes, ...]
"""A row of hashes, and above it level by level those of the subtrees that are complete in it."""

EMPTY: Final = hashlib.sha256(b"").digest()
"""The root of a tree without entries."""
ENTRY_BYTES: Final = 33
HASH_BYTES: Final = 32
MOST_HASHES: Final = 64
"""In a proof: more than any tree that fits a uint64 can want."""


def entry(kind: int, digest: bytes) -> bytes:
    """What is logged of a statement, 33 bytes: its kind and its SHA-256. No personal data."""
    return bytes([kind]) + digest


def entry_of(statement: Statement) -> bytes:
    """The entry of a statement that is at hand."""
    return entry(statement.kind, statement.digest)


def leaf(data: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two nodes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def levels(row: bytes) -> Levels:
    """The row with what stands above it."""
    found = [row]
    sha256 = hashlib.sha256
    while len(row) > HASH_BYTES:  # ``node`` of each two, without a call of Python for each
        pairs = range(0, len(row) - HASH_BYTES, 2 * HASH_BYTES)
        row = b"".join([sha256(b"\x01" + row[at : at + 2 * HASH_BYTES]).digest() for at in pairs])
        found.append(row)
    return tuple(found)


def at(row: bytes, place: int) -> bytes:
    """The hash at this place of a row."""
    return row[place * HASH_BYTES : (place + 1) * HASH_BYTES]


def beside(rows: Sequence[bytes], place: int) -> list[bytes]:
    """The hash beside the one at ``place`` in the lowest of these ``levels``, and so in each row above it."""
    return [row[(at := (place >> level ^ 1) * HASH_BYTES) : at + HASH_BYTES] for level, row in enumerate(rows)]


def subtrees(start: int, stop: int) -> list[Node]:
    """The complete subtrees that together are these leaves, in order, where ``start`` begins a subtree of their size.

    Their hashes, folded from the right (``fold``), are the Merkle Tree Hash of the leaves.
    """
    found = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash over ``subtrees``."""
    if not hashes:
        return EMPTY
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node(left, root)
    return root


def height_over(index: int, size: int) -> int:
    """How high the largest complete subtree over the entry is in a tree of ``size``. Raises LogRefused."""
    if not 0 <= index < size:
        raise LogRefused("beyond_tree", "an entry that the tree does not have")
    return (index ^ size).bit_length() - 1


def consistency(old: int, new: int) -> list[Range]:
    """Whose hashes prove that the tree of ``new`` goes on from that of ``old``. Raises LogRefused."""
    if not 0 <= old <= new:
        raise LogRefused("size_went_back", "a tree smaller than the one before")
    if old in (0, new):
        return []
    ranges: list[Range] = []
    start, stop = 0, new
    while stop != old:
        middle = start + _split(stop - start)
        if old <= middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, stop))
    return ranges[::-1]


def hashes(ranges: Iterable[Range], hash_of: Callable[[Node], bytes]) -> tuple[bytes, ...]:
    """A proof's hashes, from the hashes of complete subtrees."""
    return tuple(fold([hash_of(one) for one in subtrees(start, stop)]) for start, stop in ranges)


def root_of_inclusion(index: int, size: int, leaf_hash: bytes, path: Sequence[bytes]) -> bytes:
    """The root of a tree of ``size`` that has this leaf at ``index`` (RFC 9162 section 2.1.3.2). Raises LogRefused."""
    if not 0 <= index < size:
        raise LogRefused("beyond_tree", "an entry that the tree does not have")
    _check_hashes(path)
    place, last, root = index, size - 1, leaf_hash
    for beside in path:
        if last == 0:
            raise LogRefused("proof_length", "a proof with a hash too many")
        if place & 1 or place == last:
            root = node(beside, root)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            root = node(root, beside)
        place, last = place >> 1, last >> 1
    if last:
        raise LogRefused("proof_length", "a proof with a hash too few")
    return root


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """That the tree of ``new`` goes on from that of ``old`` (RFC 9162 section 2.1.4.2). Raises LogRefused.

    Of one size there is one root, from nothing every tree goes on; both take no hashes.
    """
    if not 0 <= old <= new:
        raise LogRefused("size_went_back", "a tree smaller than the one before")
    _check_hashes(path)
    if old in (0, new):
        if path:
            raise LogRefused("proof_length", "a proof with a hash too many")
        if old_root != (new_root if old == new else EMPTY):
            raise LogRefused("inconsistent", "two trees of one size")
        return
    hashes = list(path)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise LogRefused("proof_length", "a proof with a hash too few")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    was = now = hashes[0]
    for beside in hashes[1:]:
        if last == 0:
            raise LogRefused("proof_length", "a proof with a hash too many")
        if place & 1 or place == last:
            was, now = node(beside, was), node(beside, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = node(now, beside)
        place, last = place >> 1, last >> 1
    if last:
        raise LogRefused("proof_length", "a proof with a hash too few")
    if was != old_root or now != new_root:
        raise LogRefused("inconsistent", "a tree that does not go on from the one before")


class Frontier:
    """A tree that grows: its size, and the hashes of its complete subtrees from left to right."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size = size
        self._hashes = list(hashes)

    @property
    def root(self) -> bytes:
        """The root as it is now."""
        return fold(self._hashes)

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The hashes of its complete subtrees, by which it can be kept and grown on."""
        return tuple(self._hashes)

    def add(self, entries: Iterable[bytes]) -> Self:
        """Grows by these entries (33 bytes each), in order."""
        stack, size = self._hashes, self.size
        for one in entries:
            root, place = leaf(one), size
            while place & 1:
                root = node(stack.pop(), root)
                place >>= 1
            stack.append(root)
            size += 1
        self.size = size
        return self


def _split(count: int) -> int:
    """The largest power of two below ``count``, which is above 1."""
    return 1 << (count - 1).bit_length() - 1


def _check_hashes(path: Sequence[bytes]) -> None:
    if len(path) > MOST_HASHES:
        raise LogRefused("proof_length", "a proof with a hash too many")
    if any(len(one) != len(EMPTY) for one in path):
        raise LogRefused("proof_length", "a proof with something else than hashes of 32 bytes")
