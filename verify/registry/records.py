"""All that the registry holds under a number: every candidate, and the numbers that believed changes tie to it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import asyncpg
import msgspec

from verify.core.log.near import Near
from verify.core.register import Published, Record, Register
from verify.registry.coalesce import Coalescer
from verify.registry.keyrings import Keyrings
from verify.registry.known_lists import KnownLists
from verify.registry.port import RegistryUnavailable
from verify.registry.questions import Questions, State

MOST_TIED: Final = 50
"""Certificates of one line."""
_RECORDS: Final = """
select s.*, f.* from registry.state s left join lateral (
    select 'certificate' as what, c.index, c.number, c.exam as other, c.bytes, t.middle,
        case when t.middle is not null then substring(t.hashes from (c.index % 256 / 16 * 512 + 1)::int for 512) end
        as leaves
    from registry.certificates c left join registry.tile t on t.level = 0 and t.index = c.index / 256
    where c.number = any ($1)
    union all
    select 'change', x.index, x.number, x.replacement, x.bytes, null, null
    from registry.changes x where x.number = any ($1) or x.replacement = any ($1)
) f on true
order by f.index
"""


class _Found(msgspec.Struct, kw_only=True):
    """What is filed under one number, in the order of the log."""

    state: State
    certificates: list[Published] = []
    exams: set[str] = set()
    changes: list[Published] = []


class Records:
    """Asks for numbers, those that come together in one question, which says too how far the registry goes."""

    def __init__(self, questions: Questions, keyrings: Keyrings, lists: KnownLists) -> None:
        self._questions = questions
        self._keyrings = keyrings
        self._lists = lists
        self._numbers = Coalescer(self._ask)

    async def get(self, number: str) -> Record | None:
        """See Registry.by_number."""
        found = await self._number(number)
        if not found.certificates:
            return None
        state = found.state
        chain = await self._keyrings.at(state)
        await self._lists.up_to(state)
        parts = {number: found}
        while True:
            exams = {exam for part in parts.values() for exam in part.exams}
            changes = {change.index: change for part in parts.values() for change in part.changes}
            record = Record(
                number=number,
                chain=chain,
                certificates={one: _before(part.certificates, state) for one, part in parts.items()},
                changes=_before([changes[index] for index in sorted(changes)], state),
                lists=await self._lists.finals(exams, state, chain),
                size=state.size,
                moment=state.moment,
            )
            lacking = Register.of(record).lacking if record.changes else frozenset()
            if not lacking:
                return record
            if len(parts) + len(lacking) > MOST_TIED:
                raise RegistryUnavailable("more certificates of one line than can be handed out")
            more = sorted(lacking)
            parts |= zip(more, await asyncio.gather(*map(self._number, more)), strict=True)

    async def _number(self, number: str) -> _Found:
        found = await self._numbers.get(number)
        if found is None:
            raise RegistryUnavailable("the registry gave no answer")
        return found

    async def _ask(self, numbers: Sequence[str]) -> Mapping[str, _Found]:
        rows = await self._questions.fetch(_RECORDS, numbers)
        state = State.of(rows[0])
        found = {number: _Found(state=state) for number in numbers}
        for row in rows:
            if row["what"] == "certificate":
                of = found[row["number"]]
                of.certificates.append(_published(row))
                of.exams.add(row["other"])
            elif row["what"] == "change":
                for number in {row["number"], row["other"]} & found.keys():
                    found[number].changes.append(_published(row))
        return found


def _published(row: asyncpg.Record) -> Published:
    near = Near(row["leaves"], row["middle"]) if row["middle"] is not None else None
    return Published(data=row["bytes"], index=row["index"], near=near)


def _before(published: list[Published], state: State) -> tuple[Published, ...]:
    """Those of the moment of ``state``: later questions of one answer may see more."""
    return tuple(one for one in published if one.index < state.size)
