"""Work spread over processes: the same results in the same order, a clear error where one dies, none left behind."""

import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from signing import spread
from tests import PROJECT
from verify.shared.command import Refusal

ITEMS = range(1_000)


def silently(steps: int = 1) -> None:
    """Tells nobody of ``steps``."""
    del steps


def numbered(items: Sequence[int]) -> list[tuple[int, int]]:
    """Each item, and the process that had it."""
    return [(one, os.getpid()) for one in items]


def dying(parent: int, items: Sequence[int]) -> list[int]:
    """Ends its process at item 500 as the system does that has no memory left; never its parent."""
    if 500 in items and os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    return list(items)


def refusing(items: Sequence[int]) -> list[int]:
    """Refuses item 500."""
    if 500 in items:
        raise Refusal("item 500")
    return list(items)


def over_two(monkeypatch: pytest.MonkeyPatch, engine: str) -> Callable[[Any], Generator[Any, None, None]]:
    """Streaming ITEMS over two processes, forked or fresh ones as elsewhere than on Linux."""
    monkeypatch.setattr(spread, "processors", lambda: 2)
    if engine == "fresh":
        monkeypatch.setattr(spread, "_forks", lambda: False)
        monkeypatch.setattr(spread, "_LEAST_SENT", 1_000)
    return lambda work: spread.streamed(work, ITEMS, silently, sendable=True)


@pytest.mark.parametrize("engine", ["forked", "fresh"])
def test_results_come_in_order_from_several_processes(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    """Whichever process was first, and never from this one."""
    found = list(over_two(monkeypatch, engine)(numbered))
    assert [one for one, _process in found] == list(ITEMS)
    assert len({process for _one, process in found} - {os.getpid()}) >= 1
    assert os.getpid() not in {process for _one, process in found}


@pytest.mark.parametrize("engine", ["forked", "fresh"])
def test_a_worker_that_is_killed_is_a_refusal(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    """It says so, after what came before, and leaves no process behind."""
    found: list[int] = []
    before = workers(psutil.Process())
    with pytest.raises(Refusal, match="ended before its work"):
        found.extend(over_two(monkeypatch, engine)(functools.partial(dying, os.getpid())))
    assert found == list(range(len(found)))
    assert len(found) <= 500
    assert workers(psutil.Process()) == before


def test_a_refusal_of_the_work_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the work raised it."""
    with pytest.raises(Refusal, match="item 500"):
        list(over_two(monkeypatch, "forked")(refusing))


@pytest.mark.parametrize("engine", ["forked", "fresh"])
def test_who_stops_taking_ends_the_workers(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    """As a refused release does."""
    before = workers(psutil.Process())
    with contextlib.closing(over_two(monkeypatch, engine)(numbered)) as found:
        assert next(found)[0] == 0
    assert workers(psutil.Process()) == before


def test_what_may_not_be_sent_stays_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signer, where there is no fork."""
    monkeypatch.setattr(spread, "processors", lambda: 2)
    monkeypatch.setattr(spread, "_forks", lambda: False)
    found = spread.spread(numbered, ITEMS, silently)
    assert {process for _one, process in found} == {os.getpid()}


@pytest.mark.parametrize("engine", ["forked", "fresh"])
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent(tmp_path: Path, engine: str, end: signal.Signals) -> None:
    """Killed, or by Ctrl-C, which a terminal sends to all of them: within seconds nobody is left."""
    script = tmp_path / "spreading.py"
    script.write_text(
        "import time\n"
        "from signing import spread\n"
        "def slow(items):\n"
        "    time.sleep(0.2)\n"
        "    return list(items)\n"
        "if __name__ == '__main__':\n"
        "    spread.processors = lambda: 2\n"
        f"    spread._forks = lambda: {engine == 'forked'}\n"
        "    for one in spread.streamed(slow, range(1_000_000), lambda steps=1: None, sendable=True):\n"
        "        if one == 0: print('going', flush=True)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"going\n"
        left = workers(psutil.Process(process.pid))
        assert len(left) == 2
        (os.killpg if end is signal.SIGINT else os.kill)(process.pid, end)
        process.wait(20)
    until = time.monotonic() + 10
    while any(map(alive, left)) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(map(alive, left))


def workers(of: psutil.Process) -> list[psutil.Process]:
    """The processes that ``of`` began and that are not over, but for multiprocessing's own."""
    return [one for one in of.children() if alive(one) and "resource_tracker" not in " ".join(one.cmdline())]


def alive(process: psutil.Process) -> bool:
    """Whether it runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
