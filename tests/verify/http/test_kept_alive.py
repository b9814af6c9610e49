"""A connection that is silent between two requests is ended in its time, whatever timers that takes, and no other."""

import asyncio
import socket
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from verify.http.guard.connections import Connections, Guarded
from verify.http.guard.kept_alive import KeptAlive

_ASKED = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
_SILENT = 0.1


class Wire(asyncio.Transport):
    """A transport that tells of its answers and its end."""

    def __init__(self, wire: socket.socket | None = None) -> None:
        super().__init__({"socket": wire})
        self.answered = asyncio.Event()
        self.closed = asyncio.Event()
        self.reads = True
        self.read: list[bool] = []

    def write(self, data: Any) -> None:
        """Tells."""
        if bytes(data).startswith(b"HTTP/1.1 200"):
            self.read.append(self.reads)
            self.answered.set()

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closed.is_set()

    def close(self) -> None:
        """Ends."""
        self.closed.set()

    def pause_reading(self) -> None:
        """Waits."""
        self.reads = False

    def resume_reading(self) -> None:
        """Goes on."""
        self.reads = True

    def write_eof(self) -> None:
        """Ends its half."""

    def get_write_buffer_size(self) -> int:
        """Nothing waits."""
        return 0


async def _app(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


def _guarded(connections: Connections, wire: socket.socket) -> tuple[Guarded, Wire]:
    """A connection that was answered once and is silent, on this socket."""
    config = uvicorn.Config(_app, log_config=None, lifespan="off", ws="none")
    config.load()
    one = connections.protocol()(config, ServerState(), {}, asyncio.get_running_loop())
    transport = Wire(wire)
    one.connection_made(transport)
    return one, transport


async def test_who_has_asked_is_not_silent_though_nobody_has_read_it_yet() -> None:
    """The time that it may be silent is over before a process that had none reads: it reads, answers, and then ends."""
    near, far = socket.socketpair()
    with near, far:
        one, wire = _guarded(Connections(), near)
        one.data_received(_ASKED)
        await wire.answered.wait()
        far.send(_ASKED)
        one.timeout_keep_alive = 0
        one.timeout_keep_alive_handler()
        assert not wire.is_closing()
        one.data_received(near.recv(100))
        one.timeout_keep_alive_handler()
        await wire.closed.wait()
        one.connection_lost(None)


@pytest.mark.parametrize(
    ("hurried", "asked", "ends"), [(True, False, True), (True, True, False), (False, False, False)]
)
async def test_at_its_end_a_process_lets_go_who_is_silent_where_it_is_in_a_hurry(
    *, hurried: bool, asked: bool, ends: bool
) -> None:
    """Who has asked is answered in any case, and told that it is the last; a drain leaves everybody the usual time."""
    connections = Connections()
    connections.hurried, connections.draining = hurried, True
    near, far = socket.socketpair()
    with near, far:
        one, wire = _guarded(connections, near)
        if asked:
            far.send(_ASKED)
        one.shutdown()
        assert wire.is_closing() == ends
        if not ends:
            one.data_received(_ASKED)
            await wire.answered.wait()
            assert not one.cycle.keep_alive
        one.connection_lost(None)


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


async def test_no_more_is_read_while_requests_wait() -> None:
    """Of three at once each is answered before more is taken, and then it is."""
    near, far = socket.socketpair()
    with near, far:
        one, wire = _guarded(Connections(), near)
        one.data_received(_ASKED * 3)
        await asyncio.sleep(0.05)
        assert wire.read[:2] == [False, False]
        assert wire.reads
        one.connection_lost(None)
