"""What a service remembers between requests: in one process's memory, and in Redis for several."""

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http_service import Time, client, proof
from verify.http.limits import RATES
from verify.http.memory import LocalMemory, Memory
from verify.http.redis_memory import Shared


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's redis-server, without a disk, for the tests of this module."""
    program = shutil.which("redis-server")
    assert program, "redis-server is missing: make system installs it"
    folder: Path = tmp_path_factory.mktemp("redis")
    where = folder / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(where), "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with socket.socket(socket.AF_UNIX) as probe:
                    if probe.connect_ex(str(where)) == 0:
                        break
                time.sleep(0.05)
            yield f"unix://{where}"
        finally:
            process.terminate()


async def _check_memory(memory: Memory, now: float) -> None:
    assert (await memory.tally("k", now)).size == 0
    assert await memory.note("k", "a", 60, now)
    assert not await memory.note("k", "a", 60, now)
    assert await memory.note("k", "b", 60, now)
    assert await memory.note("other", "a", 60, now)
    tally = await memory.tally("k", now)
    assert tally.size == 2
    assert 58 <= tally.left <= 60


async def test_a_memory_counts_different_members_for_a_time() -> None:
    """In one process: members count once, and all are forgotten together."""
    memory = LocalMemory()
    await _check_memory(memory, 1000)
    assert (await memory.tally("k", 1061)).size == 0
    assert await memory.note("k", "a", 60, 1061)


async def test_a_memory_is_bounded() -> None:
    """A flood of keys drops the oldest."""
    memory = LocalMemory(most=100)
    for number in range(1000):
        await memory.note(str(number), "", 60, 0)
    assert len(memory._sets) <= 100
    assert (await memory.tally("999", 0)).size == 1


async def test_processes_share_a_memory_in_redis(redis_url: str) -> None:
    """What one process notes, another counts."""
    one, two = Shared(redis_url), Shared(redis_url)
    await _check_memory(one, 0)
    assert not await two.note("k", "a", 60, 0)
    assert (await two.tally("k", 0)).size == 2
    assert await one.note("short", "a", 1, 0)
    await asyncio.sleep(1.1)
    assert (await two.tally("short", 0)).size == 0
    await one.close()
    await two.close()


async def test_processes_share_allowances_in_redis(redis_url: str) -> None:
    """Two processes together let a client no more through than one would."""
    shared = [Shared(redis_url), Shared(redis_url)]
    burst = RATES["lookup"].burst
    waits = [(await shared[turn % 2].take("lookup", "192.0.2.9", 0)).wait for turn in range(burst + 10)]
    assert waits[:burst] == [0] * burst
    assert any(waits[burst:])
    assert (await shared[0].take("lookup", "192.0.2.10", 0)).left == burst - 1
    whole = await shared[1].take("lookup", "192.0.2.11", 0, cost=burst)
    assert (whole.wait, whole.left) == (0, 0)
    assert 55 <= whole.whole_in <= 60
    for one in shared:
        await one.close()


async def test_a_proof_spent_at_one_process_is_spent_at_all(redis_url: str) -> None:
    """Replays are refused across processes."""
    clock = Time(time.time())
    shared = [Shared(redis_url), Shared(redis_url)]
    clients = [client(clock=clock, parts={"shared": part}) for part in shared]
    async with clients[0] as one, clients[1] as two:
        body = {"name": "张三", "id_type": "other", "id_number": "1", "altcha": await proof(one)}
        first = await two.post("/api/v1/lookup", json=body)
        again = await one.post("/api/v1/lookup", json=body)
    for part in shared:
        await part.close()
    assert first.status_code == 200
    assert (again.status_code, again.json()["code"]) == (403, "proof_used")


async def test_without_its_redis_each_process_counts_alone(caplog: pytest.LogCaptureFixture) -> None:
    """A server that does not answer takes nothing down: limits hold in each process, and the log says so."""
    shared = Shared("redis://127.0.0.1:1")
    waits = [(await shared.take("lookup", "a", 0)).wait for _ in range(RATES["lookup"].burst + 1)]
    assert waits == [0] * RATES["lookup"].burst + [1]
    assert await shared.note("k", "a", 60, 0)
    assert not await shared.note("k", "a", 60, 0)
    assert (await shared.tally("k", 0)).size == 1
    assert caplog.text.count("did not answer") == 1
    await shared.close()
