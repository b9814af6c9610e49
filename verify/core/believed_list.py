"""Pass lists as answers rest on them: genuine and believed, without their rows' names, and small enough to keep.

A value of these classes comes from the list's statement and the keyring alone. A reader of the registry may keep
GenuineLists by digest, for as long as it likes; whether one is believed at its place is asked anew, and costs nothing.
"""

import array
import bisect
from typing import Final, Self, final

import msgspec

from verify.core import signed
from verify.core.chain import Chain
from verify.core.keyring import Key, Keyring
from verify.core.pass_list import PassList
from verify.core.signed import Genuine

_SHORT: Final = 16
_HALF: Final = 8
_SEAL: Final = object()


@final
class GenuineList:
    """A well-formed pass list that a certificate key of its programme signed, whenever that was."""

    __slots__ = ("_firsts", "_seconds", "digest", "head", "key", "people")

    def __init__(self, source: Genuine[PassList]) -> None:
        rows = source.content.rows
        self.head: Final = msgspec.structs.replace(source.content, rows=())
        """All that it says but its rows."""
        self.people: Final = len(rows)
        """How many rows it has."""
        self.digest: Final = source.digest
        """SHA-256 of the statement, 32 bytes."""
        self.key: Final = source.key
        """The entry of the key that signed it, in the keyring that it was found with."""
        shorts = sorted(row.certificate for row in rows if row.certificate is not None)
        # Each by its two halves as numbers: bisect compares these without a call of Python for each step.
        self._firsts = array.array("Q", (int.from_bytes(short[:_HALF]) for short in shorts))
        self._seconds = array.array("Q", (int.from_bytes(short[_HALF:]) for short in shorts))

    @classmethod
    def of(cls, data: bytes, keyring: Keyring) -> Self:
        """The list that a statement's bytes hold: a second for 100,000 rows. Raises NotBelieved."""
        return cls(signed.genuine(PassList, data, keyring))

    @property
    def size(self) -> int:
        """About how many bytes it takes to keep."""
        return 2_000 + _SHORT * len(self._firsts)

    def names(self, short: bytes) -> bool:
        """Whether a row names the certificate whose SHA-256 begins with these 16 bytes."""
        first, second = int.from_bytes(short[:_HALF]), int.from_bytes(short[_HALF:])
        place = bisect.bisect_left(self._firsts, first)
        while place < len(self._firsts) and self._firsts[place] == first:
            if self._seconds[place] == second:
                return True
            place += 1
        return False

    def shorts(self) -> tuple[bytes, ...]:
        """The certificates that its rows name, by the first 16 bytes of their SHA-256, in the order of these."""
        return tuple(
            first.to_bytes(_HALF) + second.to_bytes(_HALF)
            for first, second in zip(self._firsts, self._seconds, strict=True)
        )

    def at(self, index: int, chain: Chain) -> "BelievedList":
        """The list, believed at this log index. Raises NotBelieved."""
        key = signed.current(self.key, chain)
        signed.check_place(key, chain, index)
        return BelievedList(self, key, index, seal=_SEAL)


@final
class BelievedList:
    """A pass list that is believed at its place in the log. Only a GenuineList makes one."""

    __slots__ = ("index", "key", "list")

    def __init__(self, source: GenuineList, key: Key, index: int, *, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a believed list comes from its statement alone")
        self.list: Final = source
        self.key: Final = key
        """The entry of the key that signed it, in the keyring in force."""
        self.index: Final = index
        """Its log index."""

    @classmethod
    def of(cls, data: bytes, index: int, chain: Chain) -> "BelievedList":
        """The list that the statement at this log index holds. Raises NotBelieved."""
        return GenuineList.of(data, chain.newest).at(index, chain)

    @property
    def head(self) -> PassList:
        """All that it says but its rows."""
        return self.list.head

    def names(self, short: bytes) -> bool:
        """Whether a row names the certificate whose SHA-256 begins with these 16 bytes."""
        return self.list.names(short)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BelievedList) and (self.list.digest, self.index) == (other.list.digest, other.index)

    def __hash__(self) -> int:
        return hash((self.list.digest, self.index))

    def __repr__(self) -> str:
        return f"BelievedList({self.head.exam}, {self.head.stage} {self.head.revision} at {self.index})"
