"""Connections between their requests: silent, with one timer for many of them, or with requests behind one another.

uvicorn sets a timer with each answer, and takes it away with each request. Here it is let run: when it is over, the
connection was silent for as long as it may be, or it is set for when it will have been.

What is asked before the answer to what was asked before it (RFC 9112 section 9.3.2) waits, and uvicorn takes more with
each answer, as fast as it comes: a megabyte of such requests was sixty thousand in wait, 2 KB each. Here more is read
when none waits, and there is an end to those of one reading, after which the connection closes with its last answer.
"""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BEHIND: Final = 32
"""Requests of one connection that may wait behind the one at work. No browser sends any."""


class KeptAlive(HttpToolsProtocol):
    """One connection."""

    _silent_since: float | None = None
    """By the loop's clock; None while there is a request, or a part of one."""

    def on_response_complete(self) -> None:
        """It is answered: what was asked behind it is begun, or else the connection falls silent."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.pipeline:  # before more is read; a body that still comes is read by who wants it
            self._start_asgi_task(*self.pipeline.pop())
            return
        self.flow.resume_reading()
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
