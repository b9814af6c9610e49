"""Limits and memory in Valkey or Redis, for a service of several processes (YINJIAN_REDIS_URL).

While it does not answer, each process counts for itself: a service that is up is worth more than exact counts,
and the log tells the operator.
"""

import logging
import time
from collections.abc import Sequence
from typing import Final

import redis.asyncio as redis
from redis.exceptions import RedisError

from verify.http.guard.limits import RATES, Budget, MemoryLimiter, Rate, Taken, taken
from verify.http.guard.memory import Count, LocalMemory, kind_of

_log = logging.getLogger("yinjian.redis")

_TROUBLE: Final = (RedisError, OSError, TimeoutError)
_CONNECTIONS: Final = 16
_SECONDS: Final = 1.0
"""How long a request waits for the server before its process counts alone."""
_REST: Final = 5.0
"""Seconds for which a server that did not answer is left alone."""

MOST: Final = 1_000_000
"""Keys of each kind that the server holds for us; the oldest make room."""

_ROOM: Final = """
local function room(index, key, now, until_, most)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
  redis.call('ZADD', index, until_, key)
  while redis.call('ZCARD', index) > most do redis.call('DEL', redis.call('ZPOPMIN', index)[1]) end
end
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
"""
"""An index of each kind's keys by the time at which they are forgotten: what keeps a kind within its bound."""

_TAKE: Final = (
    _ROOM
    + """
local step, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local before = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local full_at = before + cost * step
local over = full_at - now - burst * step
if over > 1e-6 then return {tostring(over), tostring(before - now)} end
redis.call('SET', KEYS[1], string.format('%.6f', full_at), 'EX', math.ceil(full_at - now) + 1)
room(KEYS[2], KEYS[1], now, full_at, tonumber(ARGV[4]))
return {'0', tostring(full_at - now)}
"""
)
"""The generic cell rate algorithm, in one step, by the server's clock."""

_NOTES: Final = (
    _ROOM
    + """
local function note(index, key, member, seconds, most)
  local new = redis.call('SADD', key, member)
  if redis.call('TTL', key) < 0 then
    redis.call('EXPIRE', key, seconds)
    room(index, key, now, now + seconds, most)
  end
  return new
end
"""
)

_NOTE: Final = _NOTES + "return note(KEYS[2], KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]))"

_ADMIT: Final = (
    _NOTES
    + """
local per = tonumber(ARGV[3])
local tries = #KEYS / per - 1
local admitted = {}
for at = 0, tries - 1 do
  admitted[at + 1] = 1
  for count = 1, per do
    local place = at * per + count
    if redis.call('SCARD', KEYS[place]) >= tonumber(ARGV[2 + 2 * place]) then admitted[at + 1] = 0 end
  end
  for count = 1, per do
    local place = at * per + count
    local member = ARGV[3 + 2 * place]
    if admitted[at + 1] == 1 and member ~= '' then
      note(KEYS[tries * per + count], KEYS[place], member, ARGV[1], tonumber(ARGV[2]))
    end
  end
end
return admitted
"""
)
"""All of a call in one step and one round trip. The last keys are the indexes; an empty member stands for none."""


class Shared:
    """One connection pool, with a limiter and a memory on it."""

    def __init__(self, url: str, most: int = MOST) -> None:
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
        self._most = most
        self._limiter = MemoryLimiter()
        self._memory = LocalMemory()
        self._resting_until = 0.0

    async def take(self, budget: Budget, client: str, now: float, cost: int = 1) -> Taken:
        """See Limiter. The server's clock counts, not ``now``."""
        rate: Rate = RATES[budget]
        if self._answers():
            try:
                over, until_whole = await self._take(
                    keys=_placed(f"{budget}:{client}"), args=[60 / rate.per_minute, rate.burst, cost, self._most]
                )
                return taken(rate, float(until_whole), float(over))
            except _TROUBLE as error:
                self._rest(error)
        return await self._limiter.take(budget, client, now, cost)

    async def note(self, key: str, member: str, seconds: int, now: float) -> bool:
        """See Memory. The server's clock counts, not ``now``."""
        if self._answers():
            try:
                return bool(await self._note(keys=_placed(key), args=[member, seconds, self._most]))
            except _TROUBLE as error:
                self._rest(error)
        return await self._memory.note(key, member, seconds, now)

    async def tallies(self, keys: Sequence[str], now: float) -> list[int]:
        """See Memory."""
        if self._answers():
            try:
                async with self._client.pipeline(transaction=False) as asked:
                    for key in keys:
                        asked.scard(f"{_OURS}{key}")
                    return list(map(int, await asked.execute()))
            except _TROUBLE as error:
                self._rest(error)
        return await self._memory.tallies(keys, now)

    async def admit(self, tries: Sequence[tuple[Count, ...]], seconds: int, now: float) -> list[bool]:
        """See Memory. The server's clock counts, not ``now``."""
        if not tries:
            return []
        if self._answers():
            counts = [count for item in tries for count in item]
            keys = [f"{_OURS}{count.key}" for count in counts] + [_placed(count.key)[1] for count in tries[0]]
            args: list[str | int] = [seconds, self._most, len(tries[0])]
            for count in counts:
                args += [count.most, count.member or ""]
            try:
                return [bool(one) for one in await self._admit(keys=keys, args=args)]
            except _TROUBLE as error:
                self._rest(error)
        return await self._memory.admit(tries, seconds, now)

    async def close(self) -> None:
        """Lets go of the connections."""
        await self._client.aclose()

    def _answers(self) -> bool:
        return time.monotonic() >= self._resting_until

    def _rest(self, error: Exception) -> None:
        self._resting_until = time.monotonic() + _REST
        _log.error("the shared limits did not answer (%s); counting alone for a while", type(error).__name__)


_OURS: Final = "yinjian:"


def _placed(key: str) -> list[str]:
    """A key as the server has it, and the index of its kind."""
    return [f"{_OURS}{key}", f"{_OURS}oldest:{kind_of(key)}"]
