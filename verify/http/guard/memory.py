"""What the processes of one service remember for a while: spent proofs, failed searches, wrong names.

Nothing personal is kept: keys and members are keyed hashes (see Proofs, NamesTried, LookupsTried), and all of it is
forgotten after its time. A key is KIND:HASH; each kind has a table of its own, so that none can be used to make
another forget, and a full table forgets its oldest key.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from verify.core.making_room import make_room


class Count(msgspec.Struct, frozen=True):
    """One count that a try must pass: fewer than ``most`` members of ``key``; and the member that it would add."""

    key: str
    member: str | None
    most: int


class Memory(Protocol):
    """Sets with a time to live. Calls may be concurrent and are shared by every process that has the same memory."""

    async def note(self, key: str, member: str, seconds: int, now: float) -> bool:
        """Adds a member, and says whether it is new. The first member of a key begins its time of ``seconds``."""
        ...

    async def tallies(self, keys: Sequence[str], now: float) -> list[int]:
        """How many different members each key has."""
        ...

    async def admit(self, tries: Sequence[tuple[Count, ...]], seconds: int, now: float) -> list[bool]:
        """For each try, in order and each in one step that nothing comes between, whether it passes all its counts.

        The members of one that passes are noted; of one that does not, none is. All tries have as many counts, each
        in its place of one kind.
        """
        ...


def kind_of(key: str) -> str:
    """The table that a key belongs to."""
    return key.partition(":")[0]


class LocalMemory:
    """A memory of this process alone, of at most ``most`` keys of each kind."""

    def __init__(self, most: int = 100_000) -> None:
        self._most = most
        self._tables: dict[str, dict[str, tuple[float, set[str]]]] = {}

    async def note(self, key: str, member: str, seconds: int, now: float) -> bool:
        """See Memory."""
        members = self._members(key, now)
        if members is not None:
            new = member not in members
            members.add(member)
            return new
        table = self._tables.setdefault(kind_of(key), {})
        table.pop(key, None)  # whose time was over: the table stays in the order in which keys began
        make_room(table, self._most)
        table[key] = now + seconds, {member}
        return True

    async def tallies(self, keys: Sequence[str], now: float) -> list[int]:
        """See Memory."""
        return [len(self._members(key, now) or ()) for key in keys]

    async def admit(self, tries: Sequence[tuple[Count, ...]], seconds: int, now: float) -> list[bool]:
        """See Memory. Nothing here waits, so nothing comes between."""
        admitted = []
        for counts in tries:
            passes = all(len(self._members(count.key, now) or ()) < count.most for count in counts)
            admitted.append(passes)
            for count in counts:
                if passes and count.member is not None:
                    await self.note(count.key, count.member, seconds, now)
        return admitted

    def _members(self, key: str, now: float) -> set[str] | None:
        until, members = self._tables.get(kind_of(key), {}).get(key, (0.0, None))
        return members if until > now else None
