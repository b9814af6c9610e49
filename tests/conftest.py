"""Fixtures for every test: a PostgreSQL of the run's own, a fresh registry in it, and publishing and asking there."""

import asyncio
import contextlib
import hashlib
import itertools
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

import asyncpg
import hypothesis
import msgspec
import pytest

from migrations import embedded
from migrations.apply import READER, SIGNER
from signing.release import release_file
from signing.release.into_log import Logbook
from signing.release.into_registry import Publication, publish
from tests import PROJECT, releases
from verify.registry.postgres import PostgresRegistry

# The commands that tests start are compiled once, not each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Where a shell started the run in the background, Ctrl-C is ignored, also by each process that a test starts and stops.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Messages in English, wherever the tests run; those that are about language say which.
os.environ["LC_ALL"] = "C.UTF-8"
# Fonts that `make test` brings, so that paper is printed wherever they run.
if (PROJECT / ".fonts").is_dir():  # a clone before its fonts came has none
    os.environ.setdefault("YINJIAN_FONTS", str(PROJECT / ".fonts"))

# No test fails for the time that one example took on a busy machine.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

HANGS: Final = 60.0
"""Seconds after which what ought to have ended is taken to hang: no measure of its speed."""

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


@contextlib.contextmanager
def fresh_registry(server: embedded.Database) -> Iterator[Urls]:
    """A registry of its own, as long as the context lasts."""
    name = f"registry_{next(_numbers)}"
    execute_as_owner(server, f"create database {name} template {embedded.DATABASE}")
    # Rights on a database itself are not copied with it.
    execute_as_owner(server, f"revoke all on database {name} from public")
    execute_as_owner(server, f"grant connect on database {name} to {SIGNER}, {READER}")
    owner, signer, reader = (
        url.removesuffix(embedded.DATABASE) + name for url in (server.owner_url, server.signer_url, server.reader_url)
    )
    try:
        yield Urls(owner=owner, signer=signer, reader=reader)
    finally:
        execute_as_owner(server, f"drop database {name} with (force)")


def execute_as_owner(server: embedded.Database, statement: str) -> None:
    """Runs one statement as the owner, outside of any registry."""

    async def execute() -> None:
        connection = await asyncpg.connect(server.owner_url.removesuffix(embedded.DATABASE) + "postgres")
        try:
            for _ in range(100):  # the server's own vacuum may be in a database, which only its superuser ends
                with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
                    return
                await asyncio.sleep(0.1)
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(execute())


class Publish(Protocol):
    """Publishes statements as one release file."""

    async def __call__(
        self, statements: Iterable[bytes], *, keyring: bytes | None = None, now: int = releases.NOW
    ) -> Publication:
        """What publishing did, or what it raises."""
        ...


_states = tempfile.TemporaryDirectory(prefix="yinjian-log-states-")


def logbook(url: str) -> Logbook:
    """The tests' log key, and the log's file of the registry at ``url``."""
    account, _, place = url.rpartition("@")  # whichever of its hosts is asked, a registry has its own password
    name = account + place.rpartition("/")[2]
    return releases.logbook(Path(_states.name) / hashlib.sha256(name.encode()).hexdigest())


def publisher(url: str, folder: Path, standbys: Sequence[str] = ()) -> Publish:
    """Publishes to ``url`` by way of a file in ``folder``."""

    async def run(statements: Iterable[bytes], *, keyring: bytes | None = None, now: int = releases.NOW) -> Publication:
        path = folder / f"{next(_numbers)}.release"
        release_file.write(path, statements)
        return await asyncio.to_thread(
            publish,
            path,
            url,
            keyring=keyring or releases.keyrings(),
            root=releases.ROOT_THUMBPRINT,
            log=logbook(url),
            now=now,
            standbys=standbys,
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


@pytest.fixture(scope="session")
def built_scripts() -> None:
    """The pages' scripts, built where they are older than their source."""
    subprocess.run(["bash", PROJECT / "verify/web/build"], check=True)
