"""Heads of answers, put together from lines that were made before: most of an answer's headers are those of all others.

uvicorn looks at each name and value of each answer for characters that end a line. What is the same for everybody is
looked at once here, and whatever has to do with how an answer is framed, beside its length, is left to uvicorn.
"""

import functools
from collections.abc import Sequence
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE, RequestResponseCycle

_LENGTH: Final = b"content-length"
_FRAMING: Final = frozenset((b"connection", b"transfer-encoding", _LENGTH))
_OF_ALL: Final = frozenset((
    b"cache-control", b"content-security-policy", b"content-type", b"cross-origin-opener-policy", b"date",
    b"permissions-policy", b"referrer-policy", b"strict-transport-security", b"vary", b"x-content-type-options",
    b"x-frame-options",
))  # fmt: skip
"""Headers whose values say nothing of who asks or what is asked: their lines are remembered."""


class Cycle(RequestResponseCycle):
    """One request and its answer. A head that is written here waits for the body, with which it leaves."""

    _head = b""

    async def send(self, message: Any) -> None:
        """Passes on one ASGI message."""
        if (
            self.disconnected
            or self.flow.write_paused
            or not (self._begun(message) if message["type"] == "http.response.start" else self._ended(message))
        ):
            if self._head and not self.disconnected:
                self._leave(b"")
            await super().send(message)

    def _begun(self, message: Any) -> bool:
        """Writes the head, unless it is for uvicorn to write."""
        if self.response_started:
            return False
        lines, length = _lines([*self.default_headers, *message["headers"]])
        if length is None:
            return False
        self.response_started = True
        self.waiting_for_100_continue = False
        self.chunked_encoding = False
        self.expected_content_length = length
        end = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        self._head = b"".join((STATUS_LINE[message["status"]], *lines, end))
        return True

    def _ended(self, message: Any) -> bool:
        """Writes a body that came whole and is as long as was said, unless it is for uvicorn to write."""
        body = message.get("body", b"")
        if (
            self.chunked_encoding is not False
            or self.response_complete
            or message.get("more_body", False)
            or len(body) != self.expected_content_length
            or self.scope["method"] == "HEAD"
        ):
            return False
        self._leave(body)
        self.expected_content_length = 0
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
        return True

    def _leave(self, body: bytes) -> None:
        """Writes the head, where it still waits, and a body."""
        head, self._head = self._head, b""
        self.transport.write(head + body)


def _lines(headers: Sequence[tuple[bytes, bytes]]) -> tuple[list[bytes], int | None]:
    """The lines, and the length that they say; no length where this is for uvicorn to do or to refuse."""
    lines = []
    length = None
    for name, value in headers:
        if name in _OF_ALL:
            lines.append(_line(name, value))
        elif name == _LENGTH and length is None and value.isdigit():
            length = int(value)
            lines.append(b"content-length: %d\r\n" % length)
        elif name.lower() in _FRAMING or HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
            return [], None
        else:
            lines.append(b"%s: %s\r\n" % (name.lower(), value))
    return lines, length


@functools.lru_cache(maxsize=256)
def _line(name: bytes, value: bytes) -> bytes:
    if HEADER_VALUE_RE.search(value):
        raise RuntimeError("Invalid HTTP header value.")  # as uvicorn does
    return b"%s: %s\r\n" % (name, value)
