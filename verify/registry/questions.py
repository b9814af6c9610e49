"""Asking PostgreSQL with the reader's rights: one pool, and one error for whatever keeps an answer away."""

import asyncio
from typing import Any, Final, Self

import asyncpg
import msgspec

from verify.registry.port import RegistryUnavailable

_SETTINGS: Final = {"application_name": "yinjian-verify", "statement_timeout": "4000", "jit": "off"}

STATE: Final = "select size, disowned, keyring, keyring_digest, list, list_digest, now from registry.state"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far the registry goes, in the answer to the same question as what stands beside it."""

    size: int
    """Statements in the log; what has this index or a later one was not there yet."""
    disowned: int
    """How many statements' bodies the owner emptied."""
    keyring: int | None
    """Where the newest statement stands that calls itself a keyring."""
    keyring_digest: bytes | None
    list: int | None
    """The same of pass lists."""
    list_digest: bytes | None
    now: int
    """The registry's clock, seconds since 1970."""

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """The state that a row holds."""
        return cls(
            size=row["size"],
            disowned=row["disowned"],
            keyring=row["keyring"],
            keyring_digest=row["keyring_digest"],
            list=row["list"],
            list_digest=row["list_digest"],
            now=row["now"],
        )


class Questions:
    """A pool of connections. None is needed before the first question, and a broken one is replaced at the next."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", seconds: float) -> None:
        self._pool = pool
        self.seconds: Final = seconds
        """How long connecting, and then answering, may take."""

    @classmethod
    async def open(cls, url: str, *, connections: int, seconds: float) -> Self:
        """A pool for ``url``, which may name several hosts."""
        pool = await asyncpg.create_pool(
            url,
            min_size=0,
            max_size=connections,
            timeout=seconds,
            command_timeout=seconds,
            server_settings=_SETTINGS,
            reset=_leave_as_it_is,
        )
        return cls(pool, seconds)

    async def close(self) -> None:
        """Lets go of every connection, at once where one does not answer."""
        try:
            await asyncio.wait_for(self._pool.close(), self.seconds)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self._pool.terminate()

    async def fetch(self, query: str, *arguments: object) -> list[asyncpg.Record]:
        """The rows of one query. Whatever goes wrong between here and there is RegistryUnavailable."""
        try:
            async with self._pool.acquire(timeout=self.seconds) as connection:
                rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
                return rows
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise RegistryUnavailable(f"the registry gave no answer ({type(error).__name__})") from error


async def _leave_as_it_is(_: Any) -> None:
    """Connections hold no state between questions; resetting each would halve the rate."""
