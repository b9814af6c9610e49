"""What the ledger remembers, as plain values: jobs, numbers given, lists, lookup indexes, changes."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from verify.core.certificate import Certificate

JobKind = Literal["notice", "final", "status"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One release that was or is to be made."""

    id: int
    kind: JobKind
    release: str
    request: bytes
    recorded_at: int
    notes: dict[str, Any]
    digest: bytes | None


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

    def __repr__(self) -> str:
        return f"Given({self.number})"

    @property
    def certificate(self) -> Certificate:
        """What the certificate says."""
        programme, _dash, term = self.exam.partition("-")
        return Certificate(
            number=self.number,
            holder=self.holder,
            id_hint=self.id_hint,
            programme=programme,
            term=term,
            issued_at=self.issued_at,
            expires_at=self.expires_at,
        )


class ListHead(msgspec.Struct, frozen=True, kw_only=True):
    """A revision of a list as it was recorded, without its rows."""

    exam: str
    revision: int
    stage: Literal["notice", "final"]
    job: int
    kid: bytes
    head: str


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
    action: str
    effective_at: int
    reason: str
    replacement: str | None
    note: str | None
    job: int


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """What an objection came to: somebody struck out of an exam's final list, or restored."""

    exam: str
    lookup_key: bytes
    struck: bool
    reason: str
    recorded_at: int

    def __repr__(self) -> str:
        return f"Objection({self.exam})"


def first_named(known: Mapping[str, Given], given: Given | None) -> Given | None:
    """The certificate that a list goes on naming: the one that was first replaced, or ``given`` itself.

    ``known`` is all that was given for the exam, by number.
    """
    while given is not None and given.replaces is not None:
        given = known[given.replaces]
    return given
