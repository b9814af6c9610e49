"""What the register says of certificates under one keyring and under another: told before the other one is signed.

Read from the registry, by the core's own fold: nothing here decides what is believed.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import msgspec

from keys.messages import _
from verify.core.believed_list import BelievedList, GenuineList
from verify.core.chain import Chain, Version
from verify.core.errors import NotBelieved
from verify.core.keyring import Key, Keyring, Use
from verify.core.register import Published, Record, Register
from verify.core.statement import Kind
from verify.shared.command import Refusal, joined

if TYPE_CHECKING:
    import asyncpg

    Connection = asyncpg.Connection[Any]

T = TypeVar("T")

_SIZE: Final = "select coalesce(max(index) + 1, 0) from registry.statement"
_KEYRINGS: Final = """
select s.index, s.bytes from registry.keyring k join registry.statement s using (index)
where octet_length(s.bytes) > 0 order by s.index
"""
_TOUCHED: Final = """
select l.exam from registry.certificate l join registry.statement s using (index) where s.kid = any ($1)
union select l.exam from registry.pass_list l join registry.statement s using (index) where s.kid = any ($1)
union select l.exam from registry.lookup_index l join registry.statement s using (index) where s.kid = any ($1)
union select c.exam from registry.change x join registry.statement s using (index)
    join registry.certificate c on c.number = x.number where s.kid = any ($1)
order by exam
"""
_CERTIFICATES: Final = """
select c.number, c.exam, s.index, s.bytes from registry.certificate c join registry.statement s using (index)
where c.number in (select number from registry.certificate where exam = any ($1)) and octet_length(s.bytes) > 0
order by s.index
"""
_CHANGES: Final = """
select s.index, s.bytes from registry.change x join registry.statement s using (index)
where octet_length(s.bytes) > 0 and (x.number in (select number from registry.certificate where exam = any ($1))
    or x.replacement in (select number from registry.certificate where exam = any ($1)))
order by s.index
"""
_LISTS: Final = """
select s.index, s.bytes from registry.pass_list l join registry.statement s using (index)
where l.exam = any ($1) and octet_length(s.bytes) > 0 order by s.index
"""
_INDEXES: Final = """
select s.index, s.bytes from registry.lookup_index l join registry.statement s using (index)
where l.exam = any ($1) and octet_length(s.bytes) > 0 order by s.index
"""
_NOTES: Final = """
select count(*) as count, min(size) as first, max(size) as last from registry.checkpoint where kid = $1 and size > $2
"""


class Notes(msgspec.Struct, frozen=True, kw_only=True):
    """Checkpoints that a log key signed beyond a size."""

    size: int
    """Statements in the registry."""
    count: int
    first: int | None
    """The smallest tree among them, in statements; None where there is none."""
    last: int | None

    def lines(self) -> list[str]:
        """For people."""
        if not self.count:
            return [_("no checkpoint of this key is of a larger tree: none is doubtful")]
        text = _("checkpoints that nobody believes any more: {count}, the log's size {first} to {last}")
        return [
            text.format(count=self.count, first=self.first, last=self.last),
            _("receipts over these trees hold no more: whoever kept one takes another"),
        ]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """As much of the registry as some keys bear on: every exam in which one of them signed anything."""

    size: int
    """Statements in the registry."""
    keyrings: tuple[Published, ...]
    certificates: Mapping[str, tuple[Published, ...]]
    """Every statement filed under a number, by number."""
    exams: Mapping[str, str]
    """The exam of each number."""
    changes: tuple[Published, ...]
    lists: tuple[Published, ...]
    indexes: tuple[Published, ...]

    def chain(self, root: bytes, more: Iterable[bytes] = ()) -> Chain | None:
        """The keyrings that stand, and ``more`` of them as if they were published next; None where none stands."""
        filed = [(one.data, one.index) for one in self.keyrings]
        chain = Chain.among(filed, root)
        there = len(chain.versions) if chain else 0
        missing = [(data, self.size + place) for place, data in enumerate(list(more)[there:])]
        return Chain.among([*filed, *missing], root)

    def chain_with(self, keyring: Keyring, root: bytes, more: Iterable[bytes]) -> Chain:
        """The keyrings with ``more``, and as the next of them one that is not signed yet. Raises KeyringRefused."""
        chain = self.chain(root, more) or Chain.follow(((data, None) for data in more), root)
        last = chain.versions[-1]
        index = max(self.size, (last.index if last.index is not None else -1) + 1)
        return Chain(versions=(*chain.versions, Version(keyring=keyring, statement=last.statement, index=index)))

    def register(self, chain: Chain) -> Register:
        """All of it, folded by the keyrings of ``chain``."""
        return Register.of(
            Record(
                number="",
                chain=chain,
                certificates=self.certificates,
                changes=self.changes,
                lists=tuple(one for one in self.believed_lists(chain) if one.head.stage == "final"),
            )
        )

    def believed_lists(self, chain: Chain) -> Iterator[BelievedList]:
        """The lists that are believed by the keyrings of ``chain``, notices too."""
        for one in self.lists:
            with contextlib.suppress(NotBelieved):
                yield GenuineList.of(one.data, chain.newest).at(one.index, chain)

    def followed_by(self, statements: Mapping[Kind, Sequence[Published]], numbers: Mapping[int, str]) -> Self:
        """The same with a release behind it; ``numbers`` are those of its certificates, by index."""
        certificates = dict(self.certificates)
        for one in statements.get(Kind.CERTIFICATE, ()):
            number = numbers[one.index]
            certificates[number] = (*certificates.get(number, ()), one)
        return msgspec.structs.replace(
            self,
            certificates=certificates,
            changes=(*self.changes, *statements.get(Kind.CHANGE, ())),
            lists=(*self.lists, *statements.get(Kind.PASS_LIST, ())),
        )


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What certificates are worth before and after a keyring, by exam."""

    exams: Mapping[str, Mapping[tuple[str, str], int]]
    """How many were worth one thing and will be worth another, or the same."""
    valid_again: tuple[str, ...]
    """Numbers that are not valid and would be."""
    lists: tuple[tuple[str, int], ...]
    """Exam and revision of lists that are believed and would not be."""

    @property
    def changed(self) -> int:
        """How many certificates are worth something else, and lists not believed."""
        counts = (n for moves in self.exams.values() for (was, will), n in moves.items() if was != will)
        return sum(counts) + len(self.lists)

    def lines(self) -> list[str]:
        """For people, one line an exam."""
        told = []
        for exam, counts in self.exams.items():
            kept = sum(count for (before, after), count in counts.items() if before == after)
            moves = [f"{before} → {after}: {count}" for (before, after), count in counts.items() if before != after]
            moves.append(_("as it was: {}").format(kept))
            told.append(f"{exam}: {joined(moves)}")
        if self.valid_again:
            shown = joined(self.valid_again[:20]) + (" …" if len(self.valid_again) > 20 else "")
            told.append(_("valid again though they are not now, {}: {}").format(len(self.valid_again), shown))
        if self.lists:
            shown = joined(f"{exam} ({revision})" for exam, revision in self.lists[:20])
            told.append(_("lists that are not believed any more: {}").format(shown))
        return told


def forecast(held: Held, before: Chain, after: Chain, now: int) -> Forecast:
    """What changes for each certificate of ``held`` from the keyrings ``before`` to those ``after``."""
    was, will = worths(held, before, now), worths(held, after, now)
    lists = {_of(one): None for one in held.believed_lists(before)}
    kept = {_of(one) for one in held.believed_lists(after)}
    exams: dict[str, Counter[tuple[str, str]]] = {}
    for number, exam in held.exams.items():
        exams.setdefault(exam, Counter())[was[number], will[number]] += 1
    again = sorted(number for number in was if will[number] == "valid" and was[number] != "valid")
    return Forecast(
        exams={exam: exams[exam] for exam in sorted(exams)},
        valid_again=tuple(again),
        lists=tuple(one for one in lists if one not in kept),
    )


def _of(listed: BelievedList) -> tuple[str, int]:
    return listed.head.exam, listed.head.revision


def as_if_sound(chain: Chain, *uses: Use) -> Chain:
    """The same keyrings, had nobody declared a key of ``uses`` compromised."""
    keys = tuple(
        msgspec.structs.replace(key, state="retired", believed_below=None) if key.use in uses else key
        for key in chain.newest.keys
    )
    last = chain.versions[-1]
    keyring = msgspec.structs.replace(last.keyring, keys=keys)
    return Chain(versions=(*chain.versions[:-1], msgspec.structs.replace(last, keyring=keyring)))


def worths(held: Held, chain: Chain, now: int) -> dict[str, str]:
    """The outcome of each number by ``chain``, in the words of a verdict."""
    register = held.register(chain)
    found = {}
    for number in held.certificates:
        one = register.held(number)
        if one is None:
            found[number] = "unregistered" if register.first(number) is None else "key_not_trusted"
        else:
            found[number] = one.worth(now).state if one.registered else "unregistered"
    return found


def load(url: str, keys: Sequence[Key]) -> Held:
    """What the registry at ``url`` holds that ``keys`` bear on. Raises Refusal where it does not answer."""
    return asked(url, lambda connection: read(connection, [key.kid for key in keys]))


def doubtful(url: str, key: Key, below: int) -> Notes:
    """What the registry at ``url`` holds that the log's key signed beyond the size ``below``. Raises Refusal."""

    async def work(connection: "Connection") -> Notes:
        (row,) = await connection.fetch(_NOTES, key.kid, below)
        return Notes(size=await connection.fetchval(_SIZE), **row)

    return asked(url, work)


def asked(url: str, work: "Callable[[Connection], Awaitable[T]]") -> T:
    """``work`` on one moment of the registry at ``url``, read alone. Raises Refusal where it does not answer."""
    from verify.shared.database_trouble import TROUBLE, connect, told  # a key room may be without the driver

    async def ask() -> T:
        connection = await connect(url)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                return await work(connection)
        finally:
            await connection.close(timeout=10)

    try:
        return asyncio.run(ask())
    except TROUBLE as error:
        reason = _("the registry does not answer ({words}): nothing was done")
        raise Refusal(reason.format(words=told(error))) from error


async def read(connection: "Connection", kids: Sequence[bytes]) -> Held:
    """The same, on a connection."""
    exams = [row["exam"] for row in await connection.fetch(_TOUCHED, kids)]
    certificates: dict[str, list[Published]] = {}
    of: dict[str, str] = {}
    for row in await connection.fetch(_CERTIFICATES, exams):
        certificates.setdefault(row["number"], []).append(_published(row))
        of.setdefault(row["number"], row["exam"])
    changes = await connection.fetch(_CHANGES, exams)
    return Held(
        size=await connection.fetchval(_SIZE),
        keyrings=tuple(map(_published, await connection.fetch(_KEYRINGS))),
        certificates={number: tuple(found) for number, found in certificates.items()},
        exams=of,
        # A change may name a number under which nothing is filed: then nothing rests on it.
        changes=tuple(map(_published, changes)),
        lists=tuple(map(_published, await connection.fetch(_LISTS, exams))),
        indexes=tuple(map(_published, await connection.fetch(_INDEXES, exams))),
    )


def _published(row: Mapping[str, Any]) -> Published:
    return Published(data=row["bytes"], index=row["index"])
