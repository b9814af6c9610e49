"""Answers that are written and not read: how many bytes of them each address may have, and all together.

Two hundred answers of ten megabytes are made as fast as they are asked for, long before it shows that nobody reads
them: what is not on the wire yet is counted where a transport says that it waits (64 KB and more).
"""

from collections import Counter
from typing import Final, Protocol

OF_ADDRESS: Final = 64 << 20
"""Bytes that one address may have unread in a process; beyond, its oldest such answer ends, unless it has no other."""
IN_ALL: Final = 256 << 20
"""The same of all; beyond, that of the address with most."""


class Reader(Protocol):
    """A connection that is written to faster than it is read."""

    def give_way(self) -> bool:
        """Ends it for another's sake."""


class Unread:
    """What is unread in one process."""

    def __init__(self, of_address: int = OF_ADDRESS, in_all: int = IN_ALL) -> None:
        self._of_address = of_address
        self._in_all = in_all
        self._waiting: dict[Reader, tuple[str, int]] = {}
        self._of: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """Bytes that are counted now."""
        return self._of.total()

    def hold(self, one: Reader, key: str, size: int) -> None:
        """Counts what is unread at one connection of an address; where that is too much, others end for it."""
        self.forget(one)
        self._waiting[one] = key, size
        self._of[key] += size
        while self._of[key] > self._of_address and self._end_one(key, one):
            pass
        while self._of.total() > self._in_all and self._end_one(self._of.most_common(1)[0][0], one):
            pass

    def forget(self, one: Reader) -> None:
        """It was read, or is over."""
        key, size = self._waiting.pop(one, ("", 0))
        self._of[key] -= size
        if self._of[key] <= 0:
            del self._of[key]

    def _end_one(self, key: str, beside: Reader) -> bool:
        for one, (whose, _) in self._waiting.items():
            if whose == key and one is not beside:
                self.forget(one)
                return one.give_way()
        return False
