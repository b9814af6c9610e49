"""The grants are the architecture: each is tested by trying what must fail."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from migrations import embedded
from migrations.apply import CONNECTIONS
from tests import releases
from tests.conftest import Urls, execute_as_owner, fresh_registry, publisher
from tests.migrations.reviewed_functions import REVIEWED

EVERYBODY = [
    "create table registry.own (a int)",
    "create table public.own (a int)",
    "create temporary table own (a int)",
    "create schema own",
    "create function public.own() returns int language sql as 'select 1'",
    "alter table registry.statement disable trigger all",
    "alter table registry.statement add column own int",
    "drop table registry.lookup_row",
    "drop trigger take_statement on registry.statement",
    "create trigger own before insert on registry.statement execute function registry.take_statement()",
    "alter role yinjian_owner password 'x'",
    "set role yinjian_owner",
    "set session_replication_role = replica",
    "select registry.head('\\x00'::bytea, 0)",
    "select registry.open('\\x00'::bytea)",
    "select * from public._pogo_migration",
    "select pg_read_file('/etc/hostname')",
    "copy (select 1) to program 'true'",
    "lock table registry.statement in access exclusive mode",
    "update registry.statement set bytes = ''",
    "delete from registry.statement",
    "truncate registry.statement",
    "select * from registry.statement for update",
    *(
        statement.format(table=table, column=column)
        for table, column in (
            ("certificate", "index"),
            ("change", "index"),
            ("pass_list", "index"),
            ("list_row", "list"),
            ("lookup_index", "index"),
            ("lookup_row", "list"),
            ("keyring", "index"),
            ("disowned", "index"),
            ("branch", "index"),
            ("checkpoint", "place"),
        )
        for statement in (
            "insert into registry.{table} ({column}) select {column} from registry.{table}",
            "update registry.{table} set {column} = {column}",
            "delete from registry.{table}",
            "truncate registry.{table}",
        )
    ),
]
SIGNER_ONLY = [
    "insert into registry.checkpoint (size, note, kid, receipt, root) values (1, '', '', '', '')",
    "insert into registry.checkpoint (size, note, kid, receipt, cosignatures) values (1, '', '', '', '')",
    "insert into registry.branch (height, index, hashes) values (0, 9, sha256(''))",
    "select registry.give_back_disowned(1, sha256(''))",
    "select registry.log_statements()",
    "insert into registry.statement (index, bytes, kind) values (100, '', 1)",
    "insert into registry.statement (index, bytes, digest) values (100, '', sha256(''))",
    "insert into registry.statement (index, bytes, published_at) values (100, '', now())",
    "insert into registry.statement (index, bytes) values (0, '') on conflict (index) do update set bytes = ''",
    "merge into registry.statement s using (select 0 as i) x on s.index = x.i when matched then delete",
]
TAKEN_AWAY = [
    "select lo_from_bytea(0, 'x')",
    "select lo_creat(-1)",
    "select lo_open(1, 131072)",
    "select lowrite(0, 'x')",
    "select pg_advisory_lock(7310303)",
    "select pg_advisory_xact_lock(1, 2)",
    "select pg_try_advisory_lock_shared(1)",
    "select pg_logical_emit_message(false, 'x', 'x')",
    "select pg_current_xact_id()",
    "select txid_current()",
    "do $$ begin null; end $$",
    "select registry.begin_publishing()",
    "select registry.disown(0)",
    "select registry.give_back_disowned(1, sha256(''))",
    "select registry.grow_branches(0, array[sha256('')])",
    "select registry.log_statements()",
    "lock table registry.turn in access share mode",
    "lock table public.migrating in access share mode",
    "lock table registry.list_heads in row exclusive mode",
    "select * from registry.list_heads for share",
]
READER_ONLY = [
    *TAKEN_AWAY,
    "insert into registry.statement (index, bytes) values (100, '')",
    *(
        f"select * from registry.{table}"
        for table in (
            "statement",
            "certificate",
            "change",
            "pass_list",
            "list_row",
            "lookup_index",
            "lookup_row",
            "keyring",
            "disowned",
            "checkpoint",
            "turn",
        )
    ),
    "select count(*) from registry.lookup_row",
    "update registry.index_heads set revision = 1",
    "delete from registry.shown_rows",
    "insert into registry.index_heads values (9, 'CEM-2022-04', 1, 0, '')",
    "create view public.own as select * from registry.list_heads",
]


@pytest.fixture(scope="module")
def urls(server: embedded.Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    """A registry that holds one exam, for the tests of this module, none of which may change it."""
    with fresh_registry(server) as urls:
        folder: Path = tmp_path_factory.mktemp("rights")
        asyncio.run(publisher(urls.signer, folder)(releases.final(range(1, 4))))
        yield urls


@pytest.fixture
async def signer(urls: Urls) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection with the signer's rights."""
    connection = await asyncpg.connect(urls.signer)
    yield connection
    await connection.close()


@pytest.fixture
async def reader(urls: Urls) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection with the reader's rights."""
    connection = await asyncpg.connect(urls.reader)
    yield connection
    await connection.close()


@pytest.mark.parametrize("statement", [*EVERYBODY, *SIGNER_ONLY])
async def test_signer_may_not(signer: "asyncpg.Connection[asyncpg.Record]", statement: str) -> None:
    """The signer only adds statements: nothing is changed, removed, derived or made by it."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with signer.transaction():
            await signer.execute(statement)


@pytest.mark.parametrize("statement", [*EVERYBODY, *READER_ONLY])
async def test_reader_may_not(reader: "asyncpg.Connection[asyncpg.Record]", statement: str) -> None:
    """The reader reads its views and asks by lookup key, and nothing else."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with reader.transaction():
            await reader.execute(statement)


async def test_every_function_of_the_reader_is_reviewed(reader: "asyncpg.Connection[asyncpg.Record]") -> None:
    """What the reader may execute and PostgreSQL calls volatile is what was read one by one, no more and no less."""
    rows = await reader.fetch(
        "select distinct n.nspname || '.' || p.proname as name"
        " from pg_proc p join pg_namespace n on n.oid = p.pronamespace"
        " where p.provolatile = 'v' and has_function_privilege(p.oid, 'execute')"
        " and has_schema_privilege(n.oid, 'usage')"
    )
    reviewed = [name for names in REVIEWED.values() for name in names.split()]
    assert len(set(reviewed)) == len(reviewed)
    assert {row["name"] for row in rows} == {f"pg_catalog.{name}" for name in reviewed}


async def test_the_reader_is_bounded(reader: "asyncpg.Connection[asyncpg.Record]") -> None:
    """The role has a limit of connections, and a transaction left open ends by itself."""
    assert await reader.fetchval("select rolconnlimit from pg_roles where rolname = current_user") == CONNECTIONS
    assert await reader.fetchval("show idle_in_transaction_session_timeout") == "10s"


async def test_reader_sees_no_lookup_index(reader: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Neither a lookup index nor its statement is in any view of the reader's."""
    views = await reader.fetch(
        "select table_name from information_schema.table_privileges"
        " where grantee = 'yinjian_reader' and table_schema = 'registry'"
    )
    key = releases.lookup_key(1)
    for view in views:
        for row in await reader.fetch(f"select * from registry.{view['table_name']}"):
            assert not any(isinstance(value, bytes) and key in value for value in row.values())
    assert len(views) == 12


async def test_lookup_answers_only_who_knows_the_key(reader: "asyncpg.Connection[asyncpg.Record]") -> None:
    """The lookup function gives the number filed under a key, nothing for another, and no list of keys."""
    ask = "select key, list, number from registry.lookup($1)"
    key = releases.lookup_key(2)
    assert [tuple(row) for row in await reader.fetch(ask, [key])] == [(key, 5, releases.number(2))]
    assert await reader.fetch(ask, [bytes(32), b""]) == []
    assert await reader.fetch(ask, []) == []
    assert await reader.fetch(ask, None) == []
    with pytest.raises(asyncpg.DataError):
        await reader.fetch(ask, [bytes(32)] * 1001)


async def test_lookup_ignores_the_askers_search_path(reader: "asyncpg.Connection[asyncpg.Record]") -> None:
    """A search path of the reader's own does not change what the owner's function means."""
    await reader.execute("set search_path = registry, public")
    rows = await reader.fetch("select number from registry.lookup($1)", [releases.lookup_key(2)])
    assert [row["number"] for row in rows] == [releases.number(2)]


async def test_functions_of_the_owner_have_a_fixed_search_path(
    reader: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    """Every function that runs with the owner's rights says where names are found."""
    rows = await reader.fetch(
        "select proname, proconfig from pg_proc where prosecdef and pronamespace = 'registry'::regnamespace"
    )
    assert {row["proname"] for row in rows} >= {"lookup", "take_statement", "file_certificate"}
    assert all(row["proconfig"] == ["search_path=pg_catalog, pg_temp"] for row in rows)


def test_strangers_may_not_connect(server: embedded.Database, urls: Urls) -> None:
    """A role without a grant cannot even open the registry."""
    execute_as_owner(server, "create role yinjian_stranger login password 'x'")
    try:
        url = urls.reader.partition("@")[2]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            asyncio.run(asyncpg.connect(f"postgresql://yinjian_stranger:x@{url}"))
    finally:
        execute_as_owner(server, "drop role yinjian_stranger")
