"""The worker-seconds that a client may have, and what it has had."""

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

    Of more than ``most`` clients those are forgotten that were to be forgotten soonest.
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

    def had(self, client: str) -> float:
        """Seconds of work that have not worn off."""
        return max(0.0, self._whole_at.get(client, 0.0) - self.clock()) * self._rate

    def spend(self, client: str, seconds: float) -> None:
        """Notes that workers spent these seconds on the client's file."""
        now = self.clock()
        self._whole_at[client] = max(now, self._whole_at.get(client, now)) + seconds / self._rate
        if len(self._whole_at) > self._most:
            kept = sorted(self._whole_at.items(), key=lambda item: item[1])[-(self._most // 2) :]
            self._whole_at = {key: whole_at for key, whole_at in kept if whole_at > now}

    def check(self, client: str) -> None:
        """Raises Spent where the client has had all that it may for now."""
        over = self.had(client) - self._burst
        if over >= 0:
            raise Spent(int(over / self._rate) + 1)
