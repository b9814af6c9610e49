"""A connection that is silent between two requests is ended in its time, whatever timers that takes."""

import asyncio
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from verify.http.guard.kept_alive import KeptAlive

_ASKED = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
_SILENT = 0.1


class Wire(asyncio.Transport):
    """A transport that counts answers."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = 0
        self.closed = False

    def write(self, data: Any) -> None:
        """Counts."""
        self.answers += bytes(data).count(b"HTTP/1.1 200")

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Ends."""
        self.closed = True

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

    loop.call_later = counted  # type: ignore[method-assign]
    one.connection_made(wire)
    for answers in range(1, 30):
        one.data_received(_ASKED)
        while wire.answers < answers:
            await asyncio.sleep(0)
    assert timers == 1
    one.data_received(_ASKED[:20])
    await asyncio.sleep(2 * _SILENT)
    assert not wire.closed
    one.data_received(_ASKED[20:])
    began = loop.time()
    while not wire.closed:
        await asyncio.sleep(_SILENT / 20)
    assert loop.time() - began >= _SILENT * 0.9
    one.connection_lost(None)
    assert one.timeout_keep_alive_task is None
