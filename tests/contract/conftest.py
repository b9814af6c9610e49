"""Publishing and asking, for the tests of this folder."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Protocol

import asyncpg
import pytest

from signing import release
from signing.publish import Publication, publish
from tests import releases
from tests.conftest import Urls
from verify.postgres import PostgresRegistry


class Publish(Protocol):
    """Publishes statements as one release file."""

    async def __call__(
        self, statements: Iterable[bytes], *, keyring: bytes | None = None, now: int = releases.NOW
    ) -> Publication:
        """What publishing did, or what it raises."""
        ...


def publisher(url: str, folder: Path) -> Publish:
    """Publishes to ``url`` by way of a file in ``folder``."""

    async def run(statements: Iterable[bytes], *, keyring: bytes | None = None, now: int = releases.NOW) -> Publication:
        path = folder / "test.release"
        release.write(path, statements)
        return await asyncio.to_thread(
            publish, path, url, keyring=keyring or releases.keyrings(), root=releases.ROOT_THUMBPRINT, now=now
        )

    return run


@pytest.fixture
def publishing(registry_urls: Urls, tmp_path: Path) -> Publish:
    """Publishes to the test's own registry."""
    return publisher(registry_urls.signer, tmp_path)


@pytest.fixture
async def registry(registry_urls: Urls) -> AsyncIterator[PostgresRegistry]:
    """The service's reader on the test's own registry."""
    opened = await PostgresRegistry.open(registry_urls.reader, releases.ROOT_THUMBPRINT)
    yield opened
    await opened.close()


@pytest.fixture
async def owner(registry_urls: Urls) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection of the test registry's owner."""
    connection = await asyncpg.connect(registry_urls.owner)
    yield connection
    await connection.close()
