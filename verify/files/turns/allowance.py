"""The worker-seconds that a client may have, and what it has had."""

import heapq
import math
import time
from collections.abc import Callable
from typing import Final

BURST: Final = 60.0
"""Worker-seconds that one client may have had before it is told to wait."""
RATE: Final = 0.2
"""Worker-seconds that wear off in a second."""


class Spent(Exception):
    """A client has had, or has waiting, all that it may for now; ``wait`` is in whole seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__("the client's allowance is spent")
        self.wait = wait


class Allowance:
    """The worker-seconds that each client has had, as the time at which they have worn off (GCRA).

    Of more than ``most`` clients those are forgotten that were to be forgotten soonest, one for each that comes: a
    full table is never looked through.
    """

    def __init__(
        self,
        burst: float = BURST,
        rate: float = RATE,
        *,
        most: int = 100_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._rate = rate
        self._most = most
        self.clock = clock
        self._whole_at: dict[str, float] = {}
        self._soonest: list[tuple[float, str]] = []
        """A heap of the same, once each; what a client had since it was put there is put right when it comes first."""

    def had(self, client: str) -> float:
        """Seconds of work that have not worn off."""
        return max(0.0, self._whole_at.get(client, 0.0) - self.clock()) * self._rate

    def spend(self, client: str, seconds: float) -> None:
        """Notes that workers spent these seconds on the client's file."""
        now = self.clock()
        before = self._whole_at.get(client)
        whole_at = max(now, before or now) + seconds / self._rate
        if before is None:
            self._make_room(now)
            heapq.heappush(self._soonest, (whole_at, client))
        self._whole_at[client] = whole_at

    def _make_room(self, now: float) -> None:
        """Forgets the first where there is no room for another, and the next where its time is over too."""
        for most, until in ((self._most, math.inf), (1, now)):
            while len(self._soonest) >= most:
                noted, client = self._soonest[0]
                if noted > until:
                    break
                whole_at = self._whole_at[client]
                if whole_at > noted:  # once for each time that it had more
                    heapq.heapreplace(self._soonest, (whole_at, client))
                    continue
                heapq.heappop(self._soonest)
                del self._whole_at[client]
                break

    def check(self, client: str) -> None:
        """Raises Spent where the client has had all that it may for now."""
        over = self.had(client) - self._burst
        if over >= 0:
            raise Spent(int(over / self._rate) + 1)
