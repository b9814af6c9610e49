"""The end of a connection: nobody who sends is cut off before he has read his answer.

A socket that is closed while something is unread is reset, and the reset may reach the other end before the answer
does (RFC 9112, 9.6). So whose request is answered before all of it has come is told that nothing follows, which is half
a close, and what comes is thrown away, slowly, until the other end closes, falls silent, or has taken too long. And a
connection that was silent for too long is looked at once more: a process that had no time may not have read yet.
"""

import asyncio
import fcntl
import sys
import termios
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from verify.http.answers.one_write import OneWrite
from verify.http.guard.kept_alive import KeptAlive

LINGER_SECONDS: Final = 5.0
"""For which the rest of a body may be silent that is let come and thrown away, once its request is answered."""
LINGER_TIMES: Final = 6
"""So many times as long it may take in all."""
LINGER_PAUSE: Final = 0.2
"""Between two looks at it, so that who sends ten megabytes to be refused keeps nobody busy."""


class Lingering(KeptAlive):
    """One connection."""

    linger_seconds = LINGER_SECONDS
    _listens = False
    """Whether it has said its last, and hears the other end out."""
    _heard = False
    """Whether the other end has said its last."""
    _thrown = 0
    """Bytes, since the last look."""
    _until = 0.0
    _waiting: asyncio.TimerHandle | None = None
    _paused: asyncio.TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether no request of it is being answered."""
        return self._asked is None or self._asked.response_complete

    @property
    def _asked(self) -> RequestResponseCycle | None:
        """The newest request, none before the first."""
        return cast(RequestResponseCycle | None, self.cycle)

    @property
    def _unfinished(self) -> bool:
        """Whether it is answered, and still sends."""
        return self._asked is not None and self._asked.response_complete and self._asked.more_body

    def connection_made(self, transport: Any) -> None:
        """Begins."""
        super().connection_made(OneWrite(transport, self.loop, self._hears_out))  # type: ignore[arg-type]  # it does what uvicorn asks of it

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends."""
        self._stop()
        if self._paused is not None:
            self._paused.cancel()
        super().connection_lost(exc)

    def say_last(self) -> None:
        """Has the answer that is not yet begun say that it is the last."""
        if self._asked is not None and not self._asked.response_started:
            self._asked.keep_alive = False

    def timeout_keep_alive_handler(self) -> None:
        """The timer is over."""
        if self._silent_since is not None and unread(self.transport):
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        else:
            super().timeout_keep_alive_handler()

    def on_response_complete(self) -> None:
        """It is answered."""
        unfinished = self._unfinished
        super().on_response_complete()
        if unfinished and not self.transport.is_closing():
            self._linger()

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio asks whether it goes on, uvicorn never
        """The other end has said its last: what it asked is answered, and then nobody is waited for."""
        self._heard = True
        if self.transport.is_closing():
            self.transport.close()
        elif self._last is None:
            self.say_last()
            self.finish(b"")
        return not self.transport.is_closing()

    def _say_last(self) -> None:
        self._listens = True  # to what was refused
        super()._say_last()

    def _hears_out(self) -> bool:
        """Whether the other end may be sending, so that it is to be heard out before the connection is closed."""
        if self._heard:
            return False
        if self._listens or self._unfinished or not self.idle or unread(self.transport):
            self._listens = True
            self._linger()
        return self._listens

    def _linger(self) -> None:
        self._thrown = 0
        self._until = self.loop.time() + LINGER_TIMES * self.linger_seconds
        self.flow.resume_reading()  # which stops where a body comes sooner than it is taken
        self._wait(self.linger_seconds)

    def _throw_away(self, count: int) -> None:
        """Notes what came, and has the next wait."""
        self._thrown += count
        self.flow.pause_reading()
        self._paused = self.loop.call_later(LINGER_PAUSE, self.flow.resume_reading)

    def _look_at_thrown(self) -> None:
        """Ends who fell silent, or took too long."""
        if not self._thrown or self.loop.time() >= self._until:
            self.transport.abort()
            return
        self._thrown = 0
        self._wait(self.linger_seconds)

    def _wait(self, seconds: float) -> None:
        self._stop()
        self._waiting = self.loop.call_later(seconds, self._too_late)

    def _stop(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _too_late(self) -> None:
        """The time is over that was given last."""
        self._waiting = None
        self._look_at_thrown()


def unread(transport: Any) -> bool:
    """Whether something has come that the process has not read yet."""
    wire = transport.get_extra_info("socket")
    try:
        return wire is not None and bool(_count(fcntl.ioctl(wire.fileno(), termios.FIONREAD, bytes(4))))
    except (OSError, ValueError):  # it is closed
        return False


def _count(told: bytes) -> int:
    return int.from_bytes(told, sys.byteorder)
