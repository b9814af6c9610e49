"""The hosts of one registry: a primary and its standbys, each asked only as long as nothing is missing there.

PostgreSQL replicates; this says which of its servers may be read. A standby must be one of those that publish waits for
(``standbys``, by its cluster_name), so that what publish has acknowledged is there. Beyond that, no host is asked that
is behind what this process has seen, or that has other statements in their place: a primary that was left behind by a
failover, a standby promoted beside it, or a backup put in the registry's place below a running service. Where none is
left there is no answer, never an older one.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
import msgspec

from verify.shared.asked_by_keys import BY_KEYS
from verify.shared.database_trouble import TROUBLE
from verify.shared.lasting import lasting

Attributes = Literal["any", "primary", "read-write", "standby", "read-only", "prefer-standby"]

_log = logging.getLogger("yinjian.hosts")

_SETTINGS: Final = {
    "application_name": "yinjian-verify",
    "statement_timeout": "4000",
    # Questions have the registry's state in their first row: workers beside one another would answer in any order.
    "max_parallel_workers_per_gather": "0",
    **BY_KEYS,
}
_LOOK: Final = """
select pg_is_in_recovery() as standby, current_setting('cluster_name') as name, s.size,
    (select e.digest from registry.entries e where e.index = s.size - 1) as tip,
    (select e.digest from registry.entries e where e.index = $1) as seen
from registry.state s
"""
_TIP: Final = "select e.digest from registry.entries e where e.index = $1"
_WATCH_SECONDS: Final = 1.0


class Unfit(Exception):
    """A host that may not be asked now; the message says why."""


class Seen(msgspec.Struct):
    """How far this process has seen the registry go, at any host."""

    size: int = 0
    tip: bytes | None = None
    """The digest of the last statement of so many."""


if TYPE_CHECKING:
    _Connection = asyncpg.Connection[asyncpg.Record]
else:
    _Connection = asyncpg.Connection  # which takes no type as it runs


class Linked(_Connection):
    """A connection that knows how far its server was when it last told."""

    __slots__ = ("told",)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.told = -1

    def has(self, size: int) -> bool:
        """Whether its server has told of at least so many statements."""
        return self.told >= size

    def tells(self, size: int) -> None:
        """Notes how far its server goes. Raises Unfit where it went back: a backup was put in the registry's place."""
        if size < self.told:
            raise Unfit(f"gone back, by statements: {self.told - size}")
        self.told = size


class Host:
    """One server, with a pool of connections."""

    def __init__(self, name: str, url: str, *, connections: int, seconds: float) -> None:
        self.name: Final = name
        """Address and port."""
        self.unfit: str | None = None
        """Why it is not asked, None where it is."""
        self.standby: bool | None = None
        self.size = 0
        """How far it was when it last told."""
        self._url = url
        self._connections = connections
        self._seconds = seconds
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Makes the pool, without a connection."""
        self._pool = await asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._connections,
            timeout=self._seconds,
            command_timeout=self._seconds,
            server_settings=_SETTINGS,
            connection_class=Linked,
            reset=_leave_as_it_is,
        )

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        """A connection. Raises one of TROUBLE."""
        if self._pool is None:
            raise asyncpg.InterfaceError("the pool is not open")
        async with asyncio.timeout(self._seconds):  # the pool's own takes a task for each
            connection = await self._pool.acquire()
        try:
            yield connection
        finally:
            await self._pool.release(connection, timeout=self._seconds)

    async def distrust(self) -> None:
        """Has every connection made anew, and so looked at, before it is asked again."""
        if self._pool is not None:
            await self._pool.expire_connections()

    @property
    def in_use(self) -> tuple[int, int]:
        """Connections that are in use, and that are idle."""
        idle = self._pool.get_idle_size() if self._pool else 0
        return (self._pool.get_size() - idle if self._pool else 0), idle

    async def close(self) -> None:
        """Lets go of every connection, at once where the server does not answer."""
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), self._seconds)
        except TROUBLE:
            self._pool.terminate()


class Hosts:
    """The hosts that a database URL names, in its order."""

    def __init__(self, hosts: Sequence[Host], wanted: Attributes = "any", standbys: Sequence[str] = ()) -> None:
        self.hosts: Final = tuple(hosts)
        self.seen = Seen()
        self._wanted = wanted
        self._standbys = frozenset(standbys)
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, *, connections: int, seconds: float, standbys: Sequence[str] = ()) -> Self:
        """The hosts of ``url``: postgresql://user:password@host:port,host:port/database?target_session_attrs=…"""
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        wanted: Attributes = msgspec.convert(options.pop("target_session_attrs", "any"), Attributes)
        shuffled = options.pop("load_balance_hosts", "disable") == "random"
        who, at, where = parts.netloc.rpartition("@")
        names = where.split(",")
        if shuffled:
            random.shuffle(names)
        # Of several hosts one that is silent must leave time for the next.
        own = seconds if len(names) == 1 else seconds / 2
        hosts = [
            Host(
                name,
                urlunsplit(parts._replace(netloc=f"{who}{at}{name}", query=urlencode(options))),
                connections=connections,
                seconds=own,
            )
            for name in names
        ]
        for host in hosts:
            await host.open()
        opened = cls(hosts, wanted, standbys)
        opened._watching = asyncio.create_task(lasting("watching the databases", opened._watch, _WATCH_SECONDS))
        return opened

    async def close(self) -> None:
        """Lets go of every connection."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await asyncio.gather(*(host.close() for host in self.hosts))

    def in_order(self) -> list[Host]:
        """Those that are fit in the order in which they are asked, and behind them the others, in case."""
        preferred = self._wanted == "prefer-standby"
        return sorted(self.hosts, key=lambda host: (host.unfit is not None, preferred and host.standby is False))

    async def fetch(
        self, host: Host, query: str, arguments: Sequence[object], seconds: float | None = None
    ) -> list[asyncpg.Record]:
        """The rows of one query at one host, which may take other ``seconds`` than usual. Raises Unfit, or TROUBLE."""
        async with host.connection() as connection:
            if not connection.has(self.seen.size):
                await self._look(host, connection)
            rows: list[asyncpg.Record]
            if seconds is None:
                rows = await connection.fetch(query, *arguments)
            else:
                async with connection.transaction():
                    await connection.execute(f"set local statement_timeout = {int(1000 * seconds)}")
                    rows = await connection.fetch(query, *arguments, timeout=seconds)
            if rows and (size := rows[0].get("size")) is not None:
                await self._told(host, connection, size)
            return rows

    async def _told(self, host: Host, connection: Any, size: int) -> None:
        """An answer said how far the registry goes."""
        connection.tells(size)
        host.size = max(host.size, size)
        while size > self.seen.size:
            tip = await connection.fetchval(_TIP, size - 1)
            if size > self.seen.size:  # or else another answer went further meanwhile
                self.seen = Seen(size, tip)

    async def _look(self, host: Host, connection: Any) -> None:
        """Finds out whether a host is fit. Raises Unfit."""
        while True:
            seen = self.seen
            row = await connection.fetchrow(_LOOK, seen.size - 1)
            if seen is self.seen:
                break
        host.standby, host.size = row["standby"], row["size"]
        if row["standby"] and row["name"] not in self._standbys:
            raise Unfit("a standby that publish does not wait for (YINJIAN_STANDBYS does not name it)")
        if self._wanted in ("primary", "read-write") and row["standby"]:
            raise Unfit("a standby")
        if self._wanted in ("standby", "read-only") and not row["standby"]:
            raise Unfit("no standby")
        if row["size"] < seen.size:
            raise Unfit(f"behind, by statements: {seen.size - row['size']}")
        if seen.size and row["seen"] != seen.tip:
            await host.distrust()
            raise Unfit("another history: it has other statements than were seen before")
        connection.tells(row["size"])
        if row["size"] > seen.size and self.seen is seen:
            self.seen = Seen(row["size"], row["tip"])

    def found(self, host: Host, unfit: str | None) -> None:
        """Notes whether a host may be asked, and tells the operator where that is new."""
        if host.unfit != unfit:
            if unfit is None:
                _log.warning("the database at %s is asked again", host.name)
            elif host.unfit is None or not unfit.startswith("behind"):
                _log.warning("the database at %s is not asked: %s", host.name, unfit)
        host.unfit = unfit

    async def _watch(self) -> None:
        """Looks at every host, so that no question has to find out."""
        await asyncio.gather(*map(self.look_at, self.hosts))

    async def look_at(self, host: Host) -> None:
        """Finds out whether a host may be asked, and notes it."""
        try:
            async with host.connection() as connection:
                await self._look(host, connection)
        except Unfit as unfit:
            self.found(host, str(unfit))
        except TROUBLE as error:
            self.found(host, f"no answer ({type(error).__name__})")
        else:
            self.found(host, None)


async def _leave_as_it_is(_: Any) -> None:
    """Connections hold no state between questions; resetting each would halve the rate."""
