"""How much one client may ask for: token buckets by client address, in this process's memory."""

import math
from typing import Final, Literal, Protocol

import msgspec

from verify.core.making_room import make_room

Budget = Literal["ask", "lookup", "rows", "kilobytes"]
"""Pages and verification; lookups by name and ID number; rows of bulk checks; large bodies."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """An allowance: so many a minute, and so many at once after a rest."""

    per_minute: int
    burst: int


RATES: Final[dict[Budget, Rate]] = {
    "ask": Rate(per_minute=3000, burst=600),
    "lookup": Rate(per_minute=120, burst=120),
    "rows": Rate(per_minute=10_000, burst=50_000),
    "kilobytes": Rate(per_minute=120 << 10, burst=128 << 10),
}
"""By client address (3-interfaces, Public HTTP service)."""
CONNECTIONS_OF_ADDRESS: Final = 256
"""Connections from one address: an office behind it, with six for each browser."""
CONNECTIONS: Final = 2000
"""In all."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of taking from an allowance."""

    wait: int
    """0, or the seconds to wait, where there was not enough left and nothing was taken."""
    left: int
    """How much is left."""
    whole_in: int
    """Seconds until the allowance is whole again."""


class Limiter(Protocol):
    """Counts what clients ask for."""

    async def take(self, budget: Budget, client: str, now: float, cost: int = 1) -> Taken:
        """Takes ``cost`` from the client's allowance, or nothing where there is less left.

        ``now`` is a time in seconds that never goes back; ``cost`` is at most the budget's burst.
        """
        ...


class Unlimited:
    """Lets everybody through (YINJIAN_RATE_LIMITS=off, for benchmarks)."""

    async def take(self, budget: Budget, client: str, now: float, cost: int = 1) -> Taken:  # noqa: ARG002 -- as the Protocol has it
        """Always enough."""
        return Taken(wait=0, left=RATES[budget].burst, whole_in=0)


class MemoryLimiter:
    """Buckets in memory, for a service of one process, of at most ``most`` clients: the longest silent make room."""

    def __init__(self, rates: dict[Budget, Rate] = RATES, most: int = 100_000) -> None:
        self._rates = rates
        self._most = most
        self._full_at: dict[tuple[Budget, str], float] = {}

    async def take(self, budget: Budget, client: str, now: float, cost: int = 1) -> Taken:
        """See Limiter. A bucket is kept as the time at which it is full again (GCRA)."""
        rate = self._rates[budget]
        step = 60 / rate.per_minute
        before = max(self._full_at.get((budget, client), now), now)
        full_at = before + cost * step
        over = full_at - now - rate.burst * step
        if over > 1e-9:
            return taken(rate, before - now, over)
        self._full_at.pop((budget, client), None)  # the table stays in the order in which clients last asked
        make_room(self._full_at, self._most)
        self._full_at[budget, client] = full_at
        return taken(rate, full_at - now)


def taken(rate: Rate, until_whole: float, over: float = 0.0) -> Taken:
    """An answer, by the seconds until the bucket is full again and those by which it was asked too much of."""
    left = rate.burst - math.ceil(until_whole * rate.per_minute / 60 - 1e-6)
    return Taken(wait=math.ceil(over), left=max(0, left), whole_in=math.ceil(until_whole))
