"""The connections of all processes, by address: who gives one up where there are too many."""

from collections import Counter, defaultdict
from typing import Final, Generic, TypeVar

P = TypeVar("P")


class Census(Generic[P]):
    """Counts by address and process what the processes tell; see Connections for what each of them bounds alone."""

    def __init__(self, of_address: int, in_all: int) -> None:
        self.of_address: Final = of_address
        self.in_all: Final = in_all
        self.count = 0
        self._of: defaultdict[str, Counter[P]] = defaultdict(Counter)
        self._going: Counter[tuple[str, P]] = Counter()
        """Connections that were told to go, which count no more and are still to be said to have left."""

    def met(self, key: str, process: P) -> tuple[str, P] | None:
        """Counts a connection; the address, and the process of it, that gives one up for that."""
        self._of[key][process] += 1
        self.count += 1
        if self._of[key].total() > self.of_address:
            return self._gives_up(key)
        if self.count > self.in_all:
            heaviest = max(self._of, key=lambda one: self._of[one].total())
            # One that has no more than the newcomer does not make room for it.
            return self._gives_up(heaviest if self._of[heaviest].total() > self._of[key].total() else key)
        return None

    def left(self, key: str, process: P) -> None:
        """Forgets a connection."""
        if not self._going[key, process]:
            self._uncount(key, process)
            return
        self._going[key, process] -= 1
        if not self._going[key, process]:
            del self._going[key, process]

    def lost(self, process: P) -> None:
        """Forgets all of a process that is gone."""
        for key in [key for key, of in self._of.items() if process in of]:
            for _ in range(self._of[key][process]):
                self._uncount(key, process)
        for pair in [pair for pair in self._going if pair[1] == process]:
            del self._going[pair]

    def _gives_up(self, key: str) -> tuple[str, P]:
        process = max(self._of[key], key=self._of[key].__getitem__)
        self._going[key, process] += 1
        self._uncount(key, process)
        return key, process

    def _uncount(self, key: str, process: P) -> None:
        of = self._of.get(key)
        if of is None or of[process] <= 0:
            return
        self.count -= 1
        of[process] -= 1
        if not of[process]:
            del of[process]
        if not of:
            del self._of[key]
