"""Whether those who answer have much to do, so that what is not urgent stands back (ADR 65)."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from verify.files.confinement import kernel

MUCH: Final = 0.2
"""Of its time, what an answering process runs or waits for a processor, on average, when it has much to do."""
_LOOK: Final = 0.2
"""Seconds after which it is looked at again..."""
_STALE: Final = 1.0
"""...and after which what was seen says nothing."""


class Busyness:
    """Asked, says whether the processes that were met have much to do.

    Until they have been looked at twice, that they have; where the system does not tell, that they have not.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._met: Counter[int] = Counter()
        self._wanted: dict[int, float] = {}
        self._at = -_STALE
        self._much = True

    def met(self, pid: int) -> None:
        """A process answers."""
        self._met[pid] += 1

    def left(self, pid: int) -> None:
        """It does not any more, where it was met once."""
        self._met[pid] -= 1
        self._met += Counter()  # without those of which none is left

    def __call__(self) -> bool:
        """Whether they have much to do."""
        now = self._clock()
        if (passed := now - self._at) >= _LOOK:
            wanted = _wanted(self._met)
            more = [seconds - self._wanted[pid] for pid, seconds in wanted.items() if pid in self._wanted]
            self._much = bool(wanted) and (passed > _STALE or not more or sum(more) > MUCH * passed * len(more))
            self._wanted, self._at = wanted, now
        return self._much


def _wanted(pids: Counter[int]) -> dict[int, float]:
    """Seconds that each has run or waited for a processor, of those of which the system tells."""
    found = {}
    for pid in filter(None, pids):
        try:
            found[pid] = kernel.wanted(pid)
        except OSError:
            continue
    return found
