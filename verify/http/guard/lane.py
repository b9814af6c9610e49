"""Long work in the service's own process, a slice at a time, in fair turns.

One slice is under way at any moment, and everything else that is ready runs between two. Whose slice is next goes by
what clients have had lately: somebody's first list goes before another's tenth.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from verify.files.turns import Allowance


class Lane:
    """A queue of slices. What a client has had wears off as its worker-seconds do."""

    def __init__(self) -> None:
        self._had = Allowance()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._taken = False

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """The client's next slice, once it is its turn."""
        if self._taken:
            await self._wait(client)
        self._taken = True
        begun = time.perf_counter()
        try:
            yield
        finally:
            self._had.spend(client, time.perf_counter() - begun)
            self._pass_on()

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

    def _pass_on(self) -> None:
        """Gives the turn to who has had least, of those the first comer."""
        self._waiting = [place for place in self._waiting if not place[1].cancelled()]
        self._taken = bool(self._waiting)
        if self._waiting:
            place = min(self._waiting, key=lambda place: self._had.had(place[0]))
            self._waiting.remove(place)
            place[1].set_result(None)
