"""Whom a lookup index files, and whether that is everybody: "nobody" is an answer only where it is (2-formats)."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

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
_NAMED: Final = 5
"""Exams that are named where more have no index that covers."""
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
_COVERING: Final = """
select l.list, c.index
from unnest($1::bigint[]) l (list), registry.covering(l.list, $2, $3) c join registry.index_heads i using (index)
where c.index < $4 and ($5::bytea[] is null or i.secret = any ($5))
"""
"""What is filed under keys of a secret that the service lacks covers nothing for it: nobody would be found there."""


class _Exam(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an exam for which a final list is filed."""

    covering: Mapping[int, frozenset[int]]
    """By the log index of each final list, believed or not: the lookup indexes that cover it."""
    open: bool
    """Whether a final list is believed and none covers the newest."""


class Lookups:
    """Asks for lookup keys all indexes that cover, and knows where there is none."""

    def __init__(
        self,
        questions: Questions,
        keyrings: Keyrings,
        lists: KnownLists,
        records: Records,
        secret_ids: Sequence[bytes] | None,
    ) -> None:
        self._questions = questions
        self._keyrings = keyrings
        self._lists = lists
        self._records = records
        self._secret_ids = secret_ids
        self._keys = Coalescer(self._ask)
        self._exams: dict[str, _Exam] = {}
        self._filing: dict[int, set[str]] = {}
        """By the log index of a lookup index: the exams of the lists that it covers."""
        self._state: State | None = None
        """Of when that holds."""
        self._version = 0
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
            rows = {row for _, found in filed for row in found}
            exams = self._exams
            of = {exam for index, _ in rows for exam in self._filing.get(index, ())}
            covering = await self._of_newest({exam: exams[exam] for exam in of}, state)
            numbers = {number for index, number in rows if index in covering}
            if not numbers and (uncovered := sorted(exam for exam, one in exams.items() if one.open)):
                named, more = ", ".join(uncovered[:_NAMED]), len(uncovered) - _NAMED
                beside = f" and {more} more" if more > 0 else ""
                raise RegistryUnavailable(
                    f"no lookup index by a secret of this service covers the list of {named}{beside}"
                )
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
            self._know({}, state, 0)
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
            changed = {row["exam"] for row in await self._questions.fetch(_SINCE, known.size)}
        else:
            changed = set(self._lists.exams())  # no other has a final list
        exams = {exam: one for exam, one in self._exams.items() if carried_on and exam not in changed}
        exams |= await self._look_at(changed, state, chain)
        if (await self._now()).moment == state.moment:
            self._know(exams, state, chain.newest.version)

    def _know(self, exams: dict[str, _Exam], state: State, version: int) -> None:
        self._exams, self._state, self._version = exams, state, version
        self._filing = {}
        for exam, one in exams.items():
            for index in frozenset().union(*one.covering.values()):
                self._filing.setdefault(index, set()).add(exam)

    async def _look_at(self, exams: Collection[str], state: State, chain: Chain) -> dict[str, _Exam]:
        """Of these exams those for which a final list is filed. No list is read of which it does not hang."""
        lists = {exam: [one.index for one in self._lists.at(exam, state, "final")] for exam in exams}
        replaced = {row["exam"]: row["numbers"] for row in await self._questions.fetch(_REPLACED, sorted(exams))}
        covering: dict[int, set[int]] = {index: set() for indexes in lists.values() for index in indexes}
        plain = [index for exam, indexes in lists.items() if exam not in replaced for index in indexes]
        questions = [(plain, set[tuple[bytes, str]]())]
        for exam, numbers in replaced.items():
            later = await asyncio.gather(*map(self._later, numbers))
            questions.append((lists[exam], set().union(*later)))
        for indexes, pairs in questions:
            shorts, numbers = [short for short, _ in pairs], [number for _, number in pairs]
            for row in await self._questions.fetch(_COVERING, indexes, shorts, numbers, state.size, self._secret_ids):
                covering[row["list"]].add(row["index"])
        found = {}
        for exam, indexes in lists.items():
            of_lists = {index: frozenset(covering[index]) for index in indexes}
            newest = None
            if not all(of_lists.values()):
                newest = await self._lists.newest(exam, state, chain, "final")
            if indexes:
                found[exam] = _Exam(covering=of_lists, open=newest is not None and not of_lists[newest.index])
        return found

    async def _later(self, number: str) -> frozenset[tuple[bytes, str]]:
        """What ``Register.later`` says of a certificate's line; of lists it hangs only where they restore belief."""
        record = await self._records.get(number, with_lists=False)
        register = Register.of(record) if record is not None else None
        if register is not None and any(doubt.code == "key_compromised" for doubt in register.doubts.values()):
            record = await self._records.get(number)
            register = Register.of(record) if record is not None else None
        return register.later if register is not None else frozenset()

    async def _of_newest(self, exams: Mapping[str, _Exam], state: State) -> frozenset[int]:
        """The indexes that cover the newest believed final list of one of these exams."""
        chain = await self._keyrings.at(state)
        found: set[int] = set()
        for exam, one in exams.items():
            newest = await self._lists.newest(exam, state, chain, "final")
            if newest is not None:
                found |= one.covering.get(newest.index, frozenset())
        return frozenset(found)

    async def _now(self) -> State:
        (row,) = await self._questions.fetch(STATE)
        return State.of(row)

    async def close(self) -> None:
        """Ends what goes on without anybody waiting."""
        if self._finding is not None:
            self._finding.cancel()
            await asyncio.wait([self._finding])
