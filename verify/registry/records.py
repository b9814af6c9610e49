"""All that the registry holds under a number: every candidate, and the numbers that believed changes tie to it."""

import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from verify.core.chain import Chain
from verify.core.errors import RegisterDamaged
from verify.core.log.near import Near
from verify.core.register import Published, Record, Register
from verify.core.statement import Kind
from verify.registry.coalesce import Coalescer
from verify.registry.keyrings import Keyrings
from verify.registry.known_lists import KnownLists
from verify.registry.port import RegistryUnavailable
from verify.registry.questions import Questions, State

MOST_TIED: Final = 50
"""Certificates of one line."""
_RECORDS: Final = """
select s.*, null::int as kind, null::bigint as index, null::text as number, null::text as other, null::bytea as bytes,
    null::bytea as leaves, null::bytea as middle
from registry.state s
union all
select null, null, null, null, null, null, null, 1, c.index, c.number, c.exam, c.bytes,
    (select b.hashes from registry.branch b where b.height = 0 and b.index = c.index / 16),
    (select b.hashes from registry.branch b
        where b.height = 1 and b.index = c.index / 256 and octet_length(b.hashes) = 512)
from registry.certificates c where c.number = any ($1)
union all
select null, null, null, null, null, null, null, 2, x.index, x.number, x.replacement, x.bytes, null, null
from registry.changes x where x.number = any ($1) or x.replacement = any ($1)
"""
"""The state has a row of its own, the first: beside each of the others it took half of their time."""


_index: Final = operator.attrgetter("index")


class _Found(msgspec.Struct, kw_only=True):
    """What is filed under one number, in whatever order."""

    state: State
    certificates: list[Published] = []
    exams: set[str] = set()
    changes: list[Published] = []
    gone: int | None = None
    """The log index of a statement that is filed here, and is not there any more."""


class Records:
    """Asks for numbers, those that come together in one question, which says too how far the registry goes."""

    def __init__(self, questions: Questions, keyrings: Keyrings, lists: KnownLists) -> None:
        self._questions = questions
        self._keyrings = keyrings
        self._lists = lists
        self._numbers = Coalescer(self._ask)

    async def get(self, number: str, *, with_lists: bool = True) -> Record | None:
        """See Registry.by_number; without any list where these are not asked for."""
        found = await self._number(number)
        if not found.certificates:
            return None
        return await self._record(number, found, await self._up_to(found.state), with_lists=with_lists)

    async def get_all(self, numbers: Sequence[str]) -> dict[str, Record]:
        """See Registry.by_numbers; the numbers are distinct."""
        records = {}
        state, chain = None, None
        for number, found in zip(numbers, _there(await self._numbers.get_all(numbers)), strict=True):
            if found.certificates:
                if chain is None or found.state is not state:  # it is one object of all that one question found
                    state, chain = found.state, await self._up_to(found.state)
                records[number] = await self._record(number, found, chain)
        return records

    async def _up_to(self, state: State) -> Chain:
        """The keyrings of the state, up to which lists are read then, too."""
        chain = await self._keyrings.at(state)
        await self._lists.up_to(state)
        return chain

    async def _record(self, number: str, found: _Found, chain: Chain, *, with_lists: bool = True) -> Record:
        state = found.state
        parts = {number: found}
        while True:
            exams = {exam for part in parts.values() for exam in part.exams}
            changes = {change.index: change for part in parts.values() for change in part.changes}
            record = Record(
                number=number,
                chain=chain,
                certificates={one: _before(part.certificates, state) for one, part in parts.items()},
                changes=_before(changes.values(), state),
                lists=await self._lists.finals(exams, state, chain) if with_lists else (),
                size=state.size,
                moment=state.moment,
            )
            lacking = Register.of(record).lacking if record.changes else frozenset()
            if not lacking:
                return record
            if len(parts) + len(lacking) > MOST_TIED:
                raise RegistryUnavailable("more certificates of one line than can be handed out")
            more = sorted(lacking)
            parts |= zip(more, _there(await self._numbers.get_all(more)), strict=True)

    async def _number(self, number: str) -> _Found:
        return _there([await self._numbers.get(number)])[0]

    async def _ask(self, numbers: Sequence[str]) -> Mapping[str, _Found]:
        rows = await self._questions.fetch(_RECORDS, numbers)
        state = State.of(rows[0])
        found = {number: _Found(state=state) for number in numbers}
        for row in rows[1:]:
            _, _, _, _, _, _, _, kind, index, number, other, data, leaves, middle = row
            if data is None:
                for one in {number, other} & found.keys():
                    found[one].gone = index
            elif kind == Kind.CERTIFICATE:
                near = Near(leaves, middle) if leaves is not None and middle is not None else None
                of = found[number]
                of.certificates.append(Published(data=data, index=index, near=near))
                of.exams.add(other)
            else:
                published = Published(data=data, index=index)
                for one in {number, other} & found.keys():
                    found[one].changes.append(published)
        return found


def _there(found: Sequence[_Found | None]) -> list[_Found]:
    """What is found under numbers, if it be nothing.

    Raises RegistryUnavailable where there was no answer, RegisterDamaged where a statement is filed and gone.
    """
    there = [one for one in found if one is not None]
    if len(there) < len(found):
        raise RegistryUnavailable("the registry gave no answer")
    for one in there:
        if one.gone is not None:
            raise RegisterDamaged("register_damaged", f"statement {one.gone} is filed, and gone")
    return there


def _before(published: Iterable[Published], state: State) -> tuple[Published, ...]:
    """Those of the moment of ``state``: later questions of one answer may see more."""
    size = state.size
    return tuple(sorted([one for one in published if one.index < size], key=_index))
