"""Long work in the service's own process, a slice at a time, in fair turns.

One slice is under way at any moment, and everything else that is ready runs between two. Whose slice is next goes by
what clients have had lately: somebody's first list goes before another's tenth. A queue of slices is slow on a busy
machine though each is short: who has had next to nothing need not stand in it, and where several who had much stand in
it, it rests between their slices. What waits for the database or the keeper has a lane of its own, so that one list is
worked on while another's question is under way (ADR 52).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from verify.files.turns.allowance import Allowance

T = TypeVar("T")

_RATE = 0.02
"""Seconds of the process that wear off in a second: ten clients that ask for as much as they get have a fifth of it."""


async def slices(items: Sequence[T], most: int) -> AsyncIterator[Sequence[T]]:
    """``most`` of the items at a time, a millisecond or two of work, with a turn of the loop for others between."""
    for begin in range(0, len(items), most):
        if begin:
            await asyncio.sleep(0)
        yield items[begin : begin + most]


class Lane:
    """A queue of slices. What a client has had wears off slowly.

    Who has had no more than ``free`` seconds does not queue. After a slice of another, they wait ``rest`` times as
    long as it took, where they are several. A lane ``beside`` another goes by what clients have had in both.
    """

    def __init__(self, free: float = 0.0, rest: float = 0.0, beside: "Lane | None" = None) -> None:
        self._free = free
        self._rest = rest
        self._had: Allowance = Allowance(rate=_RATE) if beside is None else beside._had
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._taken = False

    @asynccontextmanager
    async def turn(self, client: str, cost: float | None = None) -> AsyncIterator[None]:
        """The client's next slice, once it is its turn.

        It counts for ``cost`` seconds, or as long as it takes: of what waits for others that is the machine's doing.
        """
        queues = self._had.had(client) >= self._free
        if queues:
            if self._taken:
                await self._wait(client)
            self._taken = True
        begun = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - begun
            self._had.spend(client, took if cost is None else cost)
            if queues:
                self._let_rest(client, took)

    async def _wait(self, client: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        place = (client, turn)
        self._waiting.append(place)
        try:
            await turn
        except asyncio.CancelledError:
            if place in self._waiting:
                self._waiting.remove(place)
            if not turn.cancelled():  # it had just come
                self._pass_on()
            raise

    def _let_rest(self, client: str, took: float) -> None:
        """Passes the turn on, after a rest where another than the client waits."""
        if self._rest and any(other != client for other, _ in self._waiting):
            asyncio.get_running_loop().call_later(self._rest * took, self._pass_on)
        else:
            self._pass_on()

    def _pass_on(self) -> None:
        """Gives the turn to who has had least, of those the first comer."""
        self._waiting = [place for place in self._waiting if not place[1].cancelled()]
        self._taken = bool(self._waiting)
        if self._waiting:
            place = min(self._waiting, key=lambda place: self._had.had(place[0]))
            self._waiting.remove(place)
            place[1].set_result(None)
