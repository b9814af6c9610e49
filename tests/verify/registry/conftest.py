"""Both registries over the same statements, filed as anybody with the signer's password can: past publish."""

import time
from collections.abc import AsyncIterator, Iterable
from typing import Protocol

import asyncpg
import pytest

from tests import releases
from tests.conftest import Urls
from tests.memory_registry import MemoryRegistry
from verify.registry.port import Registry
from verify.registry.postgres import PostgresRegistry


class Filing(Protocol):
    """A registry in which these statements stand, in this order; called again, with these behind them."""

    async def __call__(self, statements: Iterable[bytes]) -> Registry:
        """The registry to ask."""
        ...


@pytest.fixture(params=["memory", "postgres"])
def kept_in(request: pytest.FixtureRequest) -> Urls | None:
    """The database of a test, None for memory: each test of the contract runs once for each adapter of the port."""
    found: Urls | None = request.getfixturevalue("registry_urls") if request.param == "postgres" else None
    return found


@pytest.fixture
async def filing(kept_in: Urls | None) -> AsyncIterator[Filing]:
    """A registry for the test alone."""
    if kept_in is None:
        plain = MemoryRegistry((), now=int(time.time()))

        async def remember(statements: Iterable[bytes]) -> Registry:
            plain.statements += statements
            return plain

        yield remember
        return
    registry = await PostgresRegistry.open(kept_in.reader, releases.ROOT_THUMBPRINT)
    signer = await asyncpg.connect(kept_in.signer)

    async def insert(statements: Iterable[bytes]) -> Registry:
        size = await signer.fetchval("select count(*) from registry.statement")
        await signer.executemany(
            "insert into registry.statement (index, bytes) values ($1, $2)", list(enumerate(statements, start=size))
        )
        return registry

    yield insert
    await signer.close()
    await registry.close()
