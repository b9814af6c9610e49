"""What a service remembers between requests: in one process's memory, and in Redis for several."""

import asyncio
import contextlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis.asyncio as redis

from tests import invented_exam as exam
from tests.http_service import Time, client, proof
from verify.http.batch import many
from verify.http.guard.limits import RATES, MemoryLimiter
from verify.http.guard.memory import Count, LocalMemory, Memory
from verify.http.guard.redis_memory import Shared


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Debian's redis-server, without a disk, and its address."""
    program = shutil.which("redis-server")
    assert program, "redis-server is missing: make system installs it"
    where = folder / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(where), "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                with socket.socket(socket.AF_UNIX) as probe:
                    if probe.connect_ex(str(where)) == 0:
                        break
                time.sleep(0.05)
            yield process, f"unix://{where}"
        finally:
            process.kill()


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for the tests of this module."""
    with redis_server(tmp_path_factory.mktemp("redis")) as (_, url):
        yield url


async def _check_memory(memory: Memory, now: float) -> None:
    assert await memory.tallies(["k:1", "k:2"], now) == [0, 0]
    assert await memory.note("k:1", "a", 60, now)
    assert not await memory.note("k:1", "a", 60, now)
    assert await memory.note("k:1", "b", 60, now)
    assert await memory.note("k:2", "a", 60, now)
    assert await memory.tallies(["k:1", "k:2", "k:3"], now) == [2, 1, 0]
    tries = [(Count("n:1", member, 2), Count("m:1", member, 3)) for member in (None, "a", "a", "b", None, "c", "a")] + [
        (Count("n:2", "x", 2), Count("m:1", "x", 3)),
        (Count("n:3", "y", 2), Count("m:1", "y", 3)),
    ]
    admitted = await memory.admit(tries, 60, now)
    assert admitted == [True] * 4 + [False] * 3 + [True, False]
    assert await memory.tallies(["n:1", "m:1", "n:2", "n:3"], now) == [2, 3, 1, 0]


async def test_a_memory_counts_different_members_for_a_time() -> None:
    """In one process: members count once, and all are forgotten together."""
    memory = LocalMemory()
    await _check_memory(memory, 1000)
    assert await memory.tallies(["k:1"], 1061) == [0]
    assert await memory.note("k:1", "a", 60, 1061)


async def test_a_full_table_forgets_its_oldest_key_and_no_other_table_s() -> None:
    """A flood of keys of one kind leaves those of other kinds, and the newest of its own."""
    memory = LocalMemory(most=100)
    await memory.note("proof:0", "", 60, 0)
    for number in range(1000):
        await memory.note(f"names:{number}", "", 60, 0)
    sizes = await memory.tallies([f"names:{number}" for number in range(1000)] + ["proof:0"], 0)
    kept = sum(sizes[:-1])
    assert 94 <= kept <= 100
    assert sizes == [0] * (1000 - kept) + [1] * (kept + 1)


async def test_a_full_table_of_allowances_forgets_who_was_silent_longest() -> None:
    """In one process: a flood of clients leaves the others counted, all but the oldest six."""
    limiter = MemoryLimiter(most=100)
    burst = RATES["lookup"].burst
    for number in range(100):
        await limiter.take("lookup", f"old {number}", 0, cost=burst)
    await limiter.take("lookup", "new", 0)
    waits = [(await limiter.take("lookup", f"old {number}", 0)).wait > 0 for number in range(6, 100)]
    assert waits == [True] * 94
    assert (await limiter.take("lookup", "old 0", 0)).wait == 0


async def test_a_full_redis_table_forgets_its_oldest_key(redis_url: str) -> None:
    """The same by the server, for counts and allowances."""
    shared = Shared(redis_url, most=20)
    for number in range(60):
        await shared.note(f"flood:{number}", "a", 60, 0)
        await shared.admit([(Count(f"flood-2:{number}", "a", 5),)], 60, 0)
        await shared.take("rows", f"flood {number}", 0, cost=RATES["rows"].burst)
    sizes = [await shared.tallies([f"{kind}:{number}" for number in range(60)], 0) for kind in ("flood", "flood-2")]
    most = RATES["rows"].burst
    waits = [(await shared.take("rows", f"flood {number}", 0, cost=most)).wait > 0 for number in range(40, 60)]
    free = await shared.take("rows", "flood 0", 0)
    await shared.close()
    assert sizes == [[0] * 40 + [1] * 20] * 2
    assert waits == [True] * 20
    assert free.wait == 0


async def test_processes_share_a_memory_in_redis(redis_url: str) -> None:
    """What one process notes, another counts."""
    one, two = Shared(redis_url), Shared(redis_url)
    await _check_memory(one, 0)
    assert not await two.note("k:1", "a", 60, 0)
    assert await two.tallies(["k:1"], 0) == [2]
    assert await one.note("short:1", "a", 1, 0)
    await asyncio.sleep(1.1)
    assert await two.tallies(["short:1"], 0) == [0]
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


async def test_processes_at_once_answer_no_more_names_than_one_after_the_other(redis_url: str) -> None:
    """Forty names for one number, the right one among them, at the same moment at two processes: five answers."""
    shared = [Shared(redis_url), Shared(redis_url)]
    clients = [client(parts={"shared": part}) for part in shared]
    names = [f"甲{turn}" for turn in range(40)]
    names[20] = exam.VALID.name
    async with clients[0] as one, clients[1] as two:
        asked = (
            (one, two)[turn % 2].post("/api/v1/verify", json={"number": exam.VALID.number, "name": name})
            for turn, name in enumerate(names)
        )
        answers = await asyncio.gather(*asked)
        batch = await two.post("/api/v1/verify/batch", json=[{"number": exam.VALID.number, "name": exam.VALID.name}])
    for part in shared:
        await part.close()
    outcomes = [answer.json().get("outcome") or answer.json()["code"] for answer in answers]
    assert outcomes.count("mismatch") == 5
    assert outcomes.count("proof_wanted") >= 34
    assert batch.json()["verdicts"] == [None]
    assert batch.json()["problems"] == [{"row": 1, "code": "proof_wanted"}]


async def test_a_bulk_check_asks_redis_a_few_times_and_not_for_each_row(redis_url: str) -> None:
    """5,000 rows, every name of them wrong or right, cost two round trips for each two hundred."""
    shared, counter = Shared(redis_url), redis.Redis.from_url(redis_url)
    rows = [{"number": exam.VALID.number, "name": exam.VALID.name}, {"number": exam.NEW.number, "name": "甲"}] * 2500
    async with client(parts={"shared": shared}, clock=Time(exam.NOW + 1)) as service:
        await counter.flushall()
        await counter.config_resetstat()
        answer = await service.post("/api/v1/verify/batch", json=rows)
        calls = {name: told["calls"] for name, told in (await counter.info("commandstats")).items()}
    await counter.aclose()
    await shared.close()
    assert [verdict["outcome"] for verdict in answer.json()["verdicts"][:2]] == ["valid", "mismatch"]
    assert len(answer.json()["verdicts"]) == 5000
    assert calls["cmdstat_evalsha"] <= 5000 // many.QUESTION + 5


async def test_a_redis_that_dies_takes_nothing_down(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Killed in the middle, and stopped so that it takes connections and says nothing: each process counts alone."""
    with redis_server(tmp_path) as (process, url):
        shared = Shared(url)
        async with client(parts={"shared": shared}) as service:
            body = {"number": exam.VALID.number}
            for name in ("甲", "乙", "丙"):
                assert (await service.post("/api/v1/verify", json=body | {"name": name})).json()[
                    "outcome"
                ] == "mismatch"
            process.send_signal(signal.SIGSTOP)
            hung = await service.post("/api/v1/verify", json=body | {"name": exam.VALID.name})
            process.kill()
            process.wait()
            shared._resting_until = 0.0
            dead = [await service.post("/api/v1/verify", json=body | {"name": f"丁{turn}"}) for turn in range(6)]
    await shared.close()
    assert hung.json()["outcome"] == "valid"
    assert [answer.json().get("outcome") for answer in dead] == ["mismatch"] * 5 + [None]
    assert dead[-1].json()["code"] == "proof_wanted"
    assert caplog.text.count("counting alone") == 2


async def test_processes_at_once_let_no_more_through_than_the_burst(redis_url: str) -> None:
    """300 lookups of one client at the same moment at two processes: as many as one process would let through."""
    shared = [Shared(redis_url), Shared(redis_url)]
    taken = await asyncio.gather(*(shared[turn % 2].take("lookup", "192.0.2.20", 0) for turn in range(300)))
    for part in shared:
        await part.close()
    let_through = sum(one.wait == 0 for one in taken)
    assert RATES["lookup"].burst <= let_through <= RATES["lookup"].burst + 60  # and what half a minute gives back


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
    assert await shared.tallies(["k"], 0) == [1]
    assert caplog.text.count("did not answer") == 1
    await shared.close()
