"""Brings a database to the newest schema as its owner: roles, then the numbered SQL, one caller at a time."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import asyncpg
import msgspec
from asyncpg.connect_utils import SessionAttribute
from pogo_core.error import BadMigrationError
from pogo_core.util import migrate as pogo
from pogo_core.util import sql as pogo_sql

from migrations.problems import DatabaseProblem, _

SIGNER: Final = "yinjian_signer"
READER: Final = "yinjian_reader"
SQL: Final = Path(__file__).parent / "sql"
LOCK_TIMEOUT = "5s"
_LOCK: Final = 7310302
_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())
_log.propagate = False


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """Which migrations a database has, and which it lacks."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]


async def migrate(url: str, passwords: Mapping[str, str] | None = None) -> Schema:
    """Applies what the database at ``url`` lacks; ``applied`` names what this call applied.

    ``passwords`` sets those of the roles signer and reader; without, they are the operator's. Roles that are
    missing are made, which takes CREATEROLE. Callers wait for one another (at most a minute); a statement
    that waits for another session's lock gives up after 5 seconds. Raises DatabaseProblem.
    """
    connection = await _connect(url)
    try:
        await connection.execute("set lock_timeout = '60s'")
        await connection.fetchval("select pg_advisory_lock($1)", _LOCK)
        await connection.execute(f"set lock_timeout = '{LOCK_TIMEOUT}'; set statement_timeout = '10min'")
        before = await _applied(connection)
        await _roles(connection, passwords or {})
        await pogo.apply(connection, SQL, schema_name="registry", logger=_log)
        return Schema(applied=tuple(sorted(await _applied(connection) - before)), pending=())
    except BadMigrationError as error:
        reason = "{migration}: {words}"
        raise DatabaseProblem(reason.format(migration=error, words=error.__cause__)) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise DatabaseProblem(_("The database could not be migrated: {words}").format(words=error)) from error
    finally:
        await connection.close()


async def schema(url: str) -> Schema:
    """What the database at ``url`` has and lacks. Raises DatabaseProblem."""
    connection = await _connect(url)
    try:
        applied = await _applied(connection)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise DatabaseProblem(_("The database could not be asked: {words}").format(words=error)) from error
    finally:
        await connection.close()
    known = sorted(path.stem for path in SQL.glob("*.sql"))
    return Schema(applied=tuple(sorted(applied)), pending=tuple(name for name in known if name not in applied))


async def _connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(url, timeout=15, target_session_attrs=SessionAttribute.primary)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        words = f"{type(error).__name__}: {error}"
        raise DatabaseProblem(_("The database does not answer: {words}").format(words=words)) from None


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
