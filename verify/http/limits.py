"""How much one client may ask for: token buckets by client address, in this process's memory."""

import math
from typing import Final, Literal, Protocol

import msgspec

Budget = Literal["ask", "lookup"]
"""Pages and verification; lookups by name and ID number."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """An allowance: so many a minute, and so many at once after a rest."""

    per_minute: int
    burst: int


RATES: Final[dict[Budget, Rate]] = {
    "ask": Rate(per_minute=3000, burst=600),
    "lookup": Rate(per_minute=120, burst=120),
}
"""By client address (3-interfaces, Public HTTP service)."""


class Limiter(Protocol):
    """Counts what clients ask for."""

    async def wait(self, budget: Budget, client: str, now: float) -> int:
        """Takes one from the client's allowance: 0, or the seconds to wait when there is none left.

        ``now`` is a time in seconds that never goes back.
        """
        ...


class Unlimited:
    """Lets everybody through (YINJIAN_RATE_LIMITS=off, for benchmarks)."""

    async def wait(self, budget: Budget, client: str, now: float) -> int:  # noqa: ARG002 -- as the Protocol has it
        """Always 0."""
        return 0


class MemoryLimiter:
    """Buckets in memory, for a service of one process. At most ``most`` clients are remembered."""

    def __init__(self, rates: dict[Budget, Rate] = RATES, most: int = 100_000) -> None:
        self._rates = rates
        self._most = most
        self._full_at: dict[tuple[Budget, str], float] = {}

    async def wait(self, budget: Budget, client: str, now: float) -> int:
        """See Limiter. A bucket is kept as the time at which it is full again (GCRA)."""
        rate = self._rates[budget]
        step = 60 / rate.per_minute
        full_at = max(self._full_at.get((budget, client), now), now) + step
        over = full_at - now - rate.burst * step
        if over > 1e-9:
            return math.ceil(over)
        if len(self._full_at) >= self._most:
            self._forget(now)
        self._full_at[budget, client] = full_at
        return 0

    def _forget(self, now: float) -> None:
        """Drops the clients whose allowance is whole again, or else everybody."""
        self._full_at = {key: full_at for key, full_at in self._full_at.items() if full_at > now}
        if len(self._full_at) >= self._most:
            self._full_at.clear()
