"""Snapshots held to the register: each of a size that has a checkpoint, the one that is served in every word."""

from collections.abc import Collection
from typing import Any, Final

from verify.core import signed
from verify.core.chain import Chain
from verify.core.errors import NotBelieved
from verify.core.snapshot import Snapshot
from verify.fsck.found import NOT_VALID, STANDINGS, Difference
from verify.shared import not_valid

_SNAPSHOTS: Final = "select index, bytes from registry.statement where kind = 6 and bytes <> '' order by index desc"
_AT_ONCE: Final = 8
"""Snapshots that are held in memory together."""
_SHOWN: Final = 5
"""Certificates that are named, by the 8 bytes by which a snapshot does."""


async def check(connection: Any, chain: Chain, sizes: Collection[int]) -> list[Difference]:
    """How believed snapshots differ from what the register said when each was published.

    ``sizes`` are those of the log that a key of the centre signed. Older snapshots than the newest are served to nobody
    any more, and their words are not derived again.
    """
    differences: list[Difference] = []
    newest = True
    async for row in connection.cursor(_SNAPSHOTS, prefetch=_AT_ONCE):
        try:
            snapshot = signed.believed(Snapshot, row["bytes"], row["index"], chain).content
        except NotBelieved:
            continue

        def differ(column: str, expected: str, found: str, index: int = row["index"]) -> None:
            told = {"expected": expected, "found": found}
            differences.append(Difference(table="snapshot", row=f"index={index}", column=column, **told))

        if snapshot.log_size not in sizes:
            differ("log_size", "a size that has a checkpoint", str(snapshot.log_size))
        elif newest:
            then = Chain(versions=tuple(one for one in chain.versions if (one.index or 0) < row["index"]))
            wanted = await not_valid.standings(connection, then, snapshot.log_size, snapshot.taken_at)
            lacking, more = wanted.items() - snapshot.standings.items(), snapshot.standings.items() - wanted.items()
            if lacking or more:
                told = STANDINGS.format(count=len(snapshot.standings), lacking=_named(lacking), beyond=_named(more))
                differ("standings", NOT_VALID.format(count=len(wanted)), told)
        newest = False
    return differences


def _named(found: Collection[tuple[bytes, str]]) -> str:
    """Some of them, for people."""
    shown = [f"{prefix.hex()} ({standing})" for prefix, standing in sorted(found)[:_SHOWN]]
    return ", ".join(shown) + (" …" if len(found) > _SHOWN else "") or "none"
