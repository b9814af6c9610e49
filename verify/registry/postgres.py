"""The registry's reader on PostgreSQL, with the rights of the reader role alone: the port, put together."""

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Final, Self

from verify.core.believed_list import BelievedList
from verify.core.chain import Chain
from verify.core.log.tiles import Tile
from verify.core.log.view import TreeView
from verify.core.register import Record
from verify.registry.coalesce import Coalescer
from verify.registry.covering import Lookups
from verify.registry.hosts import Hosts
from verify.registry.keyrings import Keyrings
from verify.registry.known_lists import KnownLists
from verify.registry.newest_snapshot import NewestSnapshot
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
from verify.registry.published_log import PublishedLog
from verify.registry.questions import STATE, Questions, State
from verify.registry.records import Records

_CODE: Final = re.compile(r"[A-Z][0-9A-Z]{1,7}")
_EXAM_CODE: Final = re.compile(r"[0-9A-Z-]{6,24}")
_EXAM_CURSOR: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})~([0-9A-Z-]{6,24})")
_ROWS: Final = """
select ordinal, serial, name, id from registry.shown_rows
where list = $1 and ordinal > $2 and ordinal <= $2::int + $3::int order by ordinal
"""
"""Places are counted without a gap, and a limit would be none: the plan is made before it is known, and sorted what was
left of the list for each page."""
_FIND_ROWS: Final = "select serial, name, id from registry.find_rows($1, $2, $3)"
_CHANGED_ROWS: Final = "select serial, number from registry.changed_rows($1)"
_COMPARED: Final = "select added, removed from registry.compare_lists($1, $2)"


class PostgresRegistry:
    """The Registry of a PostgreSQL database; see the protocol for what each method promises.

    Point questions that come together are asked together, and each answer says how far the registry goes: what is
    kept in memory (keyrings, lists, which indexes cover) is brought up to that before anything rests on it.
    """

    def __init__(self, questions: Questions, root: bytes, secret_ids: Sequence[bytes] | None = None) -> None:
        self._questions = questions
        self._keyrings = Keyrings(questions, root)
        self._lists = KnownLists(questions)
        self._records = Records(questions, self._keyrings, self._lists)
        self._snapshot = NewestSnapshot(questions)
        self._lookups = Lookups(questions, self._keyrings, self._lists, self._records, secret_ids)
        self._log = PublishedLog(questions)
        self._states = Coalescer(self._ask_state)
        self._changes: dict[tuple[bytes, bytes], ListChanges] = {}

    @classmethod
    async def open(
        cls,
        url: str,
        root: bytes,
        *,
        connections: int = 8,
        seconds: float = 4.0,
        standbys: Sequence[str] = (),
        secret_ids: Sequence[bytes] | None = None,
    ) -> Self:
        """A registry at ``url`` (which may name several hosts), its keyring pinned to the thumbprint ``root``.

        ``seconds`` is how long connecting, and then answering, may take; ``standbys`` are those that may be read.
        ``secret_ids`` name the lookup secrets by which is asked (4 bytes each): a lookup is refused where the newest
        list's index was made with none of them; None where lookup keys of any may come.
        """
        questions = await Questions.open(url, connections=connections, seconds=seconds, standbys=standbys)
        return cls(questions, root, secret_ids)

    @property
    def hosts(self) -> Hosts:
        """Where it is."""
        return self._questions.hosts

    async def close(self) -> None:
        """Lets go of every connection, at once where one does not answer."""
        await self._lookups.close()
        await self._questions.close()

    async def chain(self) -> Chain:
        """See Registry."""
        return await self._keyrings.at(await self._state())

    async def moment(self) -> Hashable:
        """See Registry."""
        return (await self._state()).moment

    def chain_at_hand(self) -> Chain | None:
        """See Registry."""
        return self._keyrings.at_hand

    async def snapshot(self) -> bytes | None:
        """See Registry."""
        return await self._snapshot.get(await self.chain())

    async def by_number(self, number: str) -> Record | None:
        """See Registry."""
        return await self._records.get(number)

    async def by_numbers(self, numbers: Sequence[str]) -> dict[str, Record]:
        """See Registry."""
        return await self._records.get_all(list(dict.fromkeys(numbers)))

    async def lookup(self, keys: Sequence[bytes]) -> tuple[str, ...]:
        """See Registry."""
        return await self._lookups.get(keys)

    async def learn_lookups(self) -> None:
        """Finds out what "nobody" rests on before somebody waits for it: a list of 100,000 takes a second."""
        await self._lookups.learn()

    async def exams(self, programme: str | None = None, cursor: str | None = None, limit: int = 100) -> ExamPage:
        """See Registry."""
        after = _exam_place(cursor) if cursor is not None else None
        if programme is not None and not _CODE.fullmatch(programme):
            return ExamPage(items=(), next=None)
        state = await self._state()
        if state.list is None:
            return ExamPage(items=(), next=None)
        chain = await self._keyrings.at(state)
        await self._lists.up_to(state)
        found = await self._lists.by_date(programme, after, limit + 1, state, chain)
        items = tuple(map(ExamHead.of, found[:limit]))
        return ExamPage(items=items, next=f"{items[-1].held_on}~{items[-1].exam}" if len(found) > limit else None)

    async def pass_list(self, exam: str) -> ExamHead | None:
        """See Registry."""
        listed, _state = await self._newest(exam)
        return ExamHead.of(listed) if listed is not None else None

    async def rows(self, exam: str, cursor: str | None = None, limit: int = 100) -> RowPage | None:
        """See Registry."""
        head = await self._public(exam)
        if head is None:
            return None
        after = _place(cursor, head.index) if cursor is not None else 0
        rows = await self._questions.fetch(_ROWS, head.index, after, limit + 1)
        if not rows and after < head.people:
            return None  # its term ended between the two questions
        items = tuple(ShownRow(serial=row["serial"], name=row["name"], id=row["id"]) for row in rows[:limit])
        following = f"{head.index}.{rows[limit - 1]['ordinal']}" if len(rows) > limit else None
        previous = before(head.index, min(after, head.people), limit)
        return RowPage(head=head, items=items, next=following, previous=previous)

    async def find_rows(self, exam: str, beginning: str, limit: int = 100) -> tuple[ShownRow, ...] | None:
        """See Registry."""
        head = await self._public(exam)
        if head is None:
            return None
        if "\0" in beginning:
            return ()
        rows = await self._questions.fetch(_FIND_ROWS, head.index, beginning, limit)
        return tuple(ShownRow(serial=row["serial"], name=row["name"], id=row["id"]) for row in rows)

    async def changes_since_notice(self, head: ExamHead) -> ListChanges | None:
        """See Registry. Lists never change, so that any two are compared once."""
        if head.stage != "final":
            return None
        final, state = await self._newest(head.exam)
        notice = await self._lists.newest(head.exam, state, await self._keyrings.at(state), "notice") if final else None
        if final is None or notice is None:
            return None
        pair = (final.list.digest, notice.list.digest)
        if pair not in self._changes:
            (row,) = await self._questions.fetch(_COMPARED, final.index, notice.index)
            self._changes[pair] = ListChanges(added=row["added"], removed=row["removed"])
        return self._changes[pair]

    async def changed_rows(self, exam: str) -> tuple[tuple[int, str], ...]:
        """See Registry."""
        head = await self._public(exam)
        if head is None or head.stage != "final":
            return ()
        rows = await self._questions.fetch(_CHANGED_ROWS, head.index)
        return tuple((row["serial"], row["number"]) for row in rows)

    async def list_statement(self, exam: str) -> bytes | None:
        """See Registry."""
        head = await self._public(exam)
        return await self._lists.statement_to_give(head.index) if head is not None else None

    async def log(self, records: Sequence[Record] = ()) -> TreeView | None:
        """See Registry."""
        if not records:
            state = await self._state()
            return await self._log.newest(state.size, await self._keyrings.at(state))
        newest = max(records, key=lambda record: record.size)
        own = [one for record in records for one in record.certificates.get(record.number, ())]
        return await self._log.with_entries(newest.size, newest.chain, own)

    async def log_tile(self, tile: Tile) -> bytes | None:
        """See Registry."""
        return await self._log.tile(tile)

    async def _public(self, exam: str) -> ExamHead | None:
        """The exam's newest list, where it is within its term by the registry's clock."""
        listed, state = await self._newest(exam)
        head = ExamHead.of(listed) if listed is not None else None
        return head if head is not None and head.is_public(state.now) else None

    async def _newest(self, exam: str) -> tuple[BelievedList | None, State]:
        """The exam's newest list; what cannot be an exam's code is not looked for."""
        state = await self._state()
        if state.list is None or not _EXAM_CODE.fullmatch(exam):
            return None, state
        chain = await self._keyrings.at(state)
        await self._lists.up_to(state)
        return await self._lists.newest(exam, state, chain), state

    async def _state(self) -> State:
        state = await self._states.get(None)
        if state is None:
            raise RegistryUnavailable("the registry gave no answer")
        return state

    async def _ask_state(self, _: Sequence[None]) -> Mapping[None, State]:
        return {None: State.of((await self._questions.fetch(STATE))[0])}


def _place(cursor: str, index: int) -> int:
    """The place in list ``index`` that ``cursor`` stands for."""
    of, _, place = cursor.partition(".")
    if of != str(index) or not (place.isascii() and place.isdecimal()) or len(place) > 9:
        raise BadCursor("not a cursor of this list")
    return int(place)


def _exam_place(cursor: str) -> tuple[str, str]:
    """The date and code of the exam that ``cursor`` stands for."""
    match = _EXAM_CURSOR.fullmatch(cursor)
    if match is None:
        raise BadCursor("not a cursor of these exams")
    return match[1], match[2]
