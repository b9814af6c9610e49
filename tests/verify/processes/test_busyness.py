"""Whether those who answer have much to do."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from verify.files.confinement import kernel
from verify.processes.busyness import MUCH, Busyness
from verify.processes.keeper import _peer


class Machine:
    """Its clock and its processes' seconds, which a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.wanted: dict[int, float] = {}
        self.busy = Busyness(lambda: self.now)
        monkeypatch.setattr(kernel, "wanted", self._told)

    def later(self, seconds: float, **wanted: float) -> bool:
        """What is said after some seconds in which processes wanted so many of a processor."""
        self.now += seconds
        for pid, more in wanted.items():
            self.wanted[int(pid[1:])] += more
        return self.busy()

    def _told(self, pid: int) -> float:
        if pid not in self.wanted:
            raise OSError
        return self.wanted[pid]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """With two processes that answer."""
    machine = Machine(monkeypatch)
    for pid in (7, 8):
        machine.wanted[pid] = 5.0
        machine.busy.met(pid)
    return machine


def test_they_are_busy_who_want_a_fifth_of_their_time_on_average(machine: Machine) -> None:
    """Whether they run or wait; until they were looked at twice, they are taken to be."""
    assert machine.later(0)
    assert not machine.later(0.5, p7=0.5 * MUCH, p8=0.4 * MUCH)
    assert machine.later(0.5, p7=0.9 * MUCH, p8=0.2 * MUCH)
    assert machine.later(0.1)  # it was looked at a moment ago
    assert not machine.later(0.5)
    assert machine.later(5)  # an average of long ago says nothing
    assert not machine.later(0.5)


def test_who_left_counts_no_more_and_who_came_counts_from_then_on(machine: Machine) -> None:
    """A process has two connections, and is there while it has one."""
    machine.busy.met(7)
    machine.later(0)
    machine.busy.left(7)
    assert machine.later(0.5, p7=0.5)
    machine.busy.left(7)
    assert not machine.later(0.5, p7=0.5)
    machine.wanted[9] = 100.0
    machine.busy.met(9)
    assert not machine.later(0.5)
    assert machine.later(0.5, p9=0.5)


def test_where_the_system_tells_nothing_nobody_is_busy(machine: Machine) -> None:
    """Or else no slow file would ever be read there in good time."""
    machine.wanted.clear()
    assert not machine.later(0)
    assert not machine.later(0.5)


@pytest.fixture
def spinning() -> Iterator[subprocess.Popen[bytes]]:
    """A process that never rests."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        yield process
        process.kill()


def test_a_process_that_never_rests_wants_all_of_its_time(spinning: subprocess.Popen[bytes]) -> None:
    """By the kernel's own account, and one that sleeps wants next to none; one that is gone is told as such."""
    before = kernel.wanted(spinning.pid)
    spun = 0
    while kernel.wanted(spinning.pid) <= before + 0.05:
        spun += 1
    assert spun
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as asleep:
        assert asleep.stdin is not None
        assert kernel.wanted(asleep.pid) < kernel.wanted(spinning.pid)
        asleep.stdin.close()
    with pytest.raises(OSError, match="Invalid argument"):
        kernel.wanted(asleep.pid)


def test_where_waiting_is_not_told_what_they_ran_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A kernel without CONFIG_SCHED_INFO has no schedstat."""
    monkeypatch.setattr(kernel, "_ACCOUNT", str(tmp_path / "{}"))
    assert 0 < kernel.wanted(os.getpid()) <= kernel.ran(os.getpid())


async def test_the_keeper_knows_who_is_at_the_other_end(tmp_path: Path) -> None:
    """By the kernel's word, not by theirs."""
    seen: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def attend(_source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        seen.set_result(_peer(sink))
        sink.close()

    server = await asyncio.start_unix_server(attend, tmp_path / "s")
    _source, sink = await asyncio.open_unix_connection(tmp_path / "s")
    assert await seen == os.getpid()
    sink.close()
    server.close()
