"""Places of processes: how soon a successor is tried again that does not come to serve."""

import asyncio
from typing import Any

import pytest

from verify.processes import upkeep
from verify.processes.charge import WorkerCharge
from verify.processes.under_supervision import READY
from verify.processes.upkeep import Place

CHARGE = WorkerCharge(socket=0, limits=0, keeper="", secret="", workers=1)


class Service:
    """A supervisor, which ends after so many deaths."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.replaced = 0
        self.ending = False

    def forget(self, pid: int) -> None:
        """Nothing is kept of it."""


class Process:
    """A process that serves for as long as it is let, or dies before it is ready."""

    pid = 1
    stdin = None

    def __init__(self, over: asyncio.Event, *, serves: bool) -> None:
        self._over = over
        self.stdout = asyncio.StreamReader()
        if serves:
            self.stdout.feed_data(READY)
        self.stdout.feed_eof()
        if not serves:
            over.set()

    async def wait(self) -> int:
        """Its end."""
        await self._over.wait()
        return 1


async def test_after_a_long_life_a_successor_that_does_not_start_is_not_tried_without_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that served for hours and whose settings were broken meanwhile does not keep a processor busy."""
    died = asyncio.Event()
    processes = [Process(died, serves=True)]
    pauses: list[float] = []
    clock = [0.0]

    async def start(*_: Any) -> upkeep.Child:
        made: Any = processes.pop() if processes else Process(asyncio.Event(), serves=False)
        return upkeep.Child(made)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        clock[0] += seconds
        service.ending = service.replaced == service.most

    monkeypatch.setattr(upkeep.Child, "start", start)
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: clock[0], raising=False)
    service = Service(most=8)
    place = Place(service, "a.program", lambda _: CHARGE, ())
    await place.fill()
    clock[0] = 3600.0
    monkeypatch.setattr(asyncio, "sleep", pause)
    died.set()
    while place._ending:
        await asyncio.wait(place._ending)
    assert pauses == [0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4]


async def test_a_successor_that_the_machine_has_no_room_for_is_started_once_it_has(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A worker killed for want of memory is not missed for ever because the next fork failed for the same want."""
    died, served = asyncio.Event(), asyncio.Event()
    made: list[Any] = [
        Process(died, serves=True), OSError(12, "Cannot allocate memory"), OSError(24, "Too many open files"),
        Process(served, serves=True),
    ]  # fmt: skip

    async def start(*_: Any) -> upkeep.Child:
        one = made.pop(0)
        if isinstance(one, OSError):
            raise one
        return upkeep.Child(one)

    async def pause(_: float) -> None:
        """No time passes."""

    monkeypatch.setattr(upkeep.Child, "start", start)
    monkeypatch.setattr(asyncio, "sleep", pause)
    place = Place(Service(most=9), "a.program", lambda _: CHARGE, ())
    await place.fill()
    died.set()
    while made:
        (task,) = place._ending
        await asyncio.wait([task])
    assert place.pid == 1
    assert "a.program could not be started: Cannot allocate memory" in caplog.text
    made.append(OSError(12, "Cannot allocate memory"))
    with pytest.raises(upkeep.Ended):
        await Place(Service(most=9), "a.program", lambda _: CHARGE, ()).fill()
    for waiting in place._ending:
        waiting.cancel()
