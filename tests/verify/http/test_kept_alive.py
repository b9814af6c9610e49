"""A connection that is silent between two requests is ended in its time, whatever timers that takes."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from verify.http.guard.kept_alive import KeptAlive

_ASKED = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
_SILENT = 0.1


class Wire(asyncio.Transport):
    """A transport that tells of its answers and its end."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = asyncio.Event()
        self.closed = asyncio.Event()

    def write(self, data: Any) -> None:
        """Tells."""
        if bytes(data).startswith(b"HTTP/1.1 200"):
            self.answered.set()

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed.is_set()

    def close(self) -> None:
        """Ends."""
        self.closed.set()

    def resume_reading(self) -> None:
        """Goes on."""


async def _app(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


async def test_it_is_ended_when_it_was_silent_and_not_before() -> None:
    """By one timer for many requests; a part of a request is no silence, and is for another timer."""
    config = uvicorn.Config(_app, log_config=None, lifespan="off", ws="none")
    config.load()
    loop, wire, timers = asyncio.get_running_loop(), Wire(), 0
    one = KeptAlive(config, ServerState(), {}, loop)
    one.timeout_keep_alive = _SILENT  # type: ignore[assignment]  # seconds, of which uvicorn has whole ones

    call_later = loop.call_later

    def counted(*arguments: Any, **named: Any) -> asyncio.TimerHandle:
        nonlocal timers
        timers += 1
        return call_later(*arguments, **named)

    loop.call_later = counted  # type: ignore[method-assign, assignment]  # to count them
    one.connection_made(wire)
    for _ in range(30):
        wire.answered.clear()
        one.data_received(_ASKED)
        await wire.answered.wait()
    assert timers == 1
    one.data_received(_ASKED[:20])
    await asyncio.sleep(2 * _SILENT)
    assert not wire.is_closing()
    one.data_received(_ASKED[20:])
    await asyncio.wait_for(wire.closed.wait(), 10)
    one.connection_lost(None)
    assert one.timeout_keep_alive_task is None
