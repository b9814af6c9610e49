"""Connections: how many there are, in all and from each address, and how long each may take for what it sends or reads.

uvicorn waits without an end for the rest of a header and for who does not read an answer, and its parser takes headers
of any length. Bodies are bounded by ``underway``, where clients behind a proxy are told apart; connections are those of
the address at the other end of the wire, and a proxy that the operator trusts may have as many as it wants.
"""

import asyncio
import ipaddress
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from verify.http.answers.one_head import Cycle
from verify.http.answers.unread import Unread
from verify.http.asked.clients import NOBODY, client_address
from verify.http.guard.kept_alive import BEHIND
from verify.http.guard.limits import CONNECTIONS, CONNECTIONS_OF_ADDRESS
from verify.http.guard.lingering import LINGER_SECONDS, Lingering, unread
from verify.service.settings import Network

HEADER_BYTES: Final = 32 << 10
"""Of a request's line and headers, of which each has FIELD at least, and a byte of the address OF_ADDRESS (ADR 58)."""
FIELD: Final = 256
OF_ADDRESS: Final = 8  # of its bytes every third may be an escape; the longest QR code's has 2,100
HEADER_SECONDS: Final = 10.0
"""In which a request's line and headers must be there, from its first byte or the connection's beginning."""
READ_SECONDS: Final = 20.0
"""After each of which who reads an answer must have read some of it."""
READ_BYTES: Final = 64 << 10

_TOO_LATE: Final = (
    b"HTTP/1.1 %s\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n"
    b"connection: close\r\ncontent-length: %d\r\n\r\n%s"
)


class Connections:
    """The connections of one process."""

    def __init__(
        self,
        of_address: int = CONNECTIONS_OF_ADDRESS,
        in_all: int = CONNECTIONS,
        *,
        proxies: Sequence[Network] = (),
        header_seconds: float = HEADER_SECONDS,
        linger_seconds: float = LINGER_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self.of_address = of_address
        self.in_all = in_all
        self.header_seconds = header_seconds
        self._linger_seconds = linger_seconds
        self.read_seconds = read_seconds
        self.unread = Unread()
        self._proxies = tuple(proxies)
        self.draining = False
        """Whether every connection ends with its next answer."""
        self.hurried = True
        """Whether in the end who is silent is let go at once, and not after the usual time."""
        self._by_address: dict[str, dict[Guarded, None]] = {}
        self._count = 0
        self._tell: Callable[[str, bool], None] = lambda _key, _begins: None

    @property
    def count(self) -> int:
        """How many there are now."""
        return self._count

    def tell_of(self, told: Callable[[str, bool], None]) -> None:
        """Has somebody told of each, by its address, and whether it begins: who counts those of all processes."""
        self._tell = told

    def keys(self) -> tuple[str, ...]:
        """The address of each connection that is counted."""
        return tuple(key for key, mine in self._by_address.items() for _ in mine)

    def give_up(self, key: str) -> None:
        """Ends the connection with the least claim of an address, for the sake of another process's."""
        if mine := self._by_address.get(key):
            _least(mine).give_way()

    def key(self, peer: str | None) -> str | None:
        """The address by which a connection is counted; None for one that counts for nobody."""
        if peer is None or any(ipaddress.ip_address(peer) in network for network in self._proxies):
            return None
        key = client_address(peer, (), ())
        return None if key == NOBODY else key

    def admit(self, one: "Guarded", key: str | None) -> bool:
        """Whether there is room for a connection; where there was none, that with the least claim has made it."""
        if key is None:
            return True
        mine = self._by_address.get(key, {})
        if len(mine) >= self.of_address and not _least(mine).give_way():
            return False
        if self._count >= self.in_all:
            heaviest = max(self._by_address.values(), key=len)
            if len(heaviest) <= len(mine) + 1 or not _least(heaviest).give_way():
                return False
        self._by_address.setdefault(key, mine)[one] = None
        self._count += 1
        self._tell(key, True)
        return True

    def leave(self, one: "Guarded", key: str | None) -> None:
        """Forgets a connection."""
        mine = self._by_address.get(key or "", {})
        if key is not None and mine.pop(one, one) is None:
            self._count -= 1
            self._tell(key, False)
            if not mine:
                del self._by_address[key]

    def protocol(self) -> type["Guarded"]:
        """The protocol class for uvicorn, with these connections as its own."""
        of_all = {"connections_of_all": self, "linger_seconds": self._linger_seconds}
        return cast(type[Guarded], type("Guarded", (Guarded,), of_all))


def _least(of_one: "dict[Guarded, None]") -> "Guarded":
    """The oldest that waits for a request, or else the oldest."""
    return next((one for one in of_one if one.idle), next(iter(of_one)))


class Guarded(Lingering):
    """One connection."""

    connections_of_all: Connections
    _key: str | None = None
    _header_bytes = 0
    _pending = 0
    _moved = False
    _reading: asyncio.TimerHandle | None = None
    _unread = 0

    def give_way(self) -> bool:
        """Ends it for another's sake, at once and without a word."""
        self.connections_of_all.leave(self, self._key)
        self.transport.abort()
        return True

    def shutdown(self) -> None:
        """The process ends: a request that is here is answered."""
        if not self.idle:
            self.say_last()
        elif self.connections_of_all.hurried and not unread(self.transport):
            self.transport.close()

    def connection_made(self, transport: Any) -> None:
        """Begins, unless there is no room."""
        super().connection_made(transport)
        self._key = self.connections_of_all.key(self.client[0] if self.client else None)
        if not self.connections_of_all.admit(self, self._key):
            transport.abort()
            return
        self._wait(self.connections_of_all.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends."""
        self.connections_of_all.leave(self, self._key)
        self.connections_of_all.unread.forget(self)
        if self._reading is not None:
            self._reading.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parses what came, and bounds what the parser keeps."""
        if self._enough or self.transport.is_closing():
            self._throw_away(len(data))
            return
        begins = self.idle and self._waiting is None  # a request, or nothing but line ends, which begin none
        self._moved = False
        super().data_received(data)
        if begins and self.idle and self._waiting is None and not self.transport.is_closing():
            self._wait(self.connections_of_all.header_seconds)
        # The parser keeps the beginning of a header or trailer to itself, however long, until its end is there.
        self._pending = 0 if self._moved else self._pending + len(data)
        if self._pending > HEADER_BYTES and not self._enough:
            self._end(b"431 Request Header Fields Too Large", b"headers_too_large")
        if self._unfinished:
            self._throw_away(len(data))

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 -- its words are not ours
        """Tells that this is no HTTP, and ends."""
        if not self._enough:
            self._end(b"400 Bad Request", b"bad_request")

    # The parser's callbacks. What they raise ends the parsing, in send_400_response.

    def on_message_begin(self) -> None:
        """A request begins."""
        self._moved = True
        if len(self.pipeline) >= BEHIND:
            self._enough = True
            self.say_last()  # of what waits
            raise ValueError("too many requests at once")
        self._header_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A part of its address."""
        self._measure(OF_ADDRESS * len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of it, or a trailer."""
        self._measure(max(FIELD, len(name) + len(value)))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        self._moved = True
        self._stop()
        super().on_headers_complete()
        self.cycle.__class__ = Cycle  # its answer is not begun: that takes a turn of the loop
        if self.connections_of_all.draining:
            self.say_last()

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        self._moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._moved = True
        super().on_message_complete()
        if self.idle:  # the rest of a body whose request was answered before it
            self._stop()
            self.fall_silent()

    def pause_writing(self) -> None:
        """More is written than is read at the other end."""
        super().pause_writing()
        self._unread = self.transport.get_write_buffer_size()
        if self._key is not None:
            self.connections_of_all.unread.hold(self, self._key, self._unread)
        self._watch_reading()

    def resume_writing(self) -> None:
        """Most of it has been read."""
        super().resume_writing()
        self.connections_of_all.unread.forget(self)
        if self._reading is not None and not self.transport.is_closing():
            self._reading.cancel()
            self._reading = None

    def _hears_out(self) -> bool:
        self._watch_reading()  # a transport waits without an end for what is left, however little
        return super()._hears_out()

    def _watch_reading(self) -> None:
        if self._reading is None and (left := self.transport.get_write_buffer_size()):
            self._unread = left
            self._reading = self.loop.call_later(self.connections_of_all.read_seconds, self._look_at_reading)

    def _look_at_reading(self) -> None:
        self._reading = None
        if 0 < self.transport.get_write_buffer_size() > self._unread - READ_BYTES:
            self.transport.abort()
        else:
            self._watch_reading()

    def _measure(self, weight: int) -> None:
        self._header_bytes += weight
        if self._header_bytes > HEADER_BYTES:
            self._end(b"431 Request Header Fields Too Large", b"headers_too_large")
            raise ValueError("headers too large")

    def _too_late(self) -> None:
        self._waiting = None
        if self._listens or self._unfinished:
            self._look_at_thrown()
        elif self._asked is None and not self._header_bytes:
            self.transport.abort()  # nothing was ever asked
        elif self.idle:
            self._end(b"408 Request Timeout", b"too_slow")
        else:
            self._wait(self.connections_of_all.header_seconds)  # the next request's header, behind one at work

    def _end(self, status: bytes, code: bytes) -> None:
        title = status[4:]
        told = b'{"type":"urn:yinjian:problem:%s","title":"%s","status":%s,"detail":"%s","code":"%s"}' % (
            code, title, status[:3], title, code,
        )  # fmt: skip
        self.finish(_TOO_LATE % (status, len(told), told))
