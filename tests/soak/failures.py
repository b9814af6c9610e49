"""What went wrong, and which of it a mishap of the same moment excuses. Nothing excuses a wrong answer."""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

Kind = Literal["wrong", "cut", "unavailable", "unread"]
"""An answer that is not true; a connection that broke; 503 for want of a database; a file that could not be read."""
EXCUSES: Final[dict[str, frozenset[Kind]]] = {
    "a worker killed": frozenset({"cut"}),
    "the keeper killed": frozenset({"unread"}),
    "the database down": frozenset({"unavailable"}),
}


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One question that got no good answer, from when to when it was asked (time.monotonic)."""

    kind: Kind
    what: str
    begun: float
    ended: float


class Failures:
    """All of them, and the mishaps."""

    def __init__(self) -> None:
        self.found: list[Failure] = []
        self.answers: Counter[str] = Counter()
        """Good ones, by what was asked."""
        self.excused: Counter[str] = Counter()
        self._mishaps: list[tuple[str, float, float]] = []
        self._start = time.monotonic()

    def failed(self, kind: Kind, what: str, begun: float) -> None:
        """Notes a question of ``begun`` that just now came to no good answer."""
        self.found.append(Failure(kind=kind, what=what, begun=begun, ended=time.monotonic()))

    @contextlib.contextmanager
    def during(self, mishap: str) -> Iterator[None]:
        """A mishap, until the service is whole again: what EXCUSES has of it is excused meanwhile."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self._mishaps.append((mishap, begun, time.monotonic()))

    def left(self) -> list[Failure]:
        """Those that nothing excuses."""
        left = []
        for one in self.found:
            excuse = next(
                (name for name, begun, ended in self._mishaps if self._excuses(name, begun, ended, one)), None
            )
            if excuse is None:
                left.append(one)
            else:
                self.excused[f"{one.kind}: {excuse}"] += 1
        return left

    def told(self, one: Failure) -> str:
        """What it was, and when, beside the mishap before it."""
        before = [(name, begun, ended) for name, begun, ended in self._mishaps if begun <= one.ended]
        name, begun, ended = before[-1] if before else ("the start", self._start, self._start)
        return (
            f"{one.kind}: {one.what}, from {one.begun - begun:.1f} to {one.ended - begun:.1f} s after {name} began, "
            f"which took {ended - begun:.1f} s"
        )

    @staticmethod
    def _excuses(name: str, begun: float, ended: float, one: Failure) -> bool:
        return one.kind in EXCUSES.get(name, ()) and one.begun <= ended and one.ended >= begun
