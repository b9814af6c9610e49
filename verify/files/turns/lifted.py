"""Whose job that gave way has a small share of a processor all the same, so that nobody's is starved (ADR 51)."""

import math
from collections.abc import Callable, Sequence
from typing import Final

from verify.files.turns.allowance import Allowance
from verify.files.turns.one_turn import Turn

SLICE: Final = 1.0
"""Seconds for which one is lifted before another may be."""
_RATE: Final = 0.02
"""Seconds of a processor that wear off in a second."""


class Lifted:
    """One job at a time: of those that gave way the one whose client has had least of processors.

    So somebody's expensive file waits until each other client there has had as much of this share as it has, and not
    until a processor rests: with ``n`` others, a file that takes ``w`` slices has them among (n + 1) * (w + 1).
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._ran = Allowance(math.inf, _RATE, clock=clock)
        self._clock = clock
        self._one: Turn | None = None
        self._until = 0.0

    def ended(self, turn: Turn) -> None:
        """One job is done, or was ended."""
        self._ran.spend(turn.client, turn.ran())
        if turn is self._one:
            turn.lift(up=False)
            self._one = None

    def choose(self, running: Sequence[Turn]) -> bool:
        """Lifts the next where it is time; whether more than one wants to be."""
        gave_way = [turn for turn in running if turn.gave_way]
        if gave_way and (self._one is None or self._clock() >= self._until):
            had = {client: self._had(client, running) for client in {turn.client for turn in gave_way}}
            chosen = min(gave_way, key=lambda turn: had[turn.client])
            if chosen is not self._one:
                if self._one is not None:
                    self._one.lift(up=False)
                chosen.lift(up=True)
            self._one, self._until = chosen, self._clock() + SLICE
        return len(gave_way) > 1

    def _had(self, client: str, running: Sequence[Turn]) -> float:
        return self._ran.had(client) + sum(turn.ran() for turn in running if turn.client == client)
