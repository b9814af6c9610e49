"""What the registry holds that bears on a release, read as its signer role and believed by the core's rules alone.

Anything may have been filed past publish: what is not believed is passed over, as every reader passes it over.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from signing.release.release_file import Release
from verify.core import signed
from verify.core.believed_list import GenuineList
from verify.core.chain import Chain
from verify.core.changes import Change
from verify.core.errors import NotBelieved
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList
from verify.core.register import Published, Record, Register
from verify.core.signed import Believed, Genuine

T = TypeVar("T")
C = TypeVar("C", PassList, LookupIndex)
Connection = "asyncpg.Connection[asyncpg.Record]"

_AT_ONCE: Final = 20_000
_FILED: Final = (
    "select digest, index from registry.statement where digest = any ($1) and octet_length(bytes) > 0 order by index"
)
_NUMBERS: Final = """
select c.number, s.index, s.digest from registry.certificate c join registry.statement s using (index)
where c.number = any ($1) and octet_length(s.bytes) > 0 order by s.index
"""
_BYTES: Final = "select index, bytes from registry.statement where index = any ($1)"
_LISTS: Final = """
select s.index, s.bytes from registry.pass_list l join registry.statement s using (index)
where l.exam = any ($1) and octet_length(s.bytes) > 0 order by s.index
"""
_INDEXES: Final = """
select s.index, s.bytes from registry.lookup_index l join registry.statement s using (index)
where l.exam = any ($1) and octet_length(s.bytes) > 0 order by s.index
"""
_LISTED: Final = """
select distinct c.number from registry.list_row r join registry.certificate c on c.short = r.short
where r.list = any ($1)
"""
_TIED: Final = """
select c.number, x.replacement from registry.change x
cross join lateral (
    select distinct c.number from registry.certificate c where c.number = x.number and c.exam = any ($1) offset 0
) c
where x.replacement is not null
"""
"""Every replacement of the registry, and each one's certificate by itself: joined, every certificate was read."""
_CERTIFICATES: Final = """
select c.number, c.exam, s.index, s.bytes from registry.certificate c join registry.statement s using (index)
where c.number = any ($1) and octet_length(s.bytes) > 0 order by s.index
"""
_CHANGES: Final = """
select s.index, s.bytes from registry.change x join registry.statement s using (index)
where (x.number = any ($1) or x.replacement = any ($1)) and octet_length(s.bytes) > 0 order by s.index
"""


class Exam(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed of one exam, by revision; a revision belongs to the first believed statement that has it."""

    lists: tuple[Believed[PassList], ...] = ()
    indexes: tuple[Believed[LookupIndex], ...] = ()
    listed_numbers: frozenset[str] = frozenset()
    """Those that its newest final list names."""

    @property
    def final(self) -> Believed[PassList] | None:
        """The newest final list."""
        return next((one for one in reversed(self.lists) if one.content.stage == "final"), None)


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """As much of the registry as bears on one release."""

    chain: Chain
    """Every keyring version, those published together with the release too."""
    size: int
    """The log index of the first new statement of the release."""
    filed: Mapping[bytes, tuple[int, ...]]
    """Where each of the release's statements stands already, by digest."""
    owners: Mapping[str, bytes]
    """The digest of the believed certificate that has the number, for the release's certificates."""
    exams: Mapping[str, Exam]
    withheld: tuple[object, ...]
    """What the centre's keys had said of these exams and certificates, and is not believed any more."""
    record: Record
    """The certificates that changes, the release's too, name or tie to one another."""


async def load(connection: Any, release: Release, chain: Chain, size: int) -> Registered:
    """What the registry holds about ``release``, under ``chain``, where the release would begin at ``size``."""
    filed: dict[bytes, list[int]] = {}
    for digests in _batches([entry.digest for entry in release.entries]):
        for row in await connection.fetch(_FILED, digests):
            filed.setdefault(row["digest"], []).append(row["index"])
    loader = _Loader(connection, release, chain)
    changed = [item.change.certificate.number for item in release.changes]
    named = await connection.fetch("select distinct exam from registry.certificate where number = any ($1)", changed)
    exams = sorted({*release.exams, *(row["exam"] for row in named)})
    return Registered(
        chain=chain,
        size=size,
        filed={digest: tuple(indexes) for digest, indexes in filed.items()},
        owners=await loader.owners(),
        exams={exam: await loader.exam(exam) for exam in exams},
        record=await loader.record(exams),
        withheld=tuple(loader.withheld),
    )


class _Loader:
    """Asks for one release."""

    def __init__(self, connection: Any, release: Release, chain: Chain) -> None:
        self._ask = connection.fetch
        self._release = release
        self._chain = chain
        self.withheld: list[object] = []

    async def owners(self) -> dict[str, bytes]:
        """Who has the numbers of the release's certificates; only what has another hash is read."""
        ours = {certified.entry.digest for certified in self._release.certificates.values()}
        others: dict[int, str] = {}
        for numbers in _batches(list(self._release.certificates)):
            for row in await self._ask(_NUMBERS, numbers):
                if row["digest"] not in ours:
                    others[row["index"]] = row["number"]
        if not others:
            return {}
        numbers = sorted(set(others.values()))
        register = Register.of(await self._record(numbers, await self._finals(numbers)))
        held = {number: register.held(number) for number in numbers}
        return {number: one.digest for number, one in held.items() if one is not None}

    async def exam(self, exam: str) -> Exam:
        """What is believed of one exam."""
        lists = self._by_revision(PassList, await self._ask(_LISTS, [exam]))
        found = Exam(lists=lists, indexes=self._by_revision(LookupIndex, await self._ask(_INDEXES, [exam])))
        if found.final is None:
            return found
        rows = await self._ask(_LISTED, [found.final.index])
        return msgspec.structs.replace(found, listed_numbers=frozenset(row["number"] for row in rows))

    def _by_revision(self, kind: type[C], rows: Iterable[Mapping[str, Any]]) -> tuple[Believed[C], ...]:
        first: dict[int, Believed[C]] = {}
        for index, genuine in self._genuine(kind, rows):
            try:
                believed = genuine.at(index, self._chain)
            except NotBelieved as error:
                if error.code == "key_compromised":
                    self.withheld.append(genuine.content)
                continue
            first.setdefault(believed.content.revision, believed)
        return tuple(first[revision] for revision in sorted(first))

    def _genuine(self, kind: type[T], rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, Genuine[T]]]:
        for row in rows:
            try:
                yield row["index"], signed.genuine(kind, row["bytes"], self._chain.newest)
            except NotBelieved:
                continue

    async def record(self, exams: Sequence[str]) -> Record:
        """The certificates that believed changes tie, and those that the release's changes name."""
        numbers = {item.change.certificate.number for item in self._release.changes}
        numbers |= {item.change.replacement.number for item in self._release.changes if item.change.replacement}
        for row in await self._ask(_TIED, exams):
            numbers |= {row["number"], row["replacement"]}
        record = await self._record(sorted(numbers), await self._ask(_LISTS, exams))
        while lacking := Register.of(record).lacking:
            numbers |= lacking
            record = await self._record(sorted(numbers), await self._ask(_LISTS, exams))
        doubts = Register.of(record).doubts
        for index, change in self._genuine(Change, ({"index": c.index, "bytes": c.data} for c in record.changes)):
            if index in doubts:  # for its own key, or because the change before it is not believed any more
                self.withheld.append(change.content)
        return record

    async def _finals(self, numbers: Sequence[str]) -> list[Any]:
        exams = {row["exam"] for row in await self._ask(_CERTIFICATES, numbers)}
        return list(await self._ask(_LISTS, sorted(exams)))

    async def _record(self, numbers: Sequence[str], lists: Iterable[Mapping[str, Any]]) -> Record:
        filed: dict[str, list[Published]] = {number: [] for number in numbers}
        for row in await self._ask(_CERTIFICATES, numbers):
            filed[row["number"]].append(Published(data=row["bytes"], index=row["index"]))
        believed = []
        for index, genuine in self._genuine(PassList, lists):
            if genuine.content.stage == "final":
                try:
                    believed.append(GenuineList(genuine).at(index, self._chain))
                except NotBelieved:
                    continue
        rows = await self._ask(_CHANGES, numbers)
        return Record(
            number="",
            chain=self._chain,
            certificates={number: tuple(found) for number, found in filed.items()},
            changes=tuple(Published(data=row["bytes"], index=row["index"]) for row in rows),
            lists=tuple(believed),
        )


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
