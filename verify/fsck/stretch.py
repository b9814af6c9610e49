"""A stretch of the log, in a process of its own: each statement decoded, its signature checked, its rows compared."""

import asyncio
import hashlib
from typing import Any, cast

import asyncpg
import msgspec

from verify.core import signed, statement
from verify.core.believed_list import BelievedList, GenuineList
from verify.core.certificate import Certificate
from verify.core.chain import Chain
from verify.core.errors import NotBelieved, Unreadable
from verify.core.log import tree
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList
from verify.core.signed import Genuine
from verify.core.statement import Kind, Statement
from verify.fsck import derived_rows
from verify.fsck.derived_rows import TABLES, Row
from verify.fsck.exam_rules import Filed
from verify.fsck.found import NOT_BEFORE, Difference, Unbelieved, compared

_STATEMENTS = (
    "select index, kind, digest, kid, bytes, extract(epoch from published_at)::float8 as published_at,"
    " exists (select from registry.disowned d where d.index = s.index) as disowned"
    " from registry.statement s where index >= $1 and index < $2 order by index"
)
SKEW = 300
"""Seconds that a signer's clock may be ahead (2-formats)."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What a process is to look at: log indexes from ``start`` to before ``stop``, at one moment of the registry.

    Its repr shows no password.
    """

    url: str
    snapshot: str
    keyrings: tuple[tuple[bytes, int], ...]
    root: bytes
    start: int
    stop: int

    def __repr__(self) -> str:
        return f"Task(start={self.start}, stop={self.stop})"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    differences: list[Difference] = []
    unbelieved: list[Unbelieved] = []
    entries: bytearray = msgspec.field(default_factory=bytearray)
    """The log's entries, 33 bytes each; of a missing row none."""
    certificates: dict[bytes, tuple[str, str, int]] = {}
    """Genuine ones that are believed at their place, by short hash: number, exam, log index."""
    compromised: dict[bytes, tuple[str, str, int]] = {}
    """Those that only a list can restore."""
    lists: list[BelievedList] = []
    named: dict[int, list[tuple[int, bytes]]] = {}
    """By a believed list's log index: serial and short hash of each row that names a certificate."""
    indexes: list[Filed] = []
    published: list[tuple[int, float, bool]] = []
    """Log index, when published (seconds since 1970), and whether a key of the centre signed it."""


def look(task: Task) -> Report:
    """Runs the task; the process's connection ends with it."""
    return asyncio.run(_look(task))


async def _look(task: Task) -> Report:
    connection = await asyncpg.connect(task.url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(f"set transaction snapshot '{task.snapshot}'")
            filed = await connection.fetch(_STATEMENTS, task.start, task.stop)
            tables = {one.name: await connection.fetch(one.query, task.start, task.stop) for one in TABLES}
    finally:
        await connection.close()
    stretch = _Stretch(Chain.among(task.keyrings, task.root))
    for row in filed:
        stretch.take(row)
    found = stretch.report
    if len(filed) < task.stop - task.start:
        there = {row["index"] for row in filed}
        for index in range(task.start, task.stop):
            if index not in there:
                told: dict[str, Any] = {"expected": "a row", "found": "no such row"}
                found.differences.append(Difference(table="statement", row=f"index={index}", column=None, **told))
    for table in TABLES:
        there_rows = [tuple(row) for row in tables[table.name]]
        found.differences.extend(compared(table.name, table.columns, table.keys, stretch.rows[table.name], there_rows))
    return found


class _Stretch:
    """The fold over the statements of one stretch."""

    def __init__(self, chain: Chain | None) -> None:
        self._chain = chain
        self.rows: dict[str, list[Row]] = {table.name: [] for table in TABLES}
        self.report = Report()

    def take(self, row: Any) -> None:
        """One row of the log."""
        index, data = row["index"], row["bytes"]
        self.report.entries.extend(tree.entry(row["kind"], row["digest"]))
        if not data:
            self._differ(index, "bytes", None if row["disowned"] else "its bytes", "none")
            self.report.published.append((index, row["published_at"], False))
            return
        try:
            source = statement.decode(data)
            rows = derived_rows.rows(index, source)
        except (Unreadable, LookupError, TypeError, ValueError, AttributeError):
            self._differ(index, "digest", hashlib.sha256(data).digest(), row["digest"])
            self._differ(index, "bytes", "a statement of its kind", "none")
            self.report.published.append((index, row["published_at"], False))
            return
        self._differ(index, "digest", source.digest, row["digest"])
        self._differ(index, "kind", int(source.kind), row["kind"])
        self._differ(index, "kid", source.kid, row["kid"])
        iat = source.claims[statement.IAT]
        if iat > row["published_at"] + SKEW:
            self._differ(index, "published_at", NOT_BEFORE.format(time=iat - SKEW), f"{row['published_at']:.0f}")
        if row["disowned"]:
            self._differ(index, "bytes", "none", "its bytes")
        for table, derived in rows.items():
            self.rows[table] += derived
        self.report.published.append((index, row["published_at"], self._judge(index, source)))

    def _judge(self, index: int, source: Statement) -> bool:
        """Whether a key of the centre signed it; what is not believed is told."""
        if self._chain is None:
            return False
        try:
            found = signed.genuine(object, source, self._chain.newest)
        except NotBelieved as error:
            self._tell(index, error.code)
            return False
        if source.kind is Kind.KEYRING:  # believed as the chain has it: no keyring was in force before the first
            if all(version.index != index for version in self._chain.versions):
                self._tell(index, "not_in_chain")
            return True
        code = None
        try:
            found.at(index, self._chain)
        except NotBelieved as error:
            code = error.code
            self._tell(index, code)
        content = found.content
        if isinstance(content, Certificate) and code in (None, "key_compromised"):
            kept = self.report.certificates if code is None else self.report.compromised
            kept[found.short] = content.number, content.exam, index
        elif code is None and isinstance(content, PassList):
            self.report.lists.append(GenuineList(cast(Genuine[PassList], found)).at(index, self._chain))
            self.report.named[index] = [(row.serial, row.certificate) for row in content.rows if row.certificate]
        elif code is None and isinstance(content, LookupIndex):
            numbers = tuple(number for number, _key in content.rows)
            one = Filed(index=index, exam=content.exam, revision=content.revision, numbers=numbers)
            self.report.indexes.append(one)
        return True

    def _tell(self, index: int, code: str) -> None:
        self.report.unbelieved.append(Unbelieved(table="statement", row=f"index={index}", code=code))

    def _differ(self, index: int, column: str, expected: object, found: object) -> None:
        if expected is not None and expected != found:
            self.report.differences.append(
                Difference(
                    table="statement",
                    row=f"index={index}",
                    column=column,
                    expected=expected.hex() if isinstance(expected, bytes) else str(expected),
                    found=found.hex() if isinstance(found, bytes) else str(found),
                )
            )
