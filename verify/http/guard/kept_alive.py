"""Connections that are silent between two requests, with one timer for many of them.

uvicorn sets a timer with each answer, and takes it away with each request. Here it is let run: when it is over, the
connection was silent for as long as it may be, or it is set for when it will have been.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class KeptAlive(HttpToolsProtocol):
    """One connection."""

    _silent_since: float | None = None
    """By the loop's clock; None while there is a request, or a part of one."""

    def on_response_complete(self) -> None:
        """It is answered: what was asked behind it is begun, or else the connection falls silent."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
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
