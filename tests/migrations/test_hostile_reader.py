"""Who has taken the public host, and with it the reader's password, keeps no publisher waiting."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from migrations import embedded
from migrations.apply import CONNECTIONS, migrate
from tests import releases
from tests.conftest import Urls, execute_as_owner, fresh_registry, publisher


@pytest.fixture(params=["embedded", "operator's own"])
def urls(server: embedded.Database, request: pytest.FixtureRequest) -> Iterator[Urls]:
    """A registry where the administrator took away what every role may do, and one where nobody did."""
    if request.param == "embedded":
        with fresh_registry(server) as urls:
            yield urls
        return
    execute_as_owner(server, "create database operators template template0")
    owner, signer, reader = (
        url.removesuffix(embedded.DATABASE) + "operators"
        for url in (server.owner_url, server.signer_url, server.reader_url)
    )
    assert asyncio.run(migrate(owner)).open_to_all
    yield Urls(owner=owner, signer=signer, reader=reader)
    execute_as_owner(server, "drop database operators with (force)")


async def hold_everything(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection with an open transaction that holds each lock and the snapshot that the role can get."""
    hostile = await asyncpg.connect(url)
    with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
        await hostile.execute("select pg_advisory_lock_shared(n) from generate_series(7310300, 7310309) n")
        await hostile.execute("select lo_from_bytea(0, 'x')")
    await hostile.execute("set idle_in_transaction_session_timeout = 0; begin isolation level serializable")
    names = await hostile.fetch(
        "select oid::regclass::text as name from pg_class where relkind in ('r', 'v')"
        " and relnamespace in ('pg_catalog'::regnamespace, 'registry'::regnamespace)"
        " and has_table_privilege(oid, 'select')"
    )
    await hostile.execute("; ".join(f"lock table {row['name']} in access share mode" for row in names))
    await hostile.fetch("select * from registry.shown_rows")
    return hostile


async def test_holds_nothing_up(urls: Urls, tmp_path: Path) -> None:
    """While every connection of the reader's holds each lock that it can get, publishing and migrating go on."""
    publish = publisher(urls.signer, tmp_path)
    await publish([releases.notice([1])])
    async with contextlib.AsyncExitStack() as held:
        for _ in range(CONNECTIONS):
            hostile = await hold_everything(urls.reader)
            held.push_async_callback(hostile.close)
        with pytest.raises(asyncpg.TooManyConnectionsError):
            await asyncpg.connect(urls.reader)
        await asyncio.wait_for(publish(releases.final([1, 2], revision=2)), 20)
        assert (await migrate(urls.owner)).applied == ()


@pytest.mark.parametrize(("setting", "bound"), [("temp_file_limit", "512MB"), ("log_min_messages", "fatal")])
async def test_fills_no_disk_that_publishing_needs(registry_urls: Urls, setting: str, bound: str) -> None:
    """Neither by sorting without an end nor by errors of a gigabyte: the bound holds, and the reader cannot lift it."""
    hostile = await asyncpg.connect(registry_urls.reader)
    try:
        assert await hostile.fetchval(f"show {setting}") == bound
        lifts = (
            f"set {setting} = default; alter role yinjian_reader reset {setting}",
            f"select set_config('{setting}', reset_val, false) from pg_settings where name = '{setting}'",
            f"alter role yinjian_reader set {setting} = '{bound}'",
        )
        for lift in lifts:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await hostile.execute(lift)
        await hostile.execute("alter role yinjian_reader reset all")
    finally:
        await hostile.close()
    again = await asyncpg.connect(registry_urls.reader)
    assert await again.fetchval(f"show {setting}") == bound
    await again.close()
