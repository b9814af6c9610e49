"""Fixtures for every test: a PostgreSQL of the run's own, and a fresh registry in it for whoever asks."""

import asyncio
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import msgspec
import pytest

from migrations import embedded

_numbers = itertools.count(1)


class Urls(msgspec.Struct, frozen=True, kw_only=True):
    """Where each role finds one registry."""

    owner: str
    signer: str
    reader: str


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Database]:
    """The embedded PostgreSQL, started once a run in a folder of its own; its own database is the template."""
    with tempfile.TemporaryDirectory(prefix="yinjian-tests-") as folder:
        var = Path(folder) / "var"
        database = embedded.start(var, durable=False, detached=False)
        try:
            yield database
        finally:
            embedded.stop(var)


@pytest.fixture
def registry_urls(server: embedded.Database) -> Iterator[Urls]:
    """An empty registry at the newest schema, for one test alone."""
    with fresh_registry(server) as urls:
        yield urls


@pytest.fixture(scope="module")
def module_registry_urls(server: embedded.Database) -> Iterator[Urls]:
    """An empty registry at the newest schema, for the tests of one module."""
    with fresh_registry(server) as urls:
        yield urls


class fresh_registry:  # noqa: N801 - used as a function
    """A context in which a registry of its own exists."""

    def __init__(self, server: embedded.Database) -> None:
        self._server = server
        self._name = f"registry_{next(_numbers)}"

    def __enter__(self) -> Urls:
        self._execute(f"create database {self._name} template {embedded.DATABASE}")
        # Rights on a database itself are not copied with it.
        self._execute(f"revoke all on database {self._name} from public")
        self._execute(f"grant connect on database {self._name} to yinjian_signer, yinjian_reader")
        owner, signer, reader = (
            url.removesuffix(embedded.DATABASE) + self._name
            for url in (self._server.owner_url, self._server.signer_url, self._server.reader_url)
        )
        return Urls(owner=owner, signer=signer, reader=reader)

    def __exit__(self, *_: object) -> None:
        self._execute(f"drop database {self._name} with (force)")

    def _execute(self, statement: str) -> None:
        async def execute() -> None:
            connection = await asyncpg.connect(self._server.owner_url.removesuffix(embedded.DATABASE) + "postgres")
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(execute())
