"""A real primary and standby: what publish has acknowledged is everywhere, and nothing older is ever answered.

One pair of servers and one service of two workers for all tests, which are in the order in which the servers suffer.
"""

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest

from signing.release import confirming
from tests import releases
from tests.conftest import HANGS, publisher
from tests.replicas import Replicated, replicated
from tests.service import Service, served
from verify.registry.port import RegistryUnavailable
from verify.registry.postgres import PostgresRegistry
from verify.shared.command import Refusal
from verify.shared.standby_names import waited_for

REVOKED = max(10, int(os.environ.get("YINJIAN_REVOCATIONS", "10")))
"""How often everybody is asked after a revocation; `make soak` asks a thousand times."""
PROMOTED: Final = 60.0
"""Seconds within which a promoted standby takes a publish, beside other tests: ten were promised of a machine that has
nothing else to do, where it takes one or two.
"""
PEOPLE = [*range(1, 41), *range(101, 101 + REVOKED - 10)]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicated]:
    """The two servers, with forty certificates published."""
    folder = tmp_path_factory.mktemp("replicas")
    folder.chmod(0o755)
    with replicated(folder) as both:
        asyncio.run(publisher(both.url("signer"), folder, ["b"])(releases.final(PEOPLE)))
        yield both


@pytest.fixture(scope="module")
def service(pair: Replicated, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Two workers that read the standby where they can."""
    url = pair.url("reader", options="?target_session_attrs=prefer-standby")
    folder = tmp_path_factory.mktemp("service")
    with served(folder, url, "--workers", "2", YINJIAN_STANDBYS="a,b", YINJIAN_RATE_LIMITS="off") as running:
        yield running


def opened(url: str, *standbys: str) -> "asyncio.Future[PostgresRegistry]":
    """A reader of the registry."""
    return asyncio.ensure_future(PostgresRegistry.open(url, releases.ROOT_THUMBPRINT, standbys=standbys, seconds=2))


async def outcome(client: httpx.AsyncClient, service: Service, serial: int) -> str:
    """What the service says of a certificate; a status code where it says nothing."""
    answer = await client.get(f"{service.url}/api/v1/certificates/{releases.number(serial)}")
    return str(answer.json()["outcome"]) if answer.status_code == 200 else str(answer.status_code)


async def shows(registry: PostgresRegistry, serial: int) -> int:
    """How many changes of a certificate a reader knows."""
    record = await registry.by_number(releases.number(serial))
    assert record is not None
    return len(record.changes)


async def read_on(service: Service, over: asyncio.Event) -> Counter[tuple[int, str]]:
    """Asks one who is revoked and one who is not until it is over: what was answered, and how often."""
    answers: Counter[tuple[int, str]] = Counter()
    async with httpx.AsyncClient(timeout=30) as client:
        while not over.is_set():
            for serial in (1, 25):
                answers[serial, await outcome(client, service, serial)] += 1
            await asyncio.sleep(0.01)
    return answers


async def test_after_publish_returned_nobody_says_valid(pair: Replicated, service: Service, tmp_path: Path) -> None:
    """Many revocations, and after each every worker and both servers are asked a hundred times at once."""
    publish = publisher(pair.url("signer"), tmp_path, ["b"])
    readers = [await opened(pair.url("reader", server), "b") for server in (pair.a, pair.b)]
    answers = 0
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=16)) as client:
        assert await outcome(client, service, 1) == "valid"
        for serial in [*range(1, 11), *PEOPLE[40:]]:
            await publish([releases.change(serial, "revoked")])
            asked = await asyncio.gather(
                *(outcome(client, service, serial) for _ in range(30)),
                *(shows(reader, serial) for reader in readers for _ in range(35)),
            )
            answers += len(asked)
            assert set(asked) == {"revoked", 1}
    for reader in readers:
        await reader.close()
    assert answers == 100 * REVOKED


async def test_a_standby_that_publish_does_not_wait_for_is_not_read(pair: Replicated) -> None:
    """Alone it gives no answer; beside the primary it is passed over."""
    alone = await opened(pair.url("reader", pair.b))
    with pytest.raises(RegistryUnavailable, match="does not wait for"):
        await alone.chain()
    both = await opened(pair.url("reader", pair.b, pair.a))
    assert await shows(both, 1) == 1
    assert [host.unfit is None for host in both.hosts.hosts] == [False, True]
    for registry in (alone, both):
        await registry.close()


async def test_publish_names_a_standby_that_the_primary_does_not_wait_for(pair: Replicated, tmp_path: Path) -> None:
    """And writes nothing."""
    with pytest.raises(Refusal, match=r"does not wait for the standby c: .*FIRST 2 \(b, c\)"):
        await publisher(pair.url("signer"), tmp_path, ["b", "c"])([releases.change(21, "revoked")])
    reader = await opened(pair.url("reader", pair.a))
    assert await shows(reader, 21) == 0
    await reader.close()


async def test_a_standby_that_lags_is_passed_over_and_alone_gives_no_answer(pair: Replicated) -> None:
    """By who has seen more; who has not may read it, and it is read again once it has caught up."""
    owner = await asyncpg.connect(pair.url("owner", pair.b))
    signer = await asyncpg.connect(pair.url("signer", pair.a))
    both = await opened(pair.url("reader", pair.b, pair.a), "b")
    assert await shows(both, 22) == 0
    await owner.execute("select pg_wal_replay_pause()")
    await signer.execute("set synchronous_commit = local")
    size = await signer.fetchval("select max(index) + 1 from registry.statement")
    data = releases.change(22, "revoked")
    await signer.execute("insert into registry.statement (index, bytes) values ($1, $2)", size, data)
    primary = await opened(pair.url("reader", pair.a), "b")
    assert await shows(primary, 22) == 1
    # This process has seen the primary's answer, by whichever way.
    both.hosts.seen = primary.hosts.seen
    assert await shows(both, 22) == 1
    lagging = await opened(pair.url("reader", pair.b), "b")
    assert await shows(lagging, 22) == 0
    lagging.hosts.seen = primary.hosts.seen
    with pytest.raises(RegistryUnavailable, match="behind, by statements: 1"):
        await shows(lagging, 22)
    await owner.execute("select pg_wal_replay_resume()")
    async with asyncio.timeout(HANGS):
        while True:
            with contextlib.suppress(RegistryUnavailable):
                assert await shows(lagging, 22) == 1
                break
            await asyncio.sleep(0.1)
    for each in (owner, signer, both, primary, lagging):
        await each.close()


async def test_a_named_standby_that_is_gone_is_told(
    pair: Replicated, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Publish waits, and then says what to do; meanwhile the primary answers. Once it is back, the same confirms it."""
    pair.b.stop()
    async with httpx.AsyncClient(timeout=30) as client:
        assert await outcome(client, service, 23) == "valid"
        monkeypatch.setattr(confirming.confirmed.__wrapped__, "__defaults__", (1.0,))  # type: ignore[attr-defined]
        with pytest.raises(Refusal, match="one of the standbys b did not answer for 1 s"):
            await publisher(pair.url("signer"), tmp_path, ["b"])([releases.change(23, "revoked")])
        monkeypatch.undo()
        pair.b.start()
        again = await publisher(pair.url("signer"), tmp_path, ["b"])([releases.change(23, "revoked")])
        assert again.added == 0
        assert {await outcome(client, service, 23) for _ in range(10)} == {"revoked"}
    reader = await opened(pair.url("reader", pair.b), "b")
    assert await shows(reader, 23) == 1
    await reader.close()


async def test_a_primary_killed_during_publish_costs_no_wrong_answer(pair: Replicated, tmp_path: Path) -> None:
    """Nor any but 200, under reads of the primary; the promoted standby takes it without restart."""
    owner = await asyncpg.connect(pair.url("owner", pair.b))
    await owner.execute("select pg_wal_replay_pause()")  # so that publish is caught waiting
    publish = publisher(pair.url("signer"), tmp_path, ["b"])
    publishing = asyncio.ensure_future(publish([releases.change(24, "revoked")]))
    url = pair.url("reader", pair.a, pair.b)  # asks the primary as long as it is there
    with served(tmp_path / "near", url, "--workers", "1", YINJIAN_STANDBYS="a,b", YINJIAN_RATE_LIMITS="off") as service:
        over = asyncio.Event()
        reading = asyncio.gather(*(read_on(service, over) for _ in range(4)))
        async with httpx.AsyncClient(timeout=30) as client:
            await asyncio.sleep(1)
            assert not publishing.done()
            pair.a.kill()
            with pytest.raises(Refusal, match="publish again, which is safe"):
                await publishing
            seen = [await outcome(client, service, 24) for _ in range(5)]
            await owner.execute("select pg_wal_replay_resume()")
            async with asyncio.timeout(PROMOTED):
                assert await owner.fetchval("select pg_promote(true, 50)")
                await publish([releases.change(24, "revoked")])
            over.set()
            answers: Counter[tuple[int, str]] = sum(await reading, Counter())
            assert {await outcome(client, service, 24) for _ in range(20)} == {"revoked"}
    assert answers.keys() == {(1, "revoked"), (25, "valid")}
    assert set(seen) <= {"valid", "revoked"}
    await owner.close()


async def test_a_primary_left_behind_is_not_read(pair: Replicated, service: Service, tmp_path: Path) -> None:
    """It comes back as a primary with a statement of its own, and one fewer than the other."""
    reader = await opened(pair.url("reader", pair.b, pair.a), "a", "b")
    publish = publisher(pair.url("signer", pair.b), tmp_path, ["a", "b"])
    pair.b.configure(synchronous_standby_names="")
    pair.b.reload()
    with pytest.raises(Refusal, match="does not wait for the standby a"):
        await publish([releases.change(26, "revoked")])
    await publisher(pair.url("signer", pair.b), tmp_path, ["b"])([releases.change(26, "revoked")])
    assert await shows(reader, 26) == 1
    pair.a.configure(synchronous_standby_names="")
    pair.a.start()
    left = await asyncpg.connect(pair.url("signer", pair.a))
    size = await left.fetchval("select max(index) + 1 from registry.statement")
    for offset, serial in enumerate((27, 28, 29)):
        data = releases.change(serial, "revoked")
        await left.execute("insert into registry.statement (index, bytes) values ($1, $2)", size + offset, data)
    await left.close()
    alone = await opened(pair.url("reader", pair.a), "a", "b")
    alone.hosts.seen = reader.hosts.seen
    with pytest.raises(RegistryUnavailable, match="another history"):
        await shows(alone, 27)
    async with httpx.AsyncClient(timeout=30) as client:
        await asyncio.sleep(2.5)  # every worker has looked at both
        assert {await outcome(client, service, serial) for serial in (27, 28, 29) for _ in range(10)} == {"valid"}
        assert {await outcome(client, service, 26) for _ in range(10)} == {"revoked"}
    for registry in (reader, alone):
        await registry.close()


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("", set()),
        ("b", {"b"}),
        ("b, c", set()),
        ("FIRST 2 (b, c)", {"b", "c"}),
        ("2 (b, c)", {"b", "c"}),
        ("ANY 1 (b, c)", set()),
        ('ANY 2 ("b", c)', {"b", "c"}),
        ("FIRST 3 (b, c)", {"b", "c"}),
        ("nonsense (", set()),
    ],
)
def test_whom_a_primary_waits_for_is_read_from_its_setting(setting: str, names: set[str]) -> None:
    """Where any one is enough, none is waited for by name."""
    assert waited_for(setting) == names
