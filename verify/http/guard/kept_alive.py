"""Connections between their requests: silent, with one timer for many of them, or with requests behind one another.

uvicorn sets a timer with each answer, and takes it away with each request. Here it is let run: when it is over, the
connection was silent for as long as it may be, or it is set for when it will have been.

What is asked before the answer to what was asked before it (RFC 9112 section 9.3.2) waits, and uvicorn takes more with
each answer, as fast as it comes: a megabyte of such requests was sixty thousand in wait, 2 KB each. Here more is read
when none waits, and there is an end to those of one reading, after which the connection closes with its last answer.
What is no request is refused behind the answers to those before it (ADR 64).

Who asks for another protocol is answered in this one, as RFC 9110 section 7.8 allows. The parser takes such a request
to have no body, and its body for the next request: its head is read a second time, without the wish.
"""

from typing import Any, Final, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

BEHIND: Final = 32
"""Requests of one connection that may wait behind the one at work. No browser sends any."""


class KeptAlive(HttpToolsProtocol):
    """One connection."""

    _silent_since: float | None = None
    """By the loop's clock; None while there is a request, or a part of one."""
    _enough = False
    """Whether no more is taken: it ends behind the answers to what was asked."""
    _last: bytes | None = None
    """What it says then."""

    def data_received(self, data: bytes) -> None:
        """Parses what came."""
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except HttpParserError:
            self.send_400_response("")

    def _parse(self, data: bytes) -> None:
        left = memoryview(data)
        while True:
            try:
                self.parser.feed_data(left)
            except HttpParserUpgrade as wish:
                left = left[wish.args[0] :]
                self._without_the_wish()
            else:
                return

    def _without_the_wish(self) -> None:
        """Has a new parser, that has read the head as if nobody wished for another protocol."""
        head = [b"%s / HTTP/%s" % (self.parser.get_method(), self.parser.get_http_version().encode())]
        head += [b"%s: %s" % (name, value) for name, value in self.headers if name != b"upgrade"]
        told = _Behind(self)
        self.parser = HttpRequestParser(told)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.parser.feed_data(b"\r\n".join([*head, b"", b""]))
        told.head = False

    def on_headers_complete(self) -> None:
        """Its headers are there."""
        if self.parser.get_method() == b"CONNECT":  # nobody's tunnel, and what would come through it no request
            raise ValueError("no proxy")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """All of it is there, unless it is to be read without its wish."""
        if not self.parser.should_upgrade():
            super().on_message_complete()
            self.cycle.more_body = False  # of one that was answered before, too

    def finish(self, told: bytes) -> None:
        """Ends, with ``told`` where no answer is begun to what it is for, and behind the answers to what came before.

        It is for the newest request, where that is not whole, or else for what came behind it.
        """
        newest = cast(RequestResponseCycle | None, self.cycle)
        waits = bool(self.pipeline) or (newest is not None and not newest.response_complete)
        if newest is not None and newest.more_body:
            if newest.response_started:
                told = b""
            elif self.pipeline:
                self.pipeline.popleft()
            else:
                waits = False
                newest.disconnected = True  # whoever is at work on it is told
                newest.message_event.set()
        self._enough = True
        self._last = told
        if not waits:
            self._say_last()

    def _say_last(self) -> None:
        if self._last:
            self.transport.write(self._last)
        self.transport.close()

    def on_response_complete(self) -> None:
        """It is answered: what was asked behind it is begun, or else the connection falls silent."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.pipeline:  # before more is read; a body that still comes is read by who wants it
            self._start_asgi_task(*self.pipeline.pop())
            return
        if self._last is not None:
            self._say_last()
            return
        self.flow.resume_reading()
        self.fall_silent()

    def fall_silent(self) -> None:
        """Nothing is asked, and nothing begun."""
        self._silent_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends."""
        super().connection_lost(exc)
        super()._unset_keepalive_if_required()

    def _unset_keepalive_if_required(self) -> None:
        """Something came."""
        self._silent_since = None

    def timeout_keep_alive_handler(self) -> None:
        """The timer is over."""
        self.timeout_keep_alive_task = None
        if self._silent_since is None:
            return
        left = self._silent_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()


class _Behind:
    """What a parser tells a connection, but nothing of the head that it reads first."""

    def __init__(self, one: KeptAlive) -> None:
        self.head = True
        self._one = one

    def __getattr__(self, name: str) -> Any:
        tell = getattr(self._one, name)
        if name in ("on_body", "on_message_complete"):
            return tell
        return lambda *what: None if self.head else tell(*what)
