"""Fair turns at the reading workers: who has had least goes first, and who has had much never stands in the way.

What a client has had is the time that workers spent on its files, which wears off. Of those that wait the one
that has had least is next, so that somebody's tenth file waits behind everybody else's first. A client that has had
MUCH works aside, where others leave room. A job that is slow goes on there too when others wait for its place;
where there is no room, who has had next to nothing begins beside those at work, and for others the job of the client
that has had most is ended, to begin anew in its turn unless that client has had much. So one client, or ten, that send
files made to be slow wait for each other, and nobody for them. Of all that gave way one goes on at any time, if
only in windows, so that none waits for ever.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from verify.files.refusals import FileRefused
from verify.files.turns.allowance import Allowance, Spent
from verify.files.turns.one_turn import ENOUGH, SLOW, Ended, Turn
from verify.files.turns.windows import Windows

T = TypeVar("T")

MUCH: Final = 2.0
"""Worker-seconds; most people's files take less together."""
LITTLE: Final = 0.25
"""Worker-seconds; a few photos take less together."""
_MUCH_MORE: Final = 10.0
"""Worker-seconds that a client working aside must have had more than one who waits, for its job to be ended."""
_TIMES_MORE: Final = 2.0
"""How many times more one must have had who has not had much: jobs that come together would end each other for ever."""
_LOOK_AGAIN: Final = 0.1
"""Seconds after which those who wait are thought of again."""
_SOON: Final = 10
"""Seconds after which a client with very many files waiting may come back."""


class Turns:
    """``places`` jobs at a time, ``aside`` more of clients that have had much, ``beside`` of those that had little.

    At most ``queue`` wait, for ``patience`` seconds, and of one client at most ``each`` wait or run. While it is
    ``busy`` who gave way goes on in windows.
    """

    def __init__(
        self,
        places: int,
        *,
        aside: int = 2,
        beside: int = 4,
        queue: int = 100,
        each: int = 60,
        patience: float = 60.0,
        allowance: Allowance | None = None,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._places = places
        self._aside = aside
        self.beside = beside
        self._queue = queue
        self._each = each
        self._patience = patience
        self._allowance = allowance or Allowance()
        self._waiting: list[Turn] = []
        self._running: list[Turn] = []
        self._timer: asyncio.TimerHandle | None = None
        self._windows = Windows(self._allowance.clock, busy)

    def crowd(self, client: str) -> float:
        """How many jobs wait for each place that are the client's own, or of others who have had no more than it."""
        had = self._had(client)
        others = {turn.client for turn in self._waiting if turn.client != client and self._had(turn.client) <= had}
        return (sum(turn.client == client for turn in self._waiting) + len(others)) / self._places

    async def do(self, client: str, work: Callable[[Turn], Awaitable[T]]) -> T:
        """What ``work`` makes of its turn. Raises as turn.

        A job that is ended for somebody else's sake begins anew in its turn, until its client has had MUCH: it counts
        what was done for nothing, so that this comes to an end, and who has not had much is not sent away for those
        who come with him.
        """
        until, anew = self._allowance.clock() + self._patience, False
        while True:
            try:
                async with self.turn(client, anew=anew) as turn:
                    return await work(turn)
            except Ended:
                anew = True
                if self._had(client) > MUCH or self._allowance.clock() > until:
                    raise

    @asynccontextmanager
    async def turn(self, client: str, *, anew: bool = False) -> AsyncIterator[Turn]:
        """A turn, once it has come. Raises Spent, and FileRefused where too many wait or for too long.

        A job that is ended for somebody else's sake is FileRefused too.
        """
        self._allowance.check(client)
        if sum(turn.client == client for turn in self._waiting + self._running) >= self._each:
            raise Spent(_SOON)
        turn = Turn(client, self._allowance.clock, self._settle, anew=anew)
        try:
            await self._wait(turn)
            async with turn.running():
                yield turn
        finally:
            if turn in self._running:  # also where its asker went away in the very moment in which it began
                self._running.remove(turn)
                self._allowance.spend(client, turn.took())
                self._windows.ended(turn)
            self._settle()

    async def _wait(self, turn: Turn) -> None:
        self._waiting.append(turn)
        if len(self._waiting) > self._queue:
            self._turn_away()
        self._settle()
        try:
            async with asyncio.timeout(self._patience):
                await turn.started
        except TimeoutError:
            raise FileRefused("busy") from None
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _turn_away(self) -> None:
        """Refuses the last comer of the client that has most waiting, and of those the one that has had most."""
        count = Counter(turn.client for turn in self._waiting)
        last = max(reversed(self._waiting), key=lambda turn: (count[turn.client], self._had(turn.client)))
        self._refuse(last, FileRefused("busy"))

    def _refuse(self, turn: Turn, why: Exception) -> None:
        self._waiting.remove(turn)
        if not turn.started.done():  # or else its asker is just going away
            turn.started.set_exception(why)
            turn.started.exception()  # looked at, should nobody be there any more

    def _settle(self) -> None:
        """Begins what can begin; looks again in a while where some still wait."""
        had = {client: self._had(client) for client in {turn.client for turn in self._waiting}}
        for turn in sorted(self._waiting, key=lambda turn: had[turn.client]):  # of as much, the first comer
            try:
                self._allowance.check(turn.client)
            except Spent as spent:
                self._refuse(turn, spent)
                continue
            if self._finds_room(turn):
                self._waiting.remove(turn)
                if not turn.started.done():  # or else its asker is just going away
                    self._running.append(turn)
                    turn.started.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
        later = [seconds for seconds in (self._windows.settle(self._running), self._waiting and _LOOK_AGAIN) if seconds]
        self._timer = asyncio.get_running_loop().call_later(min(later), self._settle) if later else None

    def _finds_room(self, turn: Turn) -> bool:
        """Whether there is room for the job now, once one who has had much has gone aside."""
        room = sum(other.aside for other in self._running) < self._aside
        if self._had(turn.client) > MUCH:
            turn.aside = room
            if not room:
                self._end_one_for(turn, self._had(turn.client) + _MUCH_MORE)
            return room
        placed = [other for other in self._running if not other.aside]
        if len(placed) < self._places:
            return True
        slow = [other for other in placed if other.gave_way or other.slow(ENOUGH) or self._had(other.client) > MUCH]
        if slow and room:
            most = max(slow, key=lambda other: self._had(other.client))
            most.aside = True
            most.give_way()
            return True
        has_one = any(other.client == turn.client for other in self._running)
        if len(placed) < self._places + self.beside and not has_one and self._had(turn.client) <= LITTLE:
            return True
        if slow:
            self._end_one_for(turn, max(SLOW, _TIMES_MORE * self._had(turn.client)))
        return False

    def _end_one_for(self, turn: Turn, least: float) -> None:
        """Ends the job of another that has had most, where that is more than ``least`` and none is ending yet."""
        others = (other for other in self._running if other.client != turn.client)
        most = max(others, key=lambda other: self._had(other.client), default=None)
        if most is not None and self._had(most.client) > least and not any(turn.ended for turn in self._running):
            most.end()

    def _had(self, client: str) -> float:
        running = sum(turn.took() for turn in self._running if turn.client == client)
        return self._allowance.had(client) + running
