"""Work beside the answers: whatever happens to it, it goes on, and the operator is told."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator

import pytest

from tests.http_service import client
from verify.registry.hosts import Host, Hosts
from verify.shared import lasting


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lasting, "_FIRST_REST", 0.0)
    yield
    lasting._failing.clear()


async def until(holds: Callable[[], bool], task: asyncio.Task[None]) -> None:
    """Waits until it holds; the task must last at least as long."""
    for _ in range(1000):
        if holds():
            return
        assert not task.done()
        await asyncio.sleep(0)
    pytest.fail("it did not come to that")


async def test_a_turn_that_fails_is_said_once_and_taken_again(caplog: pytest.LogCaptureFixture) -> None:
    """Log and /health/ready name what fails, the log without the error's words, and say when it succeeds again."""
    broken, turns = True, 0

    async def turn() -> None:
        nonlocal turns
        turns += 1
        if broken:
            raise LookupError("of somebody")

    task = asyncio.create_task(lasting.lasting("minding the shop", turn, 0.0))
    with caplog.at_level(logging.WARNING):
        await until(lambda: turns > 3, task)
        async with client() as service:
            assert "; minding the shop fails" in (await service.get("/health/ready")).json()["detail"]
        assert [record.getMessage() for record in caplog.records if record.name == "yinjian.background"] == [
            "minding the shop failed; it is tried again until it succeeds"
        ]
        broken = False
        await until(lambda: not lasting.failing(), task)
    assert caplog.records[-1].getMessage() == "minding the shop succeeds again"
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def test_databases_are_watched_on_after_an_error_that_nobody_foresaw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the watch ended, a host found unfit would never be asked again."""
    looks: list[str] = []

    async def look_at(_: Hosts, host: Host) -> None:
        looks.append(host.name)
        if len(looks) < 3:
            raise KeyError(host.name)

    monkeypatch.setattr(Hosts, "look_at", look_at)
    monkeypatch.setattr("verify.registry.hosts._WATCH_SECONDS", 0.0)
    hosts = await Hosts.open("postgresql://one@127.0.0.1:1,127.0.0.1:2/none", connections=1, seconds=1)
    assert hosts._watching is not None
    await until(lambda: len(looks) > 6, hosts._watching)
    await hosts.close()
