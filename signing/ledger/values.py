"""What the ledger remembers, as plain values: jobs, numbers given, lists, lookup indexes, changes."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from verify.core import exam_code
from verify.core.certificate import Certificate
from verify.core.changes import Action
from verify.core.pass_list import PassList

JobKind = Literal["notice", "final", "status", "snapshot", "resign"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One release that was or is to be made."""

    id: int
    kind: JobKind
    release: str
    request: bytes
    recorded_at: int
    notes: dict[str, Any]
    digest: bytes | None
    published_at: int | None = None
    """When this room learnt that it is in the registry."""
    withdrawn_at: int | None = None


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A number and what it was given for."""

    number: str
    exam: str
    holder: str
    id_hint: str
    lookup_key: bytes
    issued_at: int
    expires_at: int | None = None
    kid: bytes
    job: int | None
    replaces: str | None = None
    statement: bytes | None = None
    paper_date: str | None = None
    """Of a paper from before: the date on it, ``YYYY-MM-DD``."""

    def __repr__(self) -> str:
        return f"Given({self.number})"

    @property
    def certificate(self) -> Certificate:
        """What the certificate says."""
        return Certificate(
            number=self.number,
            holder=self.holder,
            id_hint=self.id_hint,
            programme=exam_code.programme_of(self.exam),
            term=exam_code.term_of(self.exam),
            issued_at=self.issued_at,
            expires_at=self.expires_at,
            paper_date=self.paper_date,
        )


class ListHead(msgspec.Struct, frozen=True, kw_only=True):
    """A revision of a list as it was recorded, without its rows."""

    exam: str
    revision: int
    stage: Literal["notice", "final"]
    job: int
    kid: bytes
    made: PassList
    """The list itself, but for its rows."""


class ListedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded row of a list."""

    serial: int
    name: str
    id: str
    holder: str
    lookup_key: bytes
    number: str | None

    def __repr__(self) -> str:
        return f"ListedRow({self.serial})"


class IndexHead(msgspec.Struct, frozen=True, kw_only=True):
    """A revision of an exam's lookup index as it was recorded."""

    exam: str
    revision: int
    secret_id: bytes
    kid: bytes
    job: int


class RecordedChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change as it was recorded."""

    number: str
    kid: bytes
    action: Action
    effective_at: int
    reason: str
    replacement: str | None
    note: str | None
    job: int


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody struck out of an exam, by an objection or with a row of the workbook, or taken in again."""

    exam: str
    lookup_key: bytes
    struck: bool
    reason: str
    recorded_at: int
    row: int | None = None
    """The row of the workbook, of somebody who was struck out with it."""

    def __repr__(self) -> str:
        return f"Objection({self.exam})"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened."""

    at: int
    what: str
    subject: str
    """A certificate number, a release, or the name of a copy."""
    reason: str | None = None


class Lines:
    """Which certificates of an exam replaced one another: what 2-formats calls chains."""

    def __init__(self, given: Iterable[Given]) -> None:
        self.known = {one.number: one for one in given}
        """All that was given for the exam, by number."""
        self._by = {
            one.replaces: one for one in self.known.values() if one.replaces is not None and one.job is not None
        }

    def newest(self, number: str) -> Given:
        """The certificate that stands for ``number`` now: what replaced it at last, or itself."""
        while number in self._by:
            number = self._by[number].number
        return self.known[number]

    def first(self, number: str) -> str:
        """The number that the line of ``number`` began with."""
        while (replaces := self.known[number].replaces) is not None:
            number = replaces
        return number

    def all(self, number: str) -> list[str]:
        """Every issued number of the line of ``number``, in order."""
        line = [self.first(number)]
        while line[-1] in self._by:
            line.append(self._by[line[-1]].number)
        return line
