"""The whole registry looked through, at one moment: stretches in processes beside one another, then what ties them."""

import asyncio
import os
from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, TypeVar

import msgspec

from verify.core.chain import Chain
from verify.fsck import covered_found, exam_rules, snapshot_found, stretch, tree_found
from verify.fsck.found import Difference, Unbelieved
from verify.fsck.stretch import Report, Task
from verify.shared import fresh_workers
from verify.shared.database_trouble import connect
from verify.shared.progress import Progress, silent

K = TypeVar("K")
V = TypeVar("V")

STRETCH: Final = 5_000
"""Statements that a process looks at in one go, at most."""
LEAST: Final = 500
"""And at least: a smaller registry is shared out evenly."""
_KEYRINGS: Final = "select index, bytes from registry.statement where kind = 5 and bytes <> '' order by index"
_SIZE: Final = "select coalesce(max(index) + 1, 0) from registry.statement"
_DISOWNED: Final = """
select d.index from registry.disowned d left join registry.statement s using (index) where s.index is null
"""


class WorkerEnded(Exception):
    """A process that looked at a stretch ended before it was through, as for want of memory: nothing is known."""


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """What fsck answers."""

    size: int
    """Statements in the registry."""
    checkpoints: int
    root: str
    """The tree's root now, hexadecimal."""
    differences: tuple[Difference, ...]
    unbelieved: tuple[Unbelieved, ...]


async def look_through(url: str, root: bytes, *, processes: int | None = None, progress: Progress = silent) -> Findings:
    """Every difference between the registry at the owner's ``url`` and its statements, by the pinned ``root``.

    Raises one of TROUBLE where the registry cannot be asked, and WorkerEnded.
    """
    connection = await connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return await _Whole(connection, url, root).findings(processes or os.cpu_count() or 1, progress)
    finally:
        await connection.close()


class _Whole:
    """One look."""

    def __init__(self, connection: Any, url: str, root: bytes) -> None:
        self._connection = connection
        self._url = url
        self._root = root

    async def findings(self, processes: int, progress: Progress) -> Findings:
        """The whole of it."""
        ask = self._connection.fetch
        keyrings = tuple((row["bytes"], row["index"]) for row in await ask(_KEYRINGS))
        chain = Chain.among(keyrings, self._root)
        size = await self._connection.fetchval(_SIZE)
        reports = await self._looked(size, keyrings, processes, progress)
        differences = [one for report in reports for one in report.differences]
        unbelieved = [one for report in reports for one in report.unbelieved]
        entries = b"".join(report.entries for report in reports)
        checkpoints = await ask(tree_found.CHECKPOINTS)
        differences += tree_found.check_branches(entries, await ask(tree_found.BRANCHES))
        differences += tree_found.check_checkpoints(entries, checkpoints, chain)
        for row in await ask(_DISOWNED):
            told: dict[str, Any] = {"expected": "no such row", "found": "a row"}
            differences.append(Difference(table="disowned", row=f"index={row['index']}", column=None, **told))
        if chain is None:
            told = {"expected": "a keyring of the pinned root", "found": "none"}
            differences.append(Difference(table="keyring", row="version=1", column=None, **told))
        else:
            certificates = dict(_merged(report.certificates for report in reports))
            compromised = dict(_merged(report.compromised for report in reports))
            lists = [one for report in reports for one in report.lists]
            filed = [one for report in reports for one in report.indexes]
            named = dict(_merged(report.named for report in reports))
            facts = await exam_rules.facts(self._connection, chain, lists, named, filed)
            more, strange, restored = exam_rules.check(facts, certificates, compromised)
            differences += more
            known = {one.row for one in unbelieved}
            unbelieved += [one for one in strange if one.row not in known]
            sizes = {row["size"] for row in checkpoints}
            differences += await covered_found.check(self._connection)
            differences += await snapshot_found.check(self._connection, chain, sizes)
            back = {f"index={index}" for index in restored}
            unbelieved = [one for one in unbelieved if one.code != "key_compromised" or one.row not in back]
            doubted = {int(one.row.removeprefix("index=")) for one in unbelieved} - restored
            published = [
                (index, at, ours and index not in doubted) for report in reports for index, at, ours in report.published
            ]
            differences += tree_found.check_times(published, checkpoints, chain)
        return Findings(
            size=size,
            checkpoints=len(checkpoints),
            root=tree_found.root_of(entries).hex(),
            differences=tuple(differences),
            unbelieved=tuple(sorted(unbelieved, key=lambda one: (one.table, len(one.row), one.row))),
        )

    async def _looked(
        self, size: int, keyrings: tuple[tuple[bytes, int], ...], processes: int, progress: Progress
    ) -> list[Report]:
        """Every stretch, in the log's order."""
        snapshot = await self._connection.fetchval("select pg_export_snapshot()")
        everything = Task(url=self._url, snapshot=snapshot, keyrings=keyrings, root=self._root, start=0, stop=size)
        each = max(LEAST, min(STRETCH, -(-size // (4 * processes))))
        tasks = [
            msgspec.structs.replace(everything, start=start, stop=min(start + each, size))
            for start in range(0, size, each)
        ]
        count = min(processes, len(tasks))
        pool = fresh_workers.pool(count) if count > 1 else None
        reports = []
        try:
            with progress("fsck", size) as advance:
                looks = [pool.submit(stretch.look, task) for task in tasks] if pool is not None else []
                for place, task in enumerate(tasks):
                    alone = asyncio.to_thread(stretch.look, task) if pool is None else asyncio.wrap_future(looks[place])
                    reports.append(await alone)
                    advance(task.stop - task.start)
        except BrokenProcessPool:
            raise WorkerEnded from None
        finally:
            if pool is not None:
                pool.shutdown(cancel_futures=True)
        return reports


def _merged(parts: Iterable[dict[K, V]]) -> Iterator[tuple[K, V]]:
    for part in parts:
        yield from part.items()
