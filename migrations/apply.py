"""Brings a database to the newest schema as its owner: roles, then the numbered SQL, one caller at a time."""

import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import asyncpg
import msgspec
from asyncpg.connect_utils import SessionAttribute
from pogo_core.error import BadMigrationError
from pogo_core.util import migrate as pogo
from pogo_core.util import sql as pogo_sql

from migrations.failures import DatabaseProblem, _
from verify.shared import database_trouble
from verify.shared.database_trouble import TROUBLE, told

SIGNER: Final = "yinjian_signer"
READER: Final = "yinjian_reader"
SQL: Final = Path(__file__).parent / "sql"
ADMINISTRATOR: Final = Path(__file__).parent / "administrator.sql"
"""What only a superuser can take from every role; the embedded database is made with it."""
LOCK_TIMEOUT = "5s"
CONNECTIONS: Final = 32
"""Connections that the reader role may have where nobody said otherwise: four processes of the service."""
_OPEN: Final = """
select exists (
    select from pg_proc p
    where p.pronamespace = 'pg_catalog'::regnamespace and has_function_privilege('public', p.oid, 'execute')
        and p.proname in ('lo_from_bytea', 'pg_advisory_lock', 'pg_logical_emit_message')
) or has_language_privilege('public', 'plpgsql', 'usage')
"""
_DISK: Final = {"temp_file_limit": "512MB", "log_min_messages": "fatal"}
"""What keeps the reader from filling the disk; the owner may set it where the administrator's SQL was run."""
_MAY_SET: Final = """
select case when current_setting('server_version_num')::int >= 150000
    then has_parameter_privilege(current_user, $1, 'set') else false end
"""
_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())
_log.propagate = False


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """Which migrations a database has, and which it lacks."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    open_to_all: bool = False
    """Whether every role may still do what ``ADMINISTRATOR`` takes away."""


async def migrate(
    url: str, passwords: Mapping[str, str] | None = None, reader_connections: int | None = None
) -> Schema:
    """Applies what the database at ``url`` lacks; ``applied`` names what this call applied.

    ``passwords`` sets those of the roles signer and reader; without, they are the operator's. Roles that are
    missing are made, which takes CREATEROLE. ``reader_connections`` is how many connections the reader may have;
    without, a number that was set stays. Callers wait for one another (at most a minute); a statement that waits
    for another session's lock gives up after 5 seconds. Raises DatabaseProblem.
    """
    connection = await _connect(url)
    try:
        async with _turn(url):
            await connection.execute(f"set lock_timeout = '{LOCK_TIMEOUT}'; set statement_timeout = '10min'")
            before = await _applied(connection)
            await _roles(connection, passwords or {})
            await _bound_the_reader(connection, reader_connections)
            await pogo.apply(connection, SQL, schema_name="registry", logger=_log)
            applied = tuple(sorted(await _applied(connection) - before))
            return Schema(applied=applied, pending=(), open_to_all=await connection.fetchval(_OPEN))
    except BadMigrationError as error:
        reason = "{migration}: {words}"
        raise DatabaseProblem(reason.format(migration=error, words=error.__cause__)) from error
    except TROUBLE as error:
        raise DatabaseProblem(_("The database could not be migrated: {words}").format(words=told(error))) from error
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def _turn(url: str) -> AsyncIterator[None]:
    """Holds the lock by which callers wait for one another: of a table that no other role can lock (ADR 12)."""
    connection = await _connect(url)
    try:
        await connection.execute("set lock_timeout = '60s'")
        # Of two that make it at once one fails, at whichever catalogue it is later, and finds it made.
        with contextlib.suppress(
            asyncpg.UniqueViolationError, asyncpg.DuplicateObjectError, asyncpg.DuplicateTableError
        ):
            await connection.execute("create table if not exists public.migrating ()")
        async with connection.transaction():
            await connection.execute("lock table public.migrating in exclusive mode")
            yield
    finally:
        await connection.close()


async def schema(url: str) -> Schema:
    """What the database at ``url`` has and lacks. Raises DatabaseProblem."""
    connection = await _connect(url)
    try:
        applied = await _applied(connection)
        open_to_all = await connection.fetchval(_OPEN)
    except TROUBLE as error:
        raise DatabaseProblem(_("The database could not be asked: {words}").format(words=told(error))) from error
    finally:
        await connection.close()
    known = sorted(path.stem for path in SQL.glob("*.sql"))
    pending = tuple(name for name in known if name not in applied)
    return Schema(applied=tuple(sorted(applied)), pending=pending, open_to_all=open_to_all)


async def _connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await database_trouble.connect(url, target_session_attrs=SessionAttribute.primary)
    except TROUBLE as error:
        raise DatabaseProblem(_("The database does not answer: {words}").format(words=told(error))) from None


async def _applied(connection: "asyncpg.Connection[asyncpg.Record]") -> set[str]:
    if await pogo_sql.get_pogo_version(connection) is None:
        return set()
    return await pogo_sql.get_applied_migrations(connection, schema_name="registry")


async def _roles(connection: "asyncpg.Connection[asyncpg.Record]", passwords: Mapping[str, str]) -> None:
    """Makes the roles that are missing. ALTER ROLE takes no parameters: the server quotes for us."""
    for role in (SIGNER, READER):
        if not await connection.fetchval("select true from pg_roles where rolname = $1", role):
            if not await connection.fetchval(
                "select rolcreaterole or rolsuper from pg_roles where rolname = current_user"
            ):
                reason = _(
                    "The role {role} is missing and the owner may not make it. As an administrator: "
                    "CREATE ROLE {role} LOGIN;"
                )
                raise DatabaseProblem(reason.format(role=role))
            await connection.execute(await connection.fetchval("select format('create role %I login', $1::text)", role))
        if role in passwords:
            text = "select format('alter role %I password %L', $1::text, $2::text)"
            await connection.execute(await connection.fetchval(text, role, passwords[role]))


async def _bound_the_reader(connection: "asyncpg.Connection[asyncpg.Record]", most: int | None) -> None:
    """Gives the reader role its bounds; a number of connections that was set before stays, unless ``most`` is given.

    The idle time is a default that a session may lift, against accidents alone; what it may write to the disk it may
    not lift. Raises DatabaseProblem where the
    owner, who did not make the role, may not.
    """
    role = await connection.fetchrow("select rolconnlimit, rolconfig from pg_roles where rolname = $1", READER)
    idle = "idle_in_transaction_session_timeout=10s"
    wanted = []
    if most is not None or role is None or role["rolconnlimit"] < 0:
        wanted.append(f"alter role {READER} connection limit {CONNECTIONS if most is None else most:d}")
    if role is None or idle not in (role["rolconfig"] or ()):
        wanted.append(f"alter role {READER} set idle_in_transaction_session_timeout = '10s'")
    set_before = {setting.partition("=")[0] for setting in (role["rolconfig"] or () if role else ())}
    for name, value in _DISK.items():
        if name not in set_before and await connection.fetchval(_MAY_SET, name):
            wanted.append(f"alter role {READER} set {name} = '{value}'")
    try:
        for statement in wanted:
            await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError as error:
        reason = _("The owner may not bound the role {role}. As an administrator: {statements};")
        raise DatabaseProblem(reason.format(role=READER, statements="; ".join(wanted))) from error
