"""Which pass lists there are, kept in memory by their heads, and which of them are believed, by exam and by date."""

import asyncio
import heapq
from collections import OrderedDict
from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from verify.core.believed_list import BelievedList
from verify.core.chain import Chain
from verify.core.errors import NotBelieved
from verify.core.pass_list import Stage
from verify.registry.genuine import GenuineLists
from verify.registry.questions import Questions, State

_HEADS: Final = """
select index, exam, programme, stage, revision, held_on, digest from registry.list_heads where index > $1 order by index
"""
_STATEMENT: Final = "select bytes from registry.list_statements where index = $1"
_MOST_GIVEN: Final = 16 << 20
"""Bytes of statements that are kept for whoever fetches them next, beside the last one."""
_LATEST_FIRST: Final = str.maketrans("0123456789", "9876543210")

Place = tuple[str, str]
"""A day, turned so that later ones come first, and an exam."""


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """What a statement says that calls itself a list, whoever filed it."""

    index: int
    exam: str
    programme: str
    stage: Stage
    revision: int
    held_on: str
    digest: bytes


class KnownLists:
    """Every list that was filed, by exam; which are believed is found out when an answer first rests on one."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._genuine = GenuineLists(self.statement, self._forget_finals)
        self._filed: dict[str, list[Filed]] = {}
        """By exam, in the order of the log."""
        self._digests: dict[int, bytes] = {}
        self._finals: dict[str, tuple[int | None, Chain, tuple[BelievedList, ...]]] = {}
        """By exam: its believed final lists, up to which newest list of the registry, and by which chain."""
        self._reading = asyncio.Lock()
        self._given: OrderedDict[int, bytes] = OrderedDict()
        self._giving = asyncio.Lock()

    async def up_to(self, state: State) -> None:
        """Reads what was filed since the last time."""
        if self._has(state):
            return
        async with self._reading:
            if self._has(state):
                return
            if state.list is not None and state.list <= max(self._digests, default=-1):
                # Another database than before: restored, and published to anew.
                self._filed, self._digests = {}, {}
                self._given.clear()
                self._forget_finals()
            for row in await self._questions.fetch(_HEADS, max(self._digests, default=-1)):
                filed = Filed(**row)
                self._filed.setdefault(filed.exam, []).append(filed)
                self._digests[filed.index] = filed.digest

    def _has(self, state: State) -> bool:
        return state.list is None or self._digests.get(state.list) == state.list_digest

    def exams(self) -> tuple[str, ...]:
        """Exams that some list says it is of."""
        return tuple(self._filed)

    async def believed(
        self, exams: Iterable[str], state: State, chain: Chain, stage: Stage | None = None
    ) -> tuple[BelievedList, ...]:
        """The believed lists of these exams that stood there at ``state``, in the order of the log."""
        filed = sorted((one for exam in exams for one in self.at(exam, state, stage)), key=lambda one: one.index)
        found = await asyncio.gather(*(self._believed(one, chain) for one in filed))
        return tuple(listed for listed in found if listed is not None)

    async def finals(self, exams: Collection[str], state: State, chain: Chain) -> tuple[BelievedList, ...]:
        """The believed final lists of these exams at ``state``, which must be read up to, in the order of the log.

        What was found is kept while no list is filed and no keyring is published.
        """
        if len(exams) != 1:
            return await self.believed(exams, state, chain, "final")
        (exam,) = exams
        kept = self._finals.get(exam)
        if kept is not None and kept[0] == state.list and kept[1] is chain and self._touch(kept[2]):
            return kept[2]
        found = await self.believed(exams, state, chain, "final")
        if exam in self._filed and self._touch(found):
            self._finals[exam] = state.list, chain, found
        return found

    def _touch(self, lists: Iterable[BelievedList]) -> bool:
        """Says that these lists were asked for; whether none of them made room for another."""
        kept = True
        for listed in lists:  # each of them, also behind one that made room
            kept = self._genuine.touch(listed.list.digest) and kept
        return kept

    def _forget_finals(self) -> None:
        self._finals.clear()

    async def newest(self, exam: str, state: State, chain: Chain, stage: Stage | None = None) -> BelievedList | None:
        """The believed list of the exam's highest revision; a revision belongs to the first in the log that has it."""
        for one in sorted(self.at(exam, state, stage), key=lambda one: (-one.revision, one.index)):
            if listed := await self._believed(one, chain):
                return listed
        return None

    async def by_date(
        self, programme: str | None, after: tuple[str, str] | None, most: int, state: State, chain: Chain
    ) -> list[BelievedList]:
        """The newest believed lists of exams, the last held first and those of one day by code, after a day and exam.

        An exam waits in line by the latest day that any list of it says, and is looked at when its turn comes; where
        the believed one says an earlier day, it goes back into the line.
        """
        begin = _place(*after) if after is not None else ("", "")
        line: list[tuple[Place, BelievedList | None]] = []
        for exam in self._filed:
            filed = self.at(exam, state)
            if filed and programme in (None, filed[0].programme):
                days = {one.held_on for one in filed}
                place = _place(max(days), exam)
                if len(days) > 1 or place > begin:
                    line.append((place, None))
        heapq.heapify(line)
        found: list[BelievedList] = []
        while line and len(found) < most:
            place, listed = heapq.heappop(line)
            if listed is None and (listed := await self.newest(place[1], state, chain)) is None:
                continue
            true_place = _place(listed.head.held_on, place[1])
            if true_place != place:
                heapq.heappush(line, (true_place, listed))
            elif place > begin:
                found.append(listed)
        return found

    async def statement(self, index: int) -> bytes | None:
        """A list's bytes."""
        rows = await self._questions.fetch(_STATEMENT, index)
        return rows[0]["bytes"] if rows else None

    async def statement_to_give(self, index: int) -> bytes | None:
        """The same, the same object for all who fetch one list together: it may have some megabytes."""
        async with self._giving:
            data = self._given.pop(index, None) or await self.statement(index)
            if data is not None:
                self._given[index] = data
                while len(self._given) > 1 and sum(map(len, self._given.values())) > _MOST_GIVEN:
                    self._given.popitem(last=False)
            return data

    def at(self, exam: str, state: State, stage: Stage | None = None) -> list[Filed]:
        """What is filed as a list of the exam at ``state``, whoever filed it, in the order of the log."""
        return [one for one in self._filed.get(exam, ()) if one.index < state.size and stage in (None, one.stage)]

    async def _believed(self, filed: Filed, chain: Chain) -> BelievedList | None:
        listed = await self._genuine.get(filed.digest, filed.index, chain.newest)
        try:
            return listed.at(filed.index, chain) if listed is not None else None
        except NotBelieved:
            return None


def _place(held_on: str, exam: str) -> Place:
    return held_on.translate(_LATEST_FIRST), exam
