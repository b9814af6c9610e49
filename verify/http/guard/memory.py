"""What the processes of one service remember for a while: spent proofs, failed searches, wrong names.

Nothing personal is kept: keys and members are keyed hashes (see Proofs and NamesTried), and all of it is
forgotten after its time.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Protocol

import msgspec


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How many different members a key has, and the seconds until it is forgotten."""

    size: int = 0
    left: int = 0


class Memory(Protocol):
    """Sets with a time to live. Calls may be concurrent and are shared by every process that has the same memory."""

    async def note(self, key: str, member: str, seconds: int, now: float) -> bool:
        """Adds a member, and says whether it is new. The first member of a key begins its time of ``seconds``."""
        ...

    async def tally(self, key: str, now: float) -> Tally:
        """How much is noted under a key."""
        ...

    async def admit(self, tries: Sequence[tuple[str, str | None]], most: int, seconds: int, now: float) -> list[int]:
        """For each key with its member, in order and in one step that nothing comes between: 0 where fewer than
        ``most`` members are noted, and the member, unless None, is noted now; or else the seconds until the key
        is forgotten, at least 1.
        """
        ...


class LocalMemory:
    """A memory of this process alone, of at most ``most`` keys."""

    def __init__(self, most: int = 200_000) -> None:
        self._most = most
        self._sets: dict[str, tuple[float, set[str]]] = {}

    async def note(self, key: str, member: str, seconds: int, now: float) -> bool:
        """See Memory."""
        until, members = self._sets.get(key, (0.0, set()))
        if until <= now:
            if len(self._sets) >= self._most:
                self._forget(now)
            self._sets[key] = now + seconds, {member}
            return True
        new = member not in members
        members.add(member)
        return new

    async def tally(self, key: str, now: float) -> Tally:
        """See Memory."""
        until, members = self._sets.get(key, (0.0, set()))
        return Tally(size=len(members), left=math.ceil(until - now)) if until > now else Tally()

    async def admit(self, tries: Sequence[tuple[str, str | None]], most: int, seconds: int, now: float) -> list[int]:
        """See Memory."""
        waits = []
        for key, member in tries:
            tally = await self.tally(key, now)
            full = tally.size >= most
            waits.append(max(tally.left, 1) if full else 0)
            if member is not None and not full:
                await self.note(key, member, seconds, now)
        return waits

    def _forget(self, now: float) -> None:
        """Drops what is past its time, or else the older half."""
        self._sets = {key: kept for key, kept in self._sets.items() if kept[0] > now}
        if len(self._sets) >= self._most:
            self._sets = dict(itertools.islice(self._sets.items(), self._most // 2, None))
