"""A stranger's bytes piece by piece, as they came: who hands them on never copies megabytes in one call.

Such a call takes a millisecond for each megabyte, in which an event loop answers nobody; and whoever holds pieces holds
them once.
"""

from collections.abc import Iterable, Iterator
from typing import Final

PIECE: Final = 64 << 10
"""Bytes of the longest piece."""


class Pieces:
    """Bytes, in their order."""

    def __init__(self, data: Iterable[bytes] = ()) -> None:
        self._pieces: list[bytes] = []
        self._length = 0
        for some in data:
            self.add(some)

    def __len__(self) -> int:
        """Bytes in all."""
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        """Each piece, none of them empty or longer than PIECE."""
        return iter(self._pieces)

    def add(self, data: bytes) -> None:
        """Adds what comes next."""
        self._length += len(data)
        if 0 < len(data) <= PIECE:
            self._pieces.append(data)
        else:
            self._pieces += (data[begin : begin + PIECE] for begin in range(0, len(data), PIECE))

    def beginning(self, most: int) -> bytes:
        """The first ``most`` bytes, or all where they are fewer."""
        some: list[bytes] = []
        for piece in self._pieces:
            if most <= 0:
                break
            some.append(piece[:most])
            most -= len(piece)
        return b"".join(some)

    def whole(self) -> bytes:
        """All in one: for a reader, or for what is known to be small."""
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
