"""What the processes of a service say to its keeper and hear from it: frames of MessagePack on a UNIX socket.

A frame is a length of 4 bytes, big-endian, and a message. A question has a number, which its answer repeats; a notice
has none and is not answered.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from verify.files.jobs import Answer, Job, Reads
from verify.http.guard.memory import Count

MOST: Final = 80 << 20
"""Bytes of a frame: a reader's longest answer, and something around it."""


class Note(msgspec.Struct, frozen=True, tag=True):
    """See Memory.note."""

    key: str
    member: str
    seconds: int
    now: float


class Tallies(msgspec.Struct, frozen=True, tag=True):
    """See Memory.tallies."""

    keys: tuple[str, ...]
    now: float


class Admit(msgspec.Struct, frozen=True, tag=True):
    """See Memory.admit."""

    tries: tuple[tuple[Count, ...], ...]
    seconds: int
    now: float


class Confined(msgspec.Struct, frozen=True, tag=True):
    """How the readers of this kind are confined, once one has started; see confinement.layers.Report."""

    reads: Reads


class Read(msgspec.Struct, frozen=True, tag=True):
    """A stranger's file to be read; see Workers.run. Its data came before it, in pieces."""

    reads: Reads
    client: str
    job: Job


class Piece(msgspec.Struct, frozen=True, tag=True):
    """Some of the data of the file whose question comes with the same number, in their order."""

    data: bytes


class Forget(msgspec.Struct, frozen=True, tag=True):
    """Nobody waits for the answer to that question any more."""

    number: int


class Connected(msgspec.Struct, frozen=True, tag=True):
    """Connections that began and ended, by the addresses that they are counted by."""

    met: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


Message = Note | Tallies | Admit | Confined | Read | Piece | Forget | Connected


class Asked(msgspec.Struct, frozen=True):
    """A question, or a notice where it has no number."""

    message: Message
    number: int | None = None


class Later(msgspec.Struct, frozen=True, tag=True):
    """The client has had all that it may for now; see turns.Spent."""

    wait: int


FileAnswer = Answer | Later


class Told(msgspec.Struct, frozen=True):
    """The answer to a question; or, without a number, addresses each of which is to give one connection up."""

    value: msgspec.Raw
    number: int | None = None


def frame(value: Any) -> bytes:
    """A message as it is sent."""
    data = msgspec.msgpack.encode(value)
    return struct.pack(">I", len(data)) + data


async def frames(source: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """What comes, until the other end closes or breaks off. Raises OSError."""
    while True:
        try:
            (length,) = struct.unpack(">I", await source.readexactly(4))
            if length > MOST:
                raise ConnectionError("a frame too long")
            yield await source.readexactly(length)
        except asyncio.IncompleteReadError:
            return
