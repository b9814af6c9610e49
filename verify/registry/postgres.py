"""The registry's reader on PostgreSQL, with the rights of the reader role alone."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import asyncpg

from verify.core.chain import Chain
from verify.core.errors import KeyringRefused, RegisterDamaged
from verify.core.fields import Names
from verify.core.register import Published, Record, Register
from verify.registry.coalesce import Coalescer
from verify.registry.genuine import GenuineLists
from verify.registry.port import BadCursor, ExamHead, ExamPage, ListChanges, RegistryUnavailable, RowPage, ShownRow

MOST_KEYS: Final = 100
"""Lookup keys in one question."""
MOST_TIED: Final = 50
"""Certificates that changes tie to one."""
_CODE: Final = re.compile(r"[A-Z][0-9A-Z]{1,7}")
_EXAM_CODE: Final = re.compile(r"[0-9A-Z-]{6,24}")
_EXAM_CURSOR: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})~([0-9A-Z-]{6,24})")
_SETTINGS: Final = {"application_name": "yinjian-verify", "statement_timeout": "4000", "jit": "off"}

_NEWEST_KEYRING: Final = "select version, digest from registry.keyrings order by version desc limit 1"
_KEYRINGS: Final = "select index, bytes from registry.keyrings where version > $1 order by version"
_RECORDS: Final = """
select c.number, c.index, c.bytes,
    array(select l.index from registry.final_lists l where l.exam = c.exam order by l.index) as lists,
    array(
        select row (x.index, x.bytes) from registry.changes x
        where x.number = c.number or x.replacement = c.number order by x.index
    ) as changes
from registry.certificates c
where c.number = any ($1)
"""
_LOOKUP: Final = "select key, number from registry.lookup($1)"
_LIST: Final = "select bytes from registry.list_statements where index = $1"
_HEAD: Final = """
exam, programme, title_zh, title_en, held_on, planned_on, stage, revision, contact, objections_until,
public_until, issued_at, index, people, is_public"""
_EXAMS: Final = f"""
select {_HEAD} from registry.exams
where ($1::text is null or programme = $1)
    and ($2::text is null or held_on < $2 or held_on = $2 and exam > $3)
order by held_on desc, exam limit $4
"""
_EXAM: Final = f"select {_HEAD} from registry.exams where exam = any ($1)"
_ROWS: Final = """
select ordinal, serial, name, id from registry.shown_rows
where list = $1 and ordinal > $2 order by ordinal limit $3
"""
_FIND_ROWS: Final = "select serial, name, id from registry.find_rows($1, $2, $3)"
_CHANGED: Final = "select added, removed from registry.changed_since_notice($1)"
_STATEMENT: Final = """
select p.index, p.bytes from registry.published p join registry.exams e using (index) where e.exam = $1
"""


class PostgresRegistry:
    """The Registry of a PostgreSQL database; see the protocol for what each method promises.

    Point questions that come together are asked together. No connection is needed before the first question,
    and a broken one is replaced at the next.
    """

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", root: bytes, seconds: float) -> None:
        self._pool = pool
        self._root = root
        self._seconds = seconds
        self._chain: Chain | None = None
        self._extending = asyncio.Lock()
        self._newest = Coalescer(self._ask_newest)
        self._records = Coalescer(self._ask_records)
        self._filed = Coalescer(self._ask_filed)
        self._heads = Coalescer(self._ask_heads)
        self._changes: dict[int, ListChanges | None] = {}
        self._lists = GenuineLists(self._ask_list)

    @classmethod
    async def open(cls, url: str, root: bytes, *, connections: int = 8, seconds: float = 4.0) -> Self:
        """A registry at ``url`` (which may name several hosts), its keyring pinned to the thumbprint ``root``.

        ``seconds`` is how long connecting, and then answering, may take.
        """
        pool = await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=connections,
            timeout=seconds,
            command_timeout=seconds,
            server_settings=_SETTINGS,
            reset=_leave_as_it_is,
        )
        return cls(pool, root, seconds)

    async def close(self) -> None:
        """Lets go of every connection, at once where one does not answer."""
        try:
            await asyncio.wait_for(self._pool.close(), self._seconds)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._pool.terminate()

    async def chain(self) -> Chain:
        """See Registry."""
        newest = await self._newest.get(None)
        if newest is None:
            raise RegistryUnavailable("no keyring is published yet")
        if not self._is_current(newest):
            async with self._extending:
                if not self._is_current(newest):
                    await self._extend()
        if self._chain is None or self._chain.newest.version < newest[0]:
            raise RegisterDamaged("register_damaged", "a keyring version that is not there")
        return self._chain

    def _is_current(self, newest: tuple[int, bytes]) -> bool:
        """Whether the chain at hand reaches ``newest``. Raises RegisterDamaged where it went another way."""
        if self._chain is None:
            return False
        version, digest = newest
        if version > len(self._chain.versions):
            return False
        # A lower version is an answer that was under way while the chain grew, or a replica behind its primary.
        if self._chain.versions[version - 1].statement.digest != digest:
            raise RegisterDamaged("register_damaged", "a keyring that differs from the one read before")
        return True

    async def _extend(self) -> None:
        known = self._chain.newest.version if self._chain else 0
        rows = await self._fetch(_KEYRINGS, known)
        statements = [(row["bytes"], row["index"]) for row in rows]
        try:
            if self._chain is None:
                self._chain = Chain.follow(statements, self._root)
            else:
                chain = self._chain
                for data, index in statements:
                    chain = chain.extend(data, index)
                self._chain = chain
        except KeyringRefused as error:
            raise RegisterDamaged(error.code, error.detail) from error

    async def by_number(self, number: str) -> Record | None:
        """See Registry."""
        found = {number: await self._records.get(number)}
        if found[number] is None:
            return None
        chain = await self.chain()
        while True:
            record = await self._record(number, found, chain)
            lacking = sorted(Register.of(record).lacking) if record.changes else []
            if not lacking:
                return record
            if len(found) + len(lacking) > MOST_TIED:
                raise RegistryUnavailable("more certificates tied to one than are handed out")
            answers = await asyncio.gather(*map(self._records.get, lacking))
            found |= dict(zip(lacking, answers, strict=True))

    async def _record(self, number: str, found: Mapping[str, asyncpg.Record | None], chain: Chain) -> Record:
        rows = [row for row in found.values() if row is not None]
        indexes = {index for row in rows for index in row["lists"]}
        changes = {index: data for row in rows for index, data in row["changes"]}
        return Record(
            number=number,
            chain=chain,
            certificates={one: () if row is None else (_published(row),) for one, row in found.items()},
            changes=tuple(Published(data=data, index=index) for index, data in sorted(changes.items())),
            lists=await self._lists.believed(sorted(indexes), chain),
        )

    async def by_numbers(self, numbers: Sequence[str]) -> dict[str, Record]:
        """See Registry."""
        distinct = list(dict.fromkeys(numbers))
        found = await asyncio.gather(*map(self.by_number, distinct))
        return {number: record for number, record in zip(distinct, found, strict=True) if record is not None}

    async def lookup(self, keys: Sequence[bytes]) -> tuple[str, ...]:
        """See Registry."""
        if len(keys) > MOST_KEYS:
            raise ValueError(f"more than {MOST_KEYS} lookup keys")
        found = await asyncio.gather(*map(self._filed.get, keys))
        return tuple(sorted({number for numbers in found if numbers for number in numbers}))

    async def exams(self, programme: str | None = None, cursor: str | None = None, limit: int = 100) -> ExamPage:
        """See Registry."""
        held_on, exam = _exam_place(cursor) if cursor is not None else (None, None)
        if programme is not None and not _CODE.fullmatch(programme):
            return ExamPage(items=(), next=None)
        rows = await self._fetch(_EXAMS, programme, held_on, exam, limit + 1)
        items = tuple(map(_head, rows[:limit]))
        await self._lists.believed([head.index for head in items], await self.chain())
        return ExamPage(items=items, next=f"{items[-1].held_on}~{items[-1].exam}" if len(rows) > limit else None)

    async def pass_list(self, exam: str) -> ExamHead | None:
        """See Registry."""
        row = await self._newest_list(exam)
        return _head(row) if row else None

    async def rows(self, exam: str, cursor: str | None = None, limit: int = 100) -> RowPage | None:
        """See Registry."""
        row = await self._newest_list(exam)
        if row is None or not row["is_public"]:
            return None
        head = _head(row)
        after = _place(cursor, head.index) if cursor is not None else 0
        rows = await self._fetch(_ROWS, head.index, after, limit + 1)
        if not rows and after < head.people:
            return None  # its term ended, or a new revision came, between the two questions
        items = tuple(ShownRow(serial=r["serial"], name=r["name"], id=r["id"]) for r in rows[:limit])
        following = f"{head.index}.{rows[limit - 1]['ordinal']}" if len(rows) > limit else None
        return RowPage(head=head, items=items, next=following)

    async def find_rows(self, exam: str, beginning: str, limit: int = 100) -> tuple[ShownRow, ...] | None:
        """See Registry."""
        row = await self._newest_list(exam)
        if row is None or not row["is_public"]:
            return None
        if "\0" in beginning:
            return ()
        rows = await self._fetch(_FIND_ROWS, exam, beginning, limit)
        return tuple(ShownRow(serial=r["serial"], name=r["name"], id=r["id"]) for r in rows)

    async def changes_since_notice(self, head: ExamHead) -> ListChanges | None:
        """See Registry. Lists never change once published, so each is counted once."""
        if head.stage != "final":
            return None
        if head.index not in self._changes:
            rows = await self._fetch(_CHANGED, head.index)
            counted = ListChanges(added=rows[0]["added"], removed=rows[0]["removed"]) if rows else None
            self._changes[head.index] = counted
        return self._changes[head.index]

    async def list_statement(self, exam: str) -> bytes | None:
        """See Registry."""
        rows = await self._fetch(_STATEMENT, exam) if _EXAM_CODE.fullmatch(exam) else []
        await self._lists.believed([row["index"] for row in rows], await self.chain())
        return rows[0]["bytes"] if rows else None

    async def _newest_list(self, exam: str) -> asyncpg.Record | None:
        """The exam's newest list; what cannot be an exam's code is not asked for."""
        row = await self._heads.get(exam) if _EXAM_CODE.fullmatch(exam) else None
        if row is not None:
            await self._lists.believed([row["index"]], await self.chain())
        return row

    async def _ask_newest(self, _: Sequence[None]) -> Mapping[None, tuple[int, bytes]]:
        rows = await self._fetch(_NEWEST_KEYRING)
        return {None: (rows[0]["version"], rows[0]["digest"])} if rows else {}

    async def _ask_records(self, numbers: Sequence[str]) -> Mapping[str, asyncpg.Record]:
        return {row["number"]: row for row in await self._fetch(_RECORDS, numbers)}

    async def _ask_filed(self, keys: Sequence[bytes]) -> Mapping[bytes, list[str]]:
        filed: dict[bytes, list[str]] = {}
        for row in await self._fetch(_LOOKUP, keys):
            filed.setdefault(row["key"], []).append(row["number"])
        return filed

    async def _ask_list(self, index: int) -> bytes | None:
        rows = await self._fetch(_LIST, index)
        return rows[0]["bytes"] if rows else None

    async def _ask_heads(self, exams: Sequence[str]) -> Mapping[str, asyncpg.Record]:
        return {row["exam"]: row for row in await self._fetch(_EXAM, exams)}

    async def _fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """The rows of one query. Whatever goes wrong between here and there is RegistryUnavailable."""
        try:
            async with self._pool.acquire(timeout=self._seconds) as connection:
                rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
                return rows
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise RegistryUnavailable(f"the registry gave no answer ({type(error).__name__})") from error


async def _leave_as_it_is(_: object) -> None:
    """Connections hold no state between questions; resetting each would halve the rate."""


def _published(row: Any) -> Published:
    return Published(data=row["bytes"], index=row["index"])


def _head(row: asyncpg.Record) -> ExamHead:
    return ExamHead(
        exam=row["exam"],
        programme=row["programme"],
        title=Names(zh=row["title_zh"], en=row["title_en"]),
        held_on=row["held_on"],
        planned_on=row["planned_on"],
        stage=row["stage"],
        revision=row["revision"],
        contact=row["contact"],
        objections_until=row["objections_until"],
        public_until=row["public_until"],
        issued_at=row["issued_at"],
        index=row["index"],
        people=row["people"],
    )


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
