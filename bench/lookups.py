"""Point lookups in a registry of 100,000 certificates, gathered into few queries, beside one plain query for each."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import asyncpg

from bench.figures import Figure, beside
from migrations.embedded import Database
from tests import releases
from verify.registry.postgres import PostgresRegistry

LOOKUPS = 20_000
ROUNDS = 3
AT_ONCE = 100
LEAST_RATIO = 1.5
_PLAIN = "select index, bytes from registry.certificates where number = $1"


async def _rate(numbers: list[str], ask: Callable[[str], Awaitable[object]]) -> float:
    """Answers a second, with AT_ONCE questions under way."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def bounded(number: str) -> None:
        async with gate:
            await ask(number)

    begun = time.perf_counter()
    await asyncio.gather(*map(bounded, numbers))
    return len(numbers) / (time.perf_counter() - begun)


async def _run(database: Database, people: int) -> list[Figure]:
    drawn = random.Random(1).choices(range(1, people + 1), k=LOOKUPS)  # noqa: S311 - the same draw every time
    numbers = [releases.number(serial) for serial in drawn]
    registry = await PostgresRegistry.open(database.reader_url, releases.ROOT_THUMBPRINT)
    pool = await asyncpg.create_pool(database.reader_url, min_size=8, max_size=8)
    begun = time.perf_counter()
    await registry.by_number(numbers[0])
    print(f"  first answer, with its list of {people:,} checked: {time.perf_counter() - begun:.2f} s")

    async def plain(number: str) -> None:
        await pool.fetchrow(_PLAIN, number)

    rates = [(await _rate(numbers, registry.by_number), await _rate(numbers, plain)) for _ in range(ROUNDS)]
    await registry.close()
    await pool.close()
    gathered, peer = zip(*rates, strict=True)
    work, against = f"{LOOKUPS:,} whole records by number, gathered", "plain rows, one query each"
    return [beside(work, gathered, peer, unit="/s", against=against, bound=LEAST_RATIO)]


def run(database: Database, people: int) -> list[Figure]:
    """Asks 20,000 times, 100 at a time."""
    print(f"{LOOKUPS:,} lookups, {AT_ONCE} at a time")
    return asyncio.run(_run(database, people))
