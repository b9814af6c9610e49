"""Plain HTTP over a socket of one's own address, for the hostile benchmark."""

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable
from typing import Final

import msgspec

_TIMESTAMPNS: Final = 35
"""SO_TIMESTAMPNS of Linux (socket(7)), which Python 3.11 has no name for: the kernel says when what is read came."""
_WHEN: Final = struct.Struct("qq")
_PIECE: Final = 1 << 16
_ROOM: Final = 64
"""Bytes for what the kernel says beside it."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the service listens."""

    host: str
    port: int


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer and the seconds until its last byte had come; status 0 where there was none."""

    status: int
    body: bytes = b""
    seconds: float = 0.0


def request(method: str, path: str, body: bytes = b"", media_type: str = "application/json") -> bytes:
    """A whole request, after whose answer the connection ends."""
    head = f"{method} {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\naccept: */*\r\n"
    if method == "POST":
        head += f"content-type: {media_type}\r\ncontent-length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def form(data: bytes, name: str) -> tuple[bytes, str]:
    """A file as multipart/form-data, and its media type."""
    head = f'--b\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"


async def ask(place: Place, source: str, data: bytes, patience: float = 30.0) -> Reply:
    """Sends a request from an address of this machine and reads its answer."""
    begun = time.perf_counter()
    writer = None
    try:
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(place.host, place.port, local_addr=(source, 0))
            writer.write(data)
            answer = await reader.read(-1)
    except (OSError, TimeoutError):
        answer = b""
    finally:
        if writer is not None:
            writer.transport.abort()
    return _reply(answer, time.perf_counter() - begun)


async def ask_apart(place: Place, source: str, data: bytes, patience: float = 30.0) -> Reply:
    """The same for who stands for a machine of its own, whose program would have nothing else to do.

    It shares its process and the measured processors with a hundred others. So its question goes out together with the
    connection, and the seconds end when the last byte came to its wire, as the kernel noted (SO_TIMESTAMPNS), not when
    the program came to read it.
    """
    answer, begun, came = b"", time.time_ns(), 0
    with contextlib.suppress(OSError, TimeoutError), socket.socket() as wire:
        wire.setblocking(False)
        wire.bind((source, 0))
        wire.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)
        begun = time.time_ns()
        async with asyncio.timeout(patience):
            wire.connect_ex((place.host, place.port))  # on this machine it is made when this returns
            await _send(wire, data)
            while True:
                try:
                    piece, told, _, _ = wire.recvmsg(_PIECE, _ROOM)
                except BlockingIOError:
                    await _ready(wire, asyncio.get_running_loop().add_reader, asyncio.get_running_loop().remove_reader)
                    continue
                if not piece:
                    break
                answer, came = answer + piece, _noted(told)
    return _reply(answer, ((came or time.time_ns()) - begun) / 1e9)


async def _send(wire: socket.socket, data: bytes) -> None:
    loop = asyncio.get_running_loop()
    while data:
        try:
            data = data[wire.send(data) :]
        except BlockingIOError:  # there is no room yet, or no connection
            await _ready(wire, loop.add_writer, loop.remove_writer)


async def _ready(wire: socket.socket, watch: Callable[..., None], leave: Callable[[int], object]) -> None:
    """Waits until the loop sees that a wire may be read or written."""
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    descriptor = wire.fileno()
    watch(descriptor, lambda: None if ready.done() else ready.set_result(None))
    try:
        await ready
    finally:
        leave(descriptor)


def _noted(told: list[tuple[int, int, bytes]]) -> int:
    """When what was read came, in nanoseconds since 1970, by the kernel's note; now where it made none."""
    for level, kind, when in told:
        if (level, kind) == (socket.SOL_SOCKET, _TIMESTAMPNS):
            seconds, nanoseconds = _WHEN.unpack(when)
            return int(seconds * 10**9 + nanoseconds)
    return time.time_ns()


def _reply(answer: bytes, seconds: float) -> Reply:
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        body = _unchunked(body)
    status = int(head[9:12]) if head[9:12].isdigit() else 0
    return Reply(status=status, body=body, seconds=seconds)


def _unchunked(data: bytes) -> bytes:
    whole = b""
    with contextlib.suppress(ValueError):
        while data:
            size, _, data = data.partition(b"\r\n")
            length = int(size, 16)
            whole, data = whole + data[:length], data[length + 2 :]
    return whole
