"""Whom a lookup index files, and whether that is everybody: "nobody" is an answer only where it is (2-formats)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from verify.core.believed_list import BelievedList
from verify.core.chain import Chain
from verify.core.register import Register
from verify.registry.coalesce import Coalescer
from verify.registry.keyrings import Keyrings
from verify.registry.known_lists import KnownLists
from verify.registry.port import RegistryUnavailable
from verify.registry.questions import STATE, Questions, State
from verify.registry.records import Records

MOST_KEYS: Final = 100
"""Lookup keys in one question."""
_TRIES: Final = 4
"""How often one question is asked anew, because something was published meanwhile."""
_SECONDS: Final = 60.0
"""For counting one list, which nobody waits for: one of 100,000 rows takes a second, and four on a busy machine."""
_LOOKUP: Final = """
select s.*, null::bytea as key, null::bigint as filed_in, null::text as number from registry.state s
union all
select null, null, null, null, null, null, null, l.key, l.list, l.number from registry.lookup($1) l
"""
_SINCE: Final = "select exam from registry.exams_since($1)"
_REPLACED: Final = """
select c.exam, array_agg(distinct x.number) as numbers
from registry.changes x
cross join lateral (select c.exam from registry.certificates c where c.number = x.number offset 0) c
where x.replacement is not null and c.exam = any ($1) group by c.exam
"""
_BELONGING: Final = "select people, missing, numbers from registry.belonging($1, $2)"
_INDEXES: Final = """
select index from registry.index_heads where exam = $1 and people = $2 and numbers = $3 and index < $4
"""


class Lookups:
    """Asks for lookup keys all indexes that cover, and knows where there is none."""

    def __init__(self, questions: Questions, keyrings: Keyrings, lists: KnownLists, records: Records) -> None:
        self._questions = questions
        self._keyrings = keyrings
        self._lists = lists
        self._records = records
        self._keys = Coalescer(self._ask)
        self._covering: dict[str, frozenset[int]] = {}
        """By exam with a believed final list: the log indexes of the lookup indexes that cover it."""
        self._state: State | None = None
        """Of when that holds."""
        self._version = 0
        self._counted: dict[str, tuple[object, int, bytes]] = {}
        """By exam: whom its newest final list names, by what list and later numbers it was counted; see ``_count``."""
        self._counted_at: State | None = None
        self._finding: asyncio.Task[None] | None = None

    async def get(self, keys: Sequence[bytes]) -> tuple[str, ...]:
        """See Registry.lookup."""
        if len(keys) > MOST_KEYS:
            raise ValueError(f"more than {MOST_KEYS} lookup keys")
        for _ in range(_TRIES):
            answers = await asyncio.gather(*map(self._keys.get, keys))
            filed = [answer for answer in answers if answer is not None]
            states = {state.size: state for state, _ in filed}
            if len(states) > 1 or not filed:
                continue
            (state,) = states.values()
            await self._find(state)
            if not self._holds(state):
                continue
            covering = {index for indexes in self._covering.values() for index in indexes}
            numbers = {number for _, rows in filed for index, number in rows if index in covering}
            if not numbers and not all(self._covering.values()):
                raise RegistryUnavailable("an exam's lookup indexes do not cover its list")
            return tuple(sorted(numbers))
        raise RegistryUnavailable("the registry changes faster than it can be asked")

    async def learn(self) -> None:
        """Finds out, before anybody asks, which indexes cover now. Raises what ``get`` raises."""
        await self._find(await self._now())

    async def _ask(self, keys: Sequence[bytes]) -> Mapping[bytes, tuple[State, list[tuple[int, str]]]]:
        rows = await self._questions.fetch(_LOOKUP, keys)
        state = State.of(rows[0])
        found: dict[bytes, tuple[State, list[tuple[int, str]]]] = {key: (state, []) for key in keys}
        for row in rows[1:]:
            found[row["key"]][1].append((row["filed_in"], row["number"]))
        return found

    def _holds(self, state: State) -> bool:
        return self._state is not None and self._state.moment == state.moment

    async def _find(self, state: State) -> None:
        """Returns when it is known which indexes cover at ``state`` or later; finding out goes on without who waits."""
        if self._holds(state):
            return
        if self._finding is None or self._finding.done():
            self._finding = asyncio.create_task(self._find_out())
            self._finding.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            await asyncio.wait_for(asyncio.shield(self._finding), self._questions.seconds)
        except TimeoutError:
            raise RegistryUnavailable("it is not known yet which lookup indexes cover") from None

    async def _find_out(self) -> None:
        state = await self._now()
        if state.list is None:
            self._covering, self._state = {}, state
            return
        chain = await self._keyrings.at(state)
        await self._lists.up_to(state)
        known = self._state
        carried_on = (
            known is not None
            and known.size <= state.size
            and known.disowned == state.disowned
            and self._version == chain.newest.version
        )
        if known is not None and carried_on:
            exams = [row["exam"] for row in await self._questions.fetch(_SINCE, known.size)]
        else:
            exams = list(self._lists.exams())  # no other has a final list
        replaced = {row["exam"]: row["numbers"] for row in await self._questions.fetch(_REPLACED, exams)}
        covering = dict(self._covering) if carried_on else {}
        for exam in exams:
            covering.pop(exam, None)
            found = await self._of_exam(exam, replaced.get(exam, ()), state, chain)
            if found is not None:
                covering[exam] = found
        if (await self._now()).moment == state.moment:
            self._covering, self._state, self._version = covering, state, chain.newest.version

    async def _of_exam(self, exam: str, replaced: Sequence[str], state: State, chain: Chain) -> frozenset[int] | None:
        """The indexes that cover the exam; None where it has no believed final list."""
        newest = await self._lists.newest(exam, state, chain, "final")
        if newest is None:
            return None
        later: set[str] = set()
        for record in await asyncio.gather(*map(self._records.get, replaced)):
            if record is not None:
                later |= Register.of(record).belonging(exam)
        counted = await self._count(exam, newest, sorted(later), state)
        if counted is None:
            return frozenset()
        rows = await self._questions.fetch(_INDEXES, exam, *counted, state.size)
        return frozenset(row["index"] for row in rows)

    async def _count(
        self, exam: str, listed: BelievedList, later: Sequence[str], state: State
    ) -> tuple[int, bytes] | None:
        """How many belong in the exam's index, and the digest of their numbers; None where a certificate is missing.

        Counted once for a list, as what it names never changes: what was counted before something kept the rest from
        being found out need not be counted again.
        """
        before = self._counted_at
        if before is not None and (state.size < before.size or state.disowned != before.disowned):
            self._counted.clear()
        self._counted_at = state
        what = listed.list.digest, listed.index, tuple(later)
        kept = self._counted.get(exam)
        if kept is not None and kept[0] == what:
            return kept[1:]
        (found,) = await self._questions.fetch(_BELONGING, listed.index, later, seconds=_SECONDS)
        if found["missing"]:
            return None
        self._counted[exam] = what, found["people"], found["numbers"]
        return found["people"], found["numbers"]

    async def _now(self) -> State:
        (row,) = await self._questions.fetch(STATE)
        return State.of(row)

    async def close(self) -> None:
        """Ends what goes on without anybody waiting."""
        if self._finding is not None:
            self._finding.cancel()
            await asyncio.wait([self._finding])
