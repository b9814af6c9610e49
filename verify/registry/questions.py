"""Asking PostgreSQL with the reader's rights: of several hosts, and one error for whatever keeps an answer away."""

from collections.abc import Sequence
from typing import Final, Self

import asyncpg
import msgspec

from verify.core.errors import RegisterDamaged
from verify.registry.hosts import Hosts, Unfit
from verify.registry.port import RegistryUnavailable
from verify.shared.database_trouble import TROUBLE

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

    @property
    def moment(self) -> tuple[object, ...]:
        """What tells this state from others: the same only while nothing was published or emptied."""
        return self.size, self.disowned, self.list_digest, self.keyring_digest

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """The state that a row holds. Raises RegisterDamaged where the newest keyring or list is filed and gone."""
        if (row["keyring_digest"] is None) != (row["keyring"] is None) or (row["list_digest"] is None) != (
            row["list"] is None
        ):
            raise RegisterDamaged("register_damaged", "the newest keyring or list is filed, and gone")
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
    """Asks the first of several hosts that is fit. No connection is needed before the first question."""

    def __init__(self, hosts: Hosts, seconds: float) -> None:
        self.hosts: Final = hosts
        self.seconds: Final = seconds
        """How long connecting, and then answering, may take."""

    @classmethod
    async def open(cls, url: str, *, connections: int, seconds: float, standbys: Sequence[str] = ()) -> Self:
        """Questions to ``url``, which may name several hosts; see Hosts for which of them are asked."""
        return cls(await Hosts.open(url, connections=connections, seconds=seconds, standbys=standbys), seconds)

    async def close(self) -> None:
        """Lets go of every connection."""
        await self.hosts.close()

    async def fetch(self, query: str, *arguments: object, seconds: float | None = None) -> list[asyncpg.Record]:
        """The rows of one query. Whatever goes wrong between here and there is RegistryUnavailable.

        ``seconds`` is for a question that nobody waits for, and that may take longer than others. A host that does not
        answer, or is not fit, is passed over: asking anew does no harm, as nothing is written.
        """
        why = "none was asked"
        for host in self.hosts.in_order():
            try:
                rows = await self.hosts.fetch(host, query, arguments, seconds)
                self.hosts.found(host, None)
                return rows
            except asyncpg.QueryCanceledError as error:  # what is too much for one host is for the next
                raise RegistryUnavailable("the registry gave no answer in time") from error
            except Unfit as unfit:
                why = str(unfit)
            except TROUBLE as error:
                why = type(error).__name__
            self.hosts.found(host, f"no answer ({why})" if why.isidentifier() else why)
        raise RegistryUnavailable(f"the registry gave no answer ({why})")
