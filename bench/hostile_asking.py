"""Plain HTTP over a socket of one's own address, for the hostile benchmark."""

import asyncio
import contextlib
import time

import msgspec


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where the service listens."""

    host: str
    port: int


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer and the seconds until its last byte; status 0 where there was none."""

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
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        body = _unchunked(body)
    status = int(head[9:12]) if head[9:12].isdigit() else 0
    return Reply(status=status, body=body, seconds=time.perf_counter() - begun)


def _unchunked(data: bytes) -> bytes:
    whole = b""
    with contextlib.suppress(ValueError):
        while data:
            size, _, data = data.partition(b"\r\n")
            length = int(size, 16)
            whole, data = whole + data[:length], data[length + 2 :]
    return whole
