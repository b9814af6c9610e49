"""One answer on its way out: its ETag, its headers, and what HEAD, OPTIONS and If-None-Match leave of it."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from litestar.types import Message, Send

_PAGE_POLICY: Final = (
    b"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    b"worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_DATA_POLICY: Final = b"default-src 'none'; frame-ancestors 'none'"
PIECE: Final = 256 << 10
"""Bytes of a body that are sent in one go."""


class Answer:
    """What is sent on behalf of one request."""

    def __init__(
        self,
        send: Send,
        headers: Sequence[tuple[bytes, bytes]],
        method: str,
        known: bytes,
        pace: Callable[[], Awaitable[None]],
    ) -> None:
        self._send = send
        self._headers = headers
        self._pace = pace
        """Waits before each piece of a large body."""
        self._bare = method == "HEAD"
        self._options = method == "OPTIONS"
        self._known = known
        self._held: Any = None
        """The start of a public answer, until its whole body is there to make an ETag of."""
        self.status = 0
        self.sent = 0
        """Bytes of its body."""

    async def send(self, message: Message) -> None:
        """Passes on one ASGI message."""
        if message["type"] == "http.response.start":
            present = {name.lower(): value for name, value in message["headers"]}
            if _may_be_tagged(message["status"], present):
                self._held = message
            else:
                await self._send(self._start(message, present))
            return
        if self._held is not None:
            held, self._held = self._held, None
            if not message.get("more_body", False):
                body: Any = message.get("body", b"")
                tag = hashlib.sha256(body).hexdigest()[:24]
                held = {**held, "headers": [*held["headers"], (b"etag", f'"{tag}"'.encode())]}
            await self._send(self._start(held, {name.lower(): value for name, value in held["headers"]}))
        if not self._bare:
            await self._send_body(message)
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_body(self, message: Any) -> None:
        """Sends what there is of a body, so that a large one is written, and kept for a slow reader, piece by piece."""
        body, more = message.get("body", b""), message.get("more_body", False)
        self.sent += len(body)
        if len(body) <= PIECE:
            await self._send(message)
            return
        for begin in range(0, len(body), PIECE):
            await self._pace()
            end = begin + PIECE
            piece: Any = {**message, "body": body[begin:end], "more_body": more or end < len(body)}
            await self._send(piece)

    def _start(self, message: Any, present: Mapping[bytes, bytes]) -> Any:
        headers = [*message["headers"], *[pair for pair in self._headers if pair[0] not in present]]
        if b"content-security-policy" not in present:
            is_page = present.get(b"content-type", b"").startswith(b"text/html")
            headers.append((b"content-security-policy", _PAGE_POLICY if is_page else _DATA_POLICY))
        if b"cache-control" not in present:
            headers.append((b"cache-control", b"no-store"))
        if b"allow" in present:
            headers = [(name, _with_head(value) if name.lower() == b"allow" else value) for name, value in headers]
        self.status = message["status"]
        etag = present.get(b"etag")
        if self.status == 200 and etag is not None and matches(self._known, etag):
            self.status = 304
        elif self.status == 405 and self._options:
            self.status = 204
        if self.status in (204, 304):
            self._bare = True
            headers = [pair for pair in headers if pair[0].lower() not in (b"content-length", b"content-type")]
        return {**message, "status": self.status, "headers": headers}


def _may_be_tagged(status: int, headers: Mapping[bytes, bytes]) -> bool:
    """Whether an answer is public, whole and without an ETag yet."""
    return status == 200 and headers.get(b"cache-control", b"").startswith(b"public") and b"etag" not in headers


def _with_head(allow: bytes) -> bytes:
    """An Allow header that owns up to HEAD."""
    methods = {method.strip() for method in allow.decode("latin-1").split(",")}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set()))).encode("latin-1")


def matches(header: bytes, etag: bytes) -> bool:
    """Whether If-None-Match, empty for none, names the ETag, by the weak comparison (RFC 9110 section 13.1.2)."""
    tags = [tag.strip().removeprefix(b"W/") for tag in header.split(b",")]
    return b"*" in tags or etag.removeprefix(b"W/") in tags
