"""Limits and memory in Valkey or Redis, for a service of several processes (YINJIAN_REDIS_URL).

While it does not answer, each process counts for itself: a service that is up is worth more than exact counts,
and the log tells the operator.
"""

import logging
import time
from collections.abc import Sequence
from typing import Final, cast

import redis.asyncio as redis
from redis.exceptions import RedisError

from verify.http.guard.limits import RATES, Budget, MemoryLimiter, Rate, Taken, taken
from verify.http.guard.memory import LocalMemory, Tally

_log = logging.getLogger("yinjian.redis")

_TROUBLE: Final = (RedisError, OSError, TimeoutError)
_CONNECTIONS: Final = 16
_SECONDS: Final = 1.0
"""How long a request waits for the server before its process counts alone."""
_REST: Final = 5.0
"""Seconds for which a server that did not answer is left alone."""

_TAKE: Final = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local step, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local before = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local full_at = before + cost * step
local over = full_at - now - burst * step
if over > 1e-6 then return {tostring(over), tostring(before - now)} end
redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'EX', math.ceil(full_at - now) + 1)
return {'0', tostring(full_at - now)}
"""
"""The generic cell rate algorithm, in one step, by the server's clock."""

_NOTE: Final = """
local new = redis.call('SADD', KEYS[1], ARGV[1])
if redis.call('TTL', KEYS[1]) < 0 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return new
"""

_ADMIT: Final = """
local waits = {}
for place, key in ipairs(KEYS) do
  if redis.call('SCARD', key) >= tonumber(ARGV[1]) then
    waits[place] = math.max(redis.call('TTL', key), 1)
  else
    waits[place] = 0
    if ARGV[place + 2] ~= '' then
      redis.call('SADD', key, ARGV[place + 2])
      if redis.call('TTL', key) < 0 then redis.call('EXPIRE', key, ARGV[2]) end
    end
  end
end
return waits
"""
"""All of a call in one step and one round trip; an empty member stands for none."""


class Shared:
    """One connection pool, with a limiter and a memory on it."""

    def __init__(self, url: str) -> None:
        # Few connections, and a queue for them: hundreds opened at once would be too slow to be taken for alive.
        pool: redis.BlockingConnectionPool = redis.BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_SECONDS,
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
        )
        self._client = redis.Redis.from_pool(pool)
        self._take = self._client.register_script(_TAKE)
        self._note = self._client.register_script(_NOTE)
        self._admit = self._client.register_script(_ADMIT)
        self._limiter = MemoryLimiter()
        self._memory = LocalMemory()
        self._resting_until = 0.0

    async def take(self, budget: Budget, client: str, now: float, cost: int = 1) -> Taken:
        """See Limiter. The server's clock counts, not ``now``."""
        rate: Rate = RATES[budget]
        if self._answers():
            try:
                over, until_whole = await self._take(
                    keys=[f"yinjian:{budget}:{client}"], args=[60 / rate.per_minute, rate.burst, cost]
                )
                return taken(rate, float(until_whole), float(over))
            except _TROUBLE as error:
                self._rest(error)
        return await self._limiter.take(budget, client, now, cost)

    async def note(self, key: str, member: str, seconds: int, now: float) -> bool:
        """See Memory. The server's clock counts, not ``now``."""
        if self._answers():
            try:
                return bool(await self._note(keys=[f"yinjian:{key}"], args=[member, seconds]))
            except _TROUBLE as error:
                self._rest(error)
        return await self._memory.note(key, member, seconds, now)

    async def tally(self, key: str, now: float) -> Tally:
        """See Memory."""
        if self._answers():
            try:
                async with self._client.pipeline(transaction=False) as asked:
                    asked.scard(f"yinjian:{key}")
                    asked.ttl(f"yinjian:{key}")
                    size, left = cast(tuple[int, int], await asked.execute())
                return Tally(size=size, left=max(left, 0))
            except _TROUBLE as error:
                self._rest(error)
        return await self._memory.tally(key, now)

    async def admit(self, tries: Sequence[tuple[str, str | None]], most: int, seconds: int, now: float) -> list[int]:
        """See Memory. The server's clock counts, not ``now``."""
        if self._answers():
            keys, members = [f"yinjian:{key}" for key, _ in tries], [member or "" for _, member in tries]
            try:
                return list(map(int, await self._admit(keys=keys, args=[most, seconds, *members])))
            except _TROUBLE as error:
                self._rest(error)
        return await self._memory.admit(tries, most, seconds, now)

    async def close(self) -> None:
        """Lets go of the connections."""
        await self._client.aclose()

    def _answers(self) -> bool:
        return time.monotonic() >= self._resting_until

    def _rest(self, error: Exception) -> None:
        self._resting_until = time.monotonic() + _REST
        _log.error("the shared limits did not answer (%s); counting alone for a while", type(error).__name__)
