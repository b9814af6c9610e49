"""What the public service asks of the registry. Its reader on PostgreSQL is verify.registry.postgres."""

from collections.abc import Hashable, Sequence
from typing import Protocol, Self

import msgspec

from verify.core.believed_list import BelievedList
from verify.core.chain import Chain
from verify.core.fields import Names
from verify.core.log.tiles import Tile
from verify.core.log.view import TreeView
from verify.core.pass_list import Stage
from verify.core.register import Record


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

    @classmethod
    def of(cls, listed: BelievedList) -> Self:
        """The exam that a believed list is of."""
        head = listed.head
        return cls(
            exam=head.exam,
            programme=head.programme,
            title=head.title,
            held_on=head.held_on,
            planned_on=head.planned_on,
            stage=head.stage,
            revision=head.revision,
            contact=head.contact,
            objections_until=head.objections_until,
            public_until=head.public_until,
            issued_at=head.issued_at,
            index=listed.index,
            people=listed.list.people,
        )

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
    previous: str | None
    """The cursor of as many rows before these; empty where those are the first, None where these are."""


def before(index: int, passed: int, limit: int) -> str | None:
    """``RowPage.previous`` of a page of at most ``limit`` rows of list ``index``, that ``passed`` rows come before."""
    if passed == 0:
        return None
    return f"{index}.{passed - limit}" if passed > limit else ""


class ListChanges(msgspec.Struct, frozen=True, kw_only=True):
    """How many people a final list has more and fewer than the notice before it."""

    added: int
    removed: int


class Registry(Protocol):
    """A consistent, read-only view of what is published.

    Every method asks the registry anew (answers are as new as the question), may be called concurrently, and
    raises RegistryUnavailable where no answer could be had in a few seconds, never an empty answer instead; none
    retries. One that finds the register contradicting itself raises RegisterDamaged.

    What is handed out is believed by its type, or bytes that the core judges. Anything may have been filed past
    publish: what is not believed (verify.core.signed) neither hides nor occupies anything, here as in the core.

    - Lists are BelievedList, which only the core makes, of a list's own bytes. An adapter keeps GenuineLists by digest,
      bounded, and asks ``at`` for each answer: whether a list is believed depends on its place and on the keyrings of
      the moment. Heads come from BelievedList (``ExamHead.of``) of the highest revision; a revision belongs to the
      first believed list in the log that has it (``register.revisions``). Rows come from the projection of that list.
    - Certificates and changes are handed out as bytes with their log indexes, every one filed under the number.
    - Keyrings are those that stand among all that were filed (``Chain.among``, ``carried_on``).
    - The index rows behind ``lookup`` are believed as far as an index covers (see there), as nobody may see its keys.
    """

    async def chain(self) -> Chain:
        """Every keyring version, checked from the pinned root on, with its log index.

        Raises RegistryUnavailable also while no keyring is published.
        """
        ...

    async def moment(self) -> Hashable:
        """What tells one state of the registry from another: the same only while nothing was published or emptied."""
        ...

    def chain_at_hand(self) -> Chain | None:
        """The chain as it was last read, without a question; None before the first.

        What is read by it is to be read anew where the answer that it leads to brings a longer one.
        """
        ...

    async def by_number(self, number: str) -> Record | None:
        """All that the register holds under this number (normal form), and under those that changes tie to it.

        None where no statement is filed under it. The record lacks nothing (``Register.lacking``), its keyrings are of
        the same answer, and its lists are every believed final one of the exams that its certificates say they are
        of. Raises RegistryUnavailable where more is tied together than can be handed out.
        """
        ...

    async def by_numbers(self, numbers: Sequence[str]) -> dict[str, Record]:
        """The same for many numbers at once; those not found are left out."""
        ...

    async def lookup(self, keys: Sequence[bytes]) -> tuple[str, ...]:
        """Certificate numbers filed under any of these lookup keys (32 bytes each), at most 100 keys, sorted.

        All indexes that cover are asked: an index covers where it has one row for each certificate that its exam's
        newest believed final list names and for each later one of their lines (``Register.belonging``), of that
        certificate's number, and no further row. No signature is asked of the index, nor of a certificate that the list
        names; but one that is not filed has no number, and its exam then no index that covers. Raises
        RegistryUnavailable where none is found and an exam with a believed final list has no index that covers: an
        empty answer always means nobody.
        """
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

    async def changed_rows(self, exam: str) -> tuple[tuple[int, str], ...]:
        """Of the exam's newest final list, whose certificates any change names: serials, with certificate numbers.

        At most 10,000, in the order of the list; whoever filed the change, so that a verdict has still to say what is
        so. Nothing where there is no final list, or it is past its term.
        """
        ...

    async def list_statement(self, exam: str) -> bytes | None:
        """The signed statement of the exam's newest list; None where there is no list, or it is past its term."""
        ...

    async def log(self, records: Sequence[Record] = ()) -> TreeView | None:
        """The tree of the newest checkpoint that a log key signed and is believed, None where there is none.

        It is of the records' moment or newer, and has all that proves the certificates of the numbers they were asked
        for.
        """
        ...

    async def log_tile(self, tile: Tile) -> bytes | None:
        """A tile or an entry bundle of the log (C2SP tlog-tiles); None where the registry does not reach it."""
        ...

    async def snapshot(self) -> bytes | None:
        """The newest snapshot that is believed at its place, its statement's bytes; None where there is none."""
        ...

    async def close(self) -> None:
        """Lets go of every connection."""
        ...
