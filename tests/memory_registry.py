"""A registry in memory for HTTP tests: a list of signed statements in the order published, and nothing else."""

import functools
from collections import Counter
from collections.abc import Iterable, Sequence

from tests.invented import ROOT
from verify.core import certificate as certificates
from verify.core import changes, lookup_index, pass_list, statement
from verify.core.chain import Chain
from verify.core.keyring import thumbprint
from verify.core.pass_list import PassList
from verify.core.register import ExamFacts, Listing, Published, Record
from verify.core.statement import Kind, Statement
from verify.registry.port import BadCursor, ExamHead, ExamPage, ListChanges, RegistryUnavailable, RowPage, ShownRow

_decode = functools.lru_cache(maxsize=10_000)(statement.decode)
_certificates: dict[bytes, certificates.Certificate] = {}
_lists: dict[bytes, PassList] = {}


def _certificate(item: Statement) -> certificates.Certificate:
    if item.data not in _certificates:
        _certificates[item.data] = certificates.read(item)
    return _certificates[item.data]


def _list(item: Statement) -> PassList:
    if item.data not in _lists:
        _lists[item.data] = pass_list.read(item)
    return _lists[item.data]


class MemoryRegistry:
    """The Registry protocol over statements. ``failing`` is what every question raises, where it is set."""

    def __init__(self, statements: Iterable[bytes] = (), now: int = 0) -> None:
        self.statements = list(statements)
        self.now = now
        self.failing: Exception | None = None
        self.looked_up = 0

    def _all(self, kind: Kind) -> list[tuple[int, Statement]]:
        if self.failing is not None:
            raise self.failing
        found = [(index, _decode(data)) for index, data in enumerate(self.statements)]
        return [(index, item) for index, item in found if item.kind is kind]

    async def chain(self) -> Chain:
        """See Registry."""
        versions = [(item.data, index) for index, item in self._all(Kind.KEYRING)]
        if not versions:
            raise RegistryUnavailable("no keyring is published yet")
        return Chain.follow(versions, thumbprint(ROOT.public))

    async def by_number(self, number: str) -> Record | None:
        """See Registry."""
        for index, item in self._all(Kind.CERTIFICATE):
            certificate = _certificate(item)
            if certificate.number == number:
                return self._record(certificate, item, index)
        return None

    def _record(self, certificate: certificates.Certificate, item: Statement, index: int) -> Record:
        lists = [
            (place, source, listing)
            for place, source in self._all(Kind.PASS_LIST)
            for listing in [_list(source)]
            if listing.exam == certificate.exam
        ]
        changed = [(place, source, changes.read(source)) for place, source in self._all(Kind.CHANGE)]
        return Record(
            certificate=Published(data=item.data, index=index),
            lists=tuple(
                Listing(
                    index=place,
                    kid=source.kid,
                    issued_at=listing.issued_at,
                    names_it=any(row.certificate == item.short for row in listing.rows),
                )
                for place, source, listing in lists
                if listing.stage == "final"
            ),
            changes=tuple(
                Published(data=source.data, index=place)
                for place, source, change in changed
                if change.certificate.number == certificate.number
            ),
            named_by=tuple(
                Published(data=source.data, index=place)
                for place, source, change in changed
                if change.replacement is not None and change.replacement.number == certificate.number
            ),
            exam=ExamFacts(title=lists[-1][2].title, held_on=lists[-1][2].held_on) if lists else None,
        )

    async def by_numbers(self, numbers: Sequence[str]) -> dict[str, Record]:
        """See Registry."""
        found = {number: await self.by_number(number) for number in numbers}
        return {number: record for number, record in found.items() if record is not None}

    async def by_digest(self, digest: bytes) -> Published | None:
        """See Registry."""
        for index, data in enumerate(self.statements):
            if statement.decode(data).digest == digest:
                return Published(data=data, index=index)
        return None

    async def lookup(self, keys: Sequence[bytes]) -> tuple[str, ...]:
        """See Registry."""
        self.looked_up += 1
        newest = {index.exam: index for _, item in self._all(Kind.LOOKUP_INDEX) for index in [lookup_index.read(item)]}
        return tuple(sorted(number for index in newest.values() for number, key in index.rows if key in keys))

    def _heads(self) -> dict[str, tuple[ExamHead, PassList, bytes]]:
        heads = {}
        for place, item in self._all(Kind.PASS_LIST):
            listing = _list(item)
            head = ExamHead(
                exam=listing.exam,
                programme=listing.programme,
                title=listing.title,
                held_on=listing.held_on,
                planned_on=listing.planned_on,
                stage=listing.stage,
                revision=listing.revision,
                contact=listing.contact,
                objections_until=listing.objections_until,
                public_until=listing.public_until,
                issued_at=listing.issued_at,
                index=place,
                people=len(listing.rows),
            )
            heads[listing.exam] = (head, listing, item.data)
        return heads

    async def exams(self, programme: str | None = None, cursor: str | None = None, limit: int = 100) -> ExamPage:
        """See Registry."""
        heads = [head for head, _, _ in self._heads().values() if programme in (None, head.programme)]
        heads.sort(key=lambda head: head.exam)
        heads.sort(key=lambda head: head.held_on, reverse=True)
        begin = _place(cursor, "exams")
        end = begin + limit
        return ExamPage(items=tuple(heads[begin:end]), next=f"exams.{end}" if end < len(heads) else None)

    async def pass_list(self, exam: str) -> ExamHead | None:
        """See Registry."""
        found = self._heads().get(exam)
        return found[0] if found else None

    async def rows(self, exam: str, cursor: str | None = None, limit: int = 100) -> RowPage | None:
        """See Registry."""
        found = self._heads().get(exam)
        if found is None or not found[0].is_public(self.now):
            return None
        head, listing, _ = found
        begin = _place(cursor, str(head.index))
        end = begin + limit
        return RowPage(
            head=head,
            items=tuple(ShownRow(serial=row.serial, name=row.name, id=row.id) for row in listing.rows[begin:end]),
            next=f"{head.index}.{end}" if end < head.people else None,
        )

    async def find_rows(self, exam: str, beginning: str, limit: int = 100) -> tuple[ShownRow, ...] | None:
        """See Registry."""
        found = self._heads().get(exam)
        if found is None or not found[0].is_public(self.now):
            return None
        rows = sorted((row for row in found[1].rows if row.name.startswith(beginning)), key=lambda row: row.name)
        return tuple(ShownRow(serial=row.serial, name=row.name, id=row.id) for row in rows[:limit])

    async def changes_since_notice(self, head: ExamHead) -> ListChanges | None:
        """See Registry."""
        lists = [_list(item) for _, item in self._all(Kind.PASS_LIST)]
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

    async def list_statement(self, exam: str) -> bytes | None:
        """See Registry."""
        found = self._heads().get(exam)
        return found[2] if found and found[0].is_public(self.now) else None

    async def keyrings(self) -> bytes:
        """See Registry."""
        return b"".join(item.data for _, item in self._all(Kind.KEYRING))

    async def ready(self) -> None:
        """See Registry."""
        await self.chain()

    async def close(self) -> None:
        """Nothing to let go of."""


def _place(cursor: str | None, of: str) -> int:
    if cursor is None:
        return 0
    where, _, place = cursor.partition(".")
    if where != of or not (place.isascii() and place.isdecimal()):
        raise BadCursor("not a cursor of this list")
    return int(place)
