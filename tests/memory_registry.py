"""A registry in memory for HTTP tests: a list of signed statements in the order published, and nothing else."""

import contextlib
import functools
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from tests.invented import ROOT
from verify.core import lookup_index, pass_list, signed, statement
from verify.core.believed_list import BelievedList, GenuineList
from verify.core.chain import Chain
from verify.core.errors import Malformed, NotBelieved
from verify.core.keyring import thumbprint
from verify.core.log.tiles import Tile
from verify.core.log.view import TreeView
from verify.core.pass_list import PassList
from verify.core.register import Published, Record, Register, revisions
from verify.core.snapshot import Snapshot
from verify.core.statement import Kind, Statement
from verify.registry.port import (
    BadCursor,
    ExamHead,
    ExamPage,
    ListChanges,
    RegistryUnavailable,
    RowPage,
    ShownRow,
    before,
)

_decode = functools.lru_cache(maxsize=10_000)(statement.decode)
_list = functools.lru_cache(maxsize=1_000)(lambda data: pass_list.read(_decode(data)))
_chain = functools.lru_cache(maxsize=100)(lambda filed: Chain.among(filed, thumbprint(ROOT.public)))
_genuine_list = functools.lru_cache(maxsize=1_000)(GenuineList.of)


def _number(item: Statement) -> str:
    """The number that a certificate is filed under, whatever else it says."""
    cti = item.claims.get(statement.CTI)
    return cti.decode("ascii", "replace") if isinstance(cti, bytes) else ""


def _exam(item: Statement) -> str:
    return f"{item.content.get(3)}-{item.content.get(4)}"


def _numbers(item: Statement) -> set[str]:
    """The numbers that a change names on either side, whatever else it says."""
    pairs = (item.content.get(key) for key in (1, 5))
    return {pair[0] for pair in pairs if isinstance(pair, list) and pair and isinstance(pair[0], str)}


class MemoryRegistry:
    """The Registry protocol over statements. ``failing`` is what every question raises, where it is set."""

    def __init__(self, statements: Iterable[bytes] = (), now: int = 0) -> None:
        self.statements = list(statements)
        self.now = now
        self.failing: Exception | None = None
        self.looked_up = 0
        self._filed: list[tuple[bytes, int]] = []
        self._chain: Chain | None = None

    def _all(self, kind: Kind) -> list[tuple[int, Statement]]:
        if self.failing is not None:
            raise self.failing
        found = [(index, _decode(data)) for index, data in enumerate(self.statements)]
        return [(index, item) for index, item in found if item.kind is kind]

    async def chain(self) -> Chain:
        """See Registry."""
        chain = _chain(tuple((item.data, index) for index, item in self._all(Kind.KEYRING)))
        if chain is None:
            raise RegistryUnavailable("no keyring is published yet")
        self._chain = chain
        return chain

    async def moment(self) -> Hashable:
        """See Registry."""
        await self.chain()
        return tuple(self.statements)

    def chain_at_hand(self) -> Chain | None:
        """See Registry."""
        return self._chain

    async def snapshot(self) -> bytes | None:
        """See Registry."""
        chain = await self.chain()
        for index, item in reversed(self._all(Kind.SNAPSHOT)):
            try:
                signed.believed(Snapshot, item.data, index, chain)
            except NotBelieved:
                continue
            return item.data
        return None

    async def by_number(self, number: str) -> Record | None:
        """See Registry."""
        chain = await self.chain()
        filed = [(place, source, _number(source)) for place, source in self._all(Kind.CERTIFICATE)]
        if number not in {other for _, _, other in filed}:
            return None
        named = [(place, source, _numbers(source)) for place, source in self._all(Kind.CHANGE)]
        wanted = {number}
        while True:
            exams = {_exam(source) for _, source, other in filed if other in wanted}
            record = Record(
                number=number,
                chain=chain,
                certificates={
                    one: tuple(
                        Published(data=source.data, index=place) for place, source, other in filed if other == one
                    )
                    for one in wanted
                },
                changes=tuple(
                    Published(data=source.data, index=place) for place, source, numbers in named if wanted & numbers
                ),
                lists=tuple(listed for listed in self._finals(chain) if listed.head.exam in exams),
            )
            lacking = Register.of(record).lacking
            if not lacking:
                return record
            wanted |= lacking

    def _lists(self, chain: Chain) -> list[BelievedList]:
        """Every believed list, in the order published."""
        found = []
        for place, source in self._all(Kind.PASS_LIST):
            with contextlib.suppress(NotBelieved):
                found.append(_genuine_list(source.data, chain.newest).at(place, chain))
        return found

    async def by_numbers(self, numbers: Sequence[str]) -> dict[str, Record]:
        """See Registry."""
        found = {number: await self.by_number(number) for number in numbers}
        return {number: record for number, record in found.items() if record is not None}

    async def lookup(self, keys: Sequence[bytes]) -> tuple[str, ...]:
        """See Registry."""
        self.looked_up += 1
        chain = await self.chain()
        register = Register.of(self._whole(chain))
        indexes = []
        for _place, source in self._all(Kind.LOOKUP_INDEX):
            with contextlib.suppress(Malformed):
                indexes.append(lookup_index.read(source))
        rows: list[tuple[str, bytes]] = []
        covered = True
        finals = self._finals(chain)
        for exam in {listed.head.exam for listed in finals}:
            wanted = self._belonging(revisions(finals, exam)[-1], register)
            cover = [one for one in indexes if one.exam == exam and sorted(number for number, _ in one.rows) == wanted]
            covered = covered and bool(cover)
            rows += [row for index in cover for row in index.rows]
        found = tuple(sorted({number for number, key in rows if key in keys}))
        if not found and not covered:
            raise RegistryUnavailable("no lookup index of an exam covers its list")
        return found

    def _belonging(self, newest: BelievedList, register: Register) -> list[str] | None:
        """The numbers that belong in the index of a list; None where it names a certificate that is not filed."""
        filed = {source.short: _number(source) for _, source in self._all(Kind.CERTIFICATE)}
        named = [row.certificate for row in _list(self.statements[newest.index]).rows if row.certificate is not None]
        if not filed.keys() >= set(named):
            return None
        return sorted({filed[short] for short in named} | register.belonging(newest.head.exam))

    def _finals(self, chain: Chain) -> list[BelievedList]:
        return [listed for listed in self._lists(chain) if listed.head.stage == "final"]

    def _whole(self, chain: Chain) -> Record:
        filed: dict[str, list[Published]] = {}
        for place, source in self._all(Kind.CERTIFICATE):
            filed.setdefault(_number(source), []).append(Published(data=source.data, index=place))
        changed = tuple(Published(data=source.data, index=place) for place, source in self._all(Kind.CHANGE))
        return Record(
            number="",
            chain=chain,
            certificates={number: tuple(found) for number, found in filed.items()},
            changes=changed,
            lists=tuple(self._finals(chain)),
        )

    async def _heads(self) -> dict[str, tuple[ExamHead, PassList, bytes]]:
        chain = await self.chain()
        lists = self._lists(chain)
        heads = {}
        for exam in {listed.head.exam for listed in lists}:
            newest = revisions(lists, exam)[-1]
            data = self.statements[newest.index]
            heads[exam] = (ExamHead.of(newest), _list(data), data)
        return heads

    async def exams(self, programme: str | None = None, cursor: str | None = None, limit: int = 100) -> ExamPage:
        """See Registry."""
        heads = [head for head, _, _ in (await self._heads()).values() if programme in (None, head.programme)]
        heads.sort(key=lambda head: head.exam)
        heads.sort(key=lambda head: head.held_on, reverse=True)
        begin = _place(cursor, "exams")
        end = begin + limit
        return ExamPage(items=tuple(heads[begin:end]), next=f"exams.{end}" if end < len(heads) else None)

    async def pass_list(self, exam: str) -> ExamHead | None:
        """See Registry."""
        found = (await self._heads()).get(exam)
        return found[0] if found else None

    async def rows(self, exam: str, cursor: str | None = None, limit: int = 100) -> RowPage | None:
        """See Registry."""
        found = (await self._heads()).get(exam)
        if found is None or not found[0].is_public(self.now):
            return None
        head, listing, _ = found
        begin = _place(cursor, str(head.index))
        end = begin + limit
        return RowPage(
            head=head,
            items=tuple(ShownRow(serial=row.serial, name=row.name, id=row.id) for row in listing.rows[begin:end]),
            next=f"{head.index}.{end}" if end < head.people else None,
            previous=before(head.index, min(begin, head.people), limit),
        )

    async def find_rows(self, exam: str, beginning: str, limit: int = 100) -> tuple[ShownRow, ...] | None:
        """See Registry."""
        found = (await self._heads()).get(exam)
        if found is None or not found[0].is_public(self.now):
            return None
        rows = sorted((row for row in found[1].rows if row.name.startswith(beginning)), key=lambda row: row.name)
        return tuple(ShownRow(serial=row.serial, name=row.name, id=row.id) for row in rows[:limit])

    async def changes_since_notice(self, head: ExamHead) -> ListChanges | None:
        """See Registry."""
        lists = [_list(self.statements[one.index]) for one in revisions(self._lists(await self.chain()), head.exam)]
        notices = [
            Counter((r.name, r.id) for r in one.rows)
            for one in lists
            if one.exam == head.exam and one.stage == "notice"
        ]
        finals = [
            Counter((r.name, r.id) for r in one.rows) for one in lists if one.exam == head.exam and one.stage == "final"
        ]
        if not notices or not finals:
            return None
        return ListChanges(added=(finals[-1] - notices[-1]).total(), removed=(notices[-1] - finals[-1]).total())

    async def changed_rows(self, exam: str) -> tuple[tuple[int, str], ...]:
        """See Registry."""
        found = (await self._heads()).get(exam)
        if found is None or not found[0].is_public(self.now):
            return ()
        numbers = {number for _, source in self._all(Kind.CHANGE) for number in _numbers(source)}
        by_short = {source.short: _number(source) for _, source in self._all(Kind.CERTIFICATE)}
        named = ((row.serial, by_short.get(row.certificate or b"", "")) for row in found[1].rows)
        return tuple((serial, number) for serial, number in named if number in numbers)[:10_000]

    async def list_statement(self, exam: str) -> bytes | None:
        """See Registry."""
        found = (await self._heads()).get(exam)
        return found[2] if found and found[0].is_public(self.now) else None

    async def log(self, records: Sequence[Record] = ()) -> TreeView | None:
        """See Registry; nobody signs a checkpoint here."""
        del records
        await self.chain()
        return None

    async def log_tile(self, tile: Tile) -> bytes | None:
        """See Registry."""
        del tile
        return None

    async def close(self) -> None:
        """Nothing to let go of."""


def _place(cursor: str | None, of: str) -> int:
    if cursor is None:
        return 0
    where, _, place = cursor.partition(".")
    if where != of or not (place.isascii() and place.isdecimal()):
        raise BadCursor("not a cursor of this list")
    return int(place)
