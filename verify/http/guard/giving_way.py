"""Who has asked much gives way: while others ask, their requests begin one after another, in turns of the clients.

An allowance keeps what one client may ask in a minute; it does not keep ten of them from asking it all at once. Whoever
has used a quarter of a burst waits here for those who have not. Where nobody else asks, nobody waits.
"""

import asyncio
from collections import deque
from typing import Final

from verify.http.guard.limits import RATES, Budget, Taken

_MUCH: Final = 4
"""The part of a burst, as one over this, beyond which a client's requests give way."""
_APART: Final = 0.025
"""Seconds between two requests that gave way, while others ask."""
_LATELY: Final = 1.0
"""Seconds for which somebody who asked little counts as asking."""
MOST: Final = 64
"""Requests of one client that wait; further ones are not waited for, but refused."""


class GivingWay:
    """The requests of one process that wait for others to be answered."""

    def __init__(self, apart: float = _APART, lately: float = _LATELY) -> None:
        self._apart = apart
        self._lately = lately
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._others_until = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, client: str, budget: Budget, taken: Taken) -> bool:
        """Waits for the request's turn, by what is left of the client's allowance; False where too many wait."""
        if taken.wait == 0 and taken.left * _MUCH >= RATES[budget].burst * (_MUCH - 1):
            self._others_until = asyncio.get_running_loop().time() + self._lately
            return True
        mine = self._waiting.setdefault(client, deque())
        if len(mine) >= MOST:
            return False
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        mine.append(turn)
        if self._timer is None:
            self._look_again()
        await turn
        return True

    def _look_again(self) -> None:
        loop = asyncio.get_running_loop()
        pause = self._apart if loop.time() < self._others_until else 0.0
        self._timer = loop.call_later(pause, self._pass_on)

    def _pass_on(self) -> None:
        """Lets the next client's first request begin, and looks again where more wait."""
        self._timer = None
        while self._waiting:
            client, mine = next(iter(self._waiting.items()))
            del self._waiting[client]
            while mine and mine[0].done():  # its asker went away
                mine.popleft()
            if not mine:
                continue
            mine.popleft().set_result(None)
            if mine:
                self._waiting[client] = mine  # behind all others
            break
        if self._waiting:
            self._look_again()
