"""Every connection taken: who asks is answered late or told, never left waiting, and the next is answered right."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg
import pytest

from tests import releases
from tests.conftest import HANGS, Publish, Urls
from tests.http_service import client
from verify.registry.port import RegistryUnavailable
from verify.registry.postgres import PostgresRegistry

CONNECTIONS: Final = 2
SECONDS: Final = 0.5
ASKED: Final = 300


@pytest.fixture
async def small(publishing: Publish, registry_urls: Urls) -> AsyncIterator[PostgresRegistry]:
    """A registry of ten people, with two connections and half a second of patience."""
    await publishing(releases.final(range(1, 11)))
    opened = await PostgresRegistry.open(
        registry_urls.reader, releases.ROOT_THUMBPRINT, connections=CONNECTIONS, seconds=SECONDS
    )
    yield opened
    await opened.close()


@contextlib.asynccontextmanager
async def held(registry: PostgresRegistry) -> AsyncIterator[None]:
    """Every connection of its pool is in somebody's hands."""
    (host,) = registry.hosts.hosts
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            await stack.enter_async_context(host.connection())
        yield


async def test_a_crowd_is_answered_once_a_connection_is_free(small: PostgresRegistry) -> None:
    """Hundreds who asked meanwhile, of many numbers, each get their own answer: they wait together, not in a line."""
    async with held(small):
        asked = [asyncio.create_task(small.by_number(releases.number(turn % 12 + 1))) for turn in range(ASKED)]
        await asyncio.sleep(SECONDS / 5)
        assert not any(one.done() for one in asked)
    for turn, record in enumerate(await asyncio.gather(*asked)):
        assert (record is not None) is (turn % 12 < 10)
        assert record is None or record.number == releases.number(turn % 12 + 1)


async def test_who_asks_while_every_connection_is_taken_is_told_in_time(small: PostgresRegistry) -> None:
    """503 and no verdict, soon, for all alike; afterwards the same service answers."""
    async with client(small) as public:
        path = f"/api/v1/certificates/{releases.number(3)}"
        async with held(small):
            async with asyncio.timeout(HANGS):  # no connection comes free here: whoever waits for one waits for ever
                answers = await asyncio.gather(*(public.get(path) for _ in range(50)))
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.json()["code"] for answer in answers} == {"registry_unavailable"}
        assert (await public.get(path)).json()["outcome"] == "valid"


async def test_a_role_s_connections_used_up_by_others_are_told_too(
    small: PostgresRegistry, registry_urls: Urls, owner: Any
) -> None:
    """The database itself refuses the reader; whoever asks is told, and answered once there is room."""
    others: list[Any] = []
    with contextlib.suppress(asyncpg.TooManyConnectionsError):
        while True:
            others.append(await asyncpg.connect(registry_urls.reader))
    fresh = await PostgresRegistry.open(registry_urls.reader, releases.ROOT_THUMBPRINT, seconds=SECONDS)
    with pytest.raises(RegistryUnavailable, match="TooManyConnections"):
        await fresh.by_number(releases.number(1))
    for one in others:
        await one.close()
    async with asyncio.timeout(HANGS):
        while True:
            with contextlib.suppress(RegistryUnavailable):
                assert await fresh.by_number(releases.number(1)) is not None
                break
            await asyncio.sleep(0.05)
    await fresh.close()


async def test_a_herd_on_one_number_is_one_question(small: PostgresRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five hundred at once, and while it is revoked: none costs the database more than the first few."""
    questions = 0
    fetch = small.hosts.fetch

    async def counted(*arguments: Any) -> Any:
        nonlocal questions
        questions += 1
        return await fetch(*arguments)

    await small.by_number(releases.number(4))
    monkeypatch.setattr(small.hosts, "fetch", counted)
    herd = await asyncio.gather(*(small.by_number(releases.number(4)) for _ in range(500)))
    assert {record.number for record in herd if record is not None} == {releases.number(4)}
    assert len(herd) == 500
    assert questions <= 2
