"""The log derived anew from the statements' entries: the whole tree, and every checkpoint's root and signature."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from verify.core.chain import Chain
from verify.core.errors import LogRefused
from verify.core.log import checkpoint as notes
from verify.core.log import near, receipt, tiles, tree
from verify.core.log.tree import ENTRY_BYTES
from verify.fsck.found import AT_MOST, ROOT, Difference, compared

BRANCHES: Final = "select height::int, index, hashes from registry.branch order by height, index"
CHECKPOINTS: Final = (
    "select place, size, root, note, cosignatures, kid, receipt, extract(epoch from filed_at)::float8 as filed_at"
    " from registry.checkpoint order by place"
)


def check_branches(entries: bytes, found: Iterable[Any]) -> list[Difference]:
    """How the tree's rows differ from those of these entries."""
    expected: list[tuple[object, ...]] = []
    row = [tree.leaf(entries[at : at + ENTRY_BYTES]) for at in range(0, len(entries), ENTRY_BYTES)]
    height = 0
    while row:
        made = [b"".join(row[at : at + near.GROUP]) for at in range(0, len(row), near.GROUP)]
        expected += [(height, index, data) for index, data in enumerate(made)]
        row = [tiles.root(data) for data in made if len(data) == near.GROUP * tree.HASH_BYTES]
        height += 1
    return compared("branch", ("height", "index", "hashes"), 2, expected, [tuple(one) for one in found])


def check_checkpoints(entries: bytes, found: Sequence[Any], chain: Chain | None) -> list[Difference]:
    """How checkpoints differ from the tree, and which no log key of the centre signed."""
    differences: list[Difference] = []
    grown = tree.Frontier()
    for row in sorted(found, key=lambda row: row["size"]):
        name = f"place={row['place']} size={row['size']}"

        def differ(column: str, expected: str, have: str, name: str = name) -> None:
            told = Difference(table="checkpoint", row=name, column=column, expected=expected, found=have)
            differences.append(told)

        try:
            said = notes.read(row["note"])
            signed = notes.genuine(row["note"], chain) if chain is not None else None
        except LogRefused as error:
            differ("note", "a checkpoint that a log key of this centre signed", error.code)
            continue
        try:  # that the note which is served can be read; whose a cosignature is, is for who follows that witness
            notes.read(row["note"] + row["cosignatures"])
        except LogRefused as error:
            differ("cosignatures", "lines of signatures", error.code)
        if said.size != row["size"]:
            differ("size", str(said.size), str(row["size"]))
        if row["root"] != said.root:
            differ("root", said.root.hex(), row["root"].hex())
        if said.size * ENTRY_BYTES > len(entries):
            differ("note", AT_MOST.format(size=len(entries) // ENTRY_BYTES), str(said.size))
            continue
        grown = grown if grown.size <= said.size else tree.Frontier()
        grown.add(
            entries[at : at + ENTRY_BYTES]
            for at in range(grown.size * ENTRY_BYTES, said.size * ENTRY_BYTES, ENTRY_BYTES)
        )
        if grown.root != said.root:
            differ("note", ROOT.format(root=grown.root.hex()), said.root.hex())
        if signed is None:
            continue
        if row["kid"] != signed.key.kid:
            differ("kid", signed.key.kid.hex(), row["kid"].hex())
        try:
            receipt.check_root(row["receipt"], signed)
        except LogRefused:
            differ("receipt", "the log key's signature on the root", "another")
    return differences


def check_times(
    published: Sequence[tuple[int, float, bool]], found: Sequence[Any], chain: Chain | None
) -> list[Difference]:
    """That what the centre signed was published in the transaction of the first checkpoint that has it.

    What was filed past publish came before that; nothing came after it.
    """
    covering = []
    for row in sorted(found, key=lambda row: row["size"]):
        try:
            if chain is not None:
                notes.genuine(row["note"], chain)
        except LogRefused:
            continue
        covering.append((row["size"], row["filed_at"]))
    differences, place = [], 0
    for index, at, ours in published:
        while place < len(covering) and covering[place][0] <= index:
            place += 1
        if place < len(covering):
            filed = covering[place][1]
            if at > filed or (ours and at < filed):
                differences.append(
                    Difference(
                        table="statement",
                        row=f"index={index}",
                        column="published_at",
                        expected=f"{filed:.6f}",
                        found=f"{at:.6f}",
                    )
                )
    return differences


def root_of(entries: bytes) -> bytes:
    """The root of the tree of these entries."""
    return tree.Frontier().add(entries[at : at + ENTRY_BYTES] for at in range(0, len(entries), ENTRY_BYTES)).root
