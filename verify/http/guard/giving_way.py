"""Who asks often gives way: while others ask, their requests begin one after another, in turns of the clients.

An allowance keeps what one client may ask in a minute; it does not keep ten of them from asking all of it beside each
other, when whoever asks once waits for a processor behind them. Who asks more often than a person does waits here for
those who do not, a moment each (ADR 65). Where nobody else asks, nobody waits.
"""

import asyncio
from collections import deque
from typing import Final

from verify.files.turns.allowance import Allowance
from verify.http.guard.limits import Taken

_OFTEN: Final = 20
"""Requests of one client to this process that have not worn off, beyond which further ones give way..."""
_WEAR: Final = 2.0
"""...of which so many do in a second: a person opens a page, or checks a handful of certificates."""
_AS_ONE: Final = 64 << 10
"""Bytes of a body or an answer that count as one more..."""
_AT_MOST: Final = 20
"""...and how many they count as at most: after its one large file a client gives way for no more than a while."""
_APART: Final = 0.1
"""Seconds between two requests that gave way, while others ask."""
_LATELY: Final = 1.0
"""Seconds for which somebody who does not ask often counts as asking."""
MOST: Final = 64
"""Requests of one client that wait; further ones are not waited for, but refused."""


def _counts(size: int) -> int:
    """How many requests that many bytes count as, beside the one that they are of."""
    return min(size // _AS_ONE, _AT_MOST)


class GivingWay:
    """The requests of one process that wait for others to be answered."""

    def __init__(self, apart: float = _APART, lately: float = _LATELY) -> None:
        self._apart = apart
        self._lately = lately
        self._asked = Allowance(rate=_WEAR)
        """Of requests, in place of seconds."""
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._seldom: dict[str, float] = {}
        """Who does not ask often, and until when that counts: the last of them, and the last other than that."""
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, client: str, taken: Taken, size: int = 0) -> bool:
        """Waits for the turn of a request for which ``taken`` was, with ``size`` bytes to come; False for too many.

        Where nothing is counted (YINJIAN_RATE_LIMITS=off) none does.
        """
        had = self._asked.had(client)
        self._asked.spend(client, 1 + _counts(size))
        if taken.whole_in == 0 or had + 1 <= _OFTEN:
            self._note(client)
            return True
        if not self._waiting and not self._others_than(client):
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

    def sent(self, client: str, size: int) -> None:
        """Counts an answer of ``size`` bytes like what is sent to us."""
        if size >= _AS_ONE:
            self._asked.spend(client, _counts(size))

    def _note(self, client: str) -> None:
        self._seldom.pop(client, None)
        if len(self._seldom) > 1:
            del self._seldom[next(iter(self._seldom))]
        self._seldom[client] = asyncio.get_running_loop().time() + self._lately

    def _others_than(self, client: str | None = None) -> bool:
        """Whether others than the client ask who do not do so often."""
        now = asyncio.get_running_loop().time()
        return any(until > now for other, until in self._seldom.items() if other != client)

    def _look_again(self) -> None:
        alone = next(iter(self._waiting)) if len(self._waiting) == 1 else None
        pause = self._apart if self._others_than(alone) else 0.0
        self._timer = asyncio.get_running_loop().call_later(pause, self._pass_on)

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
