"""What the public service asks of the registry. Its reader on PostgreSQL is verify.registry.postgres."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from verify.core.chain import Chain
from verify.core.fields import Names
from verify.core.pass_list import Stage
from verify.core.register import Published, Record


class RegistryUnavailable(Exception):
    """The registry could not be asked; nothing may be concluded from it. The message names no host or value."""


class BadCursor(ValueError):
    """A cursor that this registry did not give for this question, or gave for a list replaced since."""


class ExamHead(msgspec.Struct, frozen=True, kw_only=True):
    """An exam by its newest pass list, without the rows. Times are seconds since 1970, dates ``YYYY-MM-DD``."""

    exam: str
    programme: str
    title: Names
    held_on: str
    planned_on: str | None
    stage: Stage
    revision: int
    contact: str
    objections_until: int | None
    public_until: int | None
    issued_at: int
    index: int
    """The list's log index."""
    people: int
    """How many rows the list has."""

    def is_public(self, now: int) -> bool:
        """Whether the list's rows may be shown at ``now``."""
        return self.public_until is None or now < self.public_until


class ShownRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a pass list as everybody may see it."""

    serial: int
    name: str
    id: str


class ExamPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some exams, the last held first. ``next`` is None on the last page."""

    items: tuple[ExamHead, ...]
    next: str | None


class RowPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows of a pass list in its own order, and the list they are of. ``next`` is None on the last page."""

    head: ExamHead
    items: tuple[ShownRow, ...]
    next: str | None


class ListChanges(msgspec.Struct, frozen=True, kw_only=True):
    """How many people a final list has more and fewer than the notice before it."""

    added: int
    removed: int


class Registry(Protocol):
    """A consistent, read-only view of what is published.

    Every method asks the registry anew (answers are as new as the question), may be called concurrently, and
    raises RegistryUnavailable where no answer could be had in a few seconds, never an empty answer instead; none
    retries. One that finds the register contradicting its own signatures raises RegisterDamaged.
    """

    async def chain(self) -> Chain:
        """Every keyring version, checked from the pinned root on, with its log index.

        Raises RegistryUnavailable also while no keyring is published.
        """
        ...

    async def by_number(self, number: str) -> Record | None:
        """All that the register holds of the certificate of this number (normal form), None for none."""
        ...

    async def by_numbers(self, numbers: Sequence[str]) -> dict[str, Record]:
        """The same for many numbers at once; those not found are left out."""
        ...

    async def by_digest(self, digest: bytes) -> Published | None:
        """The statement with this SHA-256 (32 bytes), None where there is none that the service may see."""
        ...

    async def lookup(self, keys: Sequence[bytes]) -> tuple[str, ...]:
        """Certificate numbers filed under any of these lookup keys (32 bytes each), at most 100 keys, sorted."""
        ...

    async def exams(self, programme: str | None = None, cursor: str | None = None, limit: int = 100) -> ExamPage:
        """Exams that have a pass list, of one programme or all. Raises BadCursor."""
        ...

    async def pass_list(self, exam: str) -> ExamHead | None:
        """The exam's newest list, also when it is past its term (see ``is_public``); None where there is none."""
        ...

    async def rows(self, exam: str, cursor: str | None = None, limit: int = 100) -> RowPage | None:
        """Rows of the exam's newest list, at equal cost for every page. Raises BadCursor.

        None where there is no list, or it is past its term.
        """
        ...

    async def find_rows(self, exam: str, beginning: str, limit: int = 100) -> tuple[ShownRow, ...] | None:
        """Rows of the exam's newest list whose shown name begins with ``beginning``, as it is written, by name.

        None where there is no list, or it is past its term.
        """
        ...

    async def changes_since_notice(self, head: ExamHead) -> ListChanges | None:
        """What changed from the last notice to the final list ``head``; None where there was no notice."""
        ...

    async def list_statement(self, exam: str) -> bytes | None:
        """The signed statement of the exam's newest list; None where there is no list, or it is past its term."""
        ...

    async def keyrings(self) -> bytes:
        """Every keyring version's statement, as one CBOR sequence, checked as ``chain`` does."""
        ...

    async def ready(self) -> None:
        """Returns when the registry answers and its keyring holds; raises as the other methods do."""
        ...

    async def close(self) -> None:
        """Lets go of every connection."""
        ...
