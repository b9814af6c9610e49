"""When a job goes on that is not short: always where those who answer have little to do.

Or else one at a time, the first that began; and of those that gave way in windows, one job each.

Whoever runs at lower priority still has turns at a processor that others want, a tick of the kernel's each, whenever
it has just had nothing (EEVDF); and in a control group it uses up what the whole group has. Who is stopped has none of
either (ADR 65).
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

from verify.files.turns.allowance import Allowance
from verify.files.turns.one_turn import Turn

PERIOD: Final = 200
"""Milliseconds from the beginning of a window to that of the next: the same for all kinds of readers."""
OPEN: Final = 10
"""Milliseconds of a window."""
SLICE: Final = 1.0
"""Seconds for which one has the windows before another may."""
_RATE: Final = 0.02
"""Seconds of a processor that wear off in a second."""


class Windows:
    """Whose windows they are: of those that gave way the job whose client has had least of processors.

    So somebody's expensive file waits until each other client there has had as much of them as it has, and not until a
    processor rests: with ``n`` others, a file that takes ``w`` slices has them among (n + 1) * (w + 1).
    """

    def __init__(self, clock: Callable[[], float], busy: Callable[[], bool]) -> None:
        self._ran = Allowance(math.inf, _RATE, clock=clock)
        self._clock = clock
        self._busy = busy
        self._one: Turn | None = None
        self._until = 0.0

    def ended(self, turn: Turn) -> None:
        """One job is done, or was ended."""
        self._ran.spend(turn.client, turn.ran())
        if turn is self._one:
            self._one = None

    def settle(self, running: Sequence[Turn]) -> float | None:
        """Has each job that is not short go on or stand still; the seconds until the next look, None for never."""
        gave_way = [turn for turn in running if turn.gave_way]
        longer = [turn for turn in running if not (turn.gave_way or turn.short)]
        if not gave_way and not longer:
            return None
        now = self._clock()
        at, left, going = round(now * 1000) % PERIOD, PERIOD, gave_way + longer
        if self._busy():
            going = longer[:1]
            if gave_way:
                going += [self._whose(gave_way, running, now)] if at < OPEN else []
                left = (OPEN if at < OPEN else PERIOD) - at
        for turn in gave_way + longer:
            turn.go_on(turn in going)
        return left / 1000

    def _whose(self, gave_way: Sequence[Turn], running: Sequence[Turn], now: float) -> Turn:
        if self._one is None or now >= self._until:
            had = {client: self._had(client, running) for client in {turn.client for turn in gave_way}}
            self._one, self._until = min(gave_way, key=lambda turn: had[turn.client]), now + SLICE
        return self._one

    def _had(self, client: str, running: Sequence[Turn]) -> float:
        return self._ran.had(client) + sum(turn.ran() for turn in running if turn.client == client)
