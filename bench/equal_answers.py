"""A lookup of nobody beside one of somebody under a wrong name: the same bytes in the same time.

What comes before the search, the proof of work, knows nothing of the register. The search itself is measured in turns
over PostgreSQL, and one that finds somebody beside them, to show that the measurement can tell.
"""

import asyncio
import bisect
import contextlib
import random
import statistics
import time

import msgspec

from bench.figures import Figure, limit
from migrations.embedded import Database
from tests import releases
from tests.invented import SECRET
from verify.http.check.asker import Asker
from verify.http.guard.memory import LocalMemory
from verify.http.guard.name_gate import NameGate
from verify.http.guard.names_tried import NamesTried
from verify.http.guard.proof import Proofs
from verify.http.lookup.lookups import Found
from verify.registry.port import RegistryUnavailable
from verify.registry.postgres import PostgresRegistry

TURNS = 4000
WITHIN = 0.05
"""Of the medians' ratio from 1, and of the chance that one of the first kind takes longer from a half: over this many
turns, equal times give a chance within 0.025 (four standard errors of the Mann-Whitney statistic)."""


def _gate() -> NameGate:
    memory = LocalMemory()
    return NameGate(NamesTried(SECRET, memory), Proofs(SECRET, memory))


async def _measure(database: Database, people: int) -> dict[str, list[float]]:
    """Seconds of each search, by its kind."""
    registry = await PostgresRegistry.open(database.reader_url, releases.ROOT_THUMBPRINT)
    asker = Asker(registry, (SECRET,), _gate())
    begun = time.perf_counter()
    while True:  # as the service's own askers are told, until it is known which indexes cover
        with contextlib.suppress(RegistryUnavailable):
            await registry.lookup([bytes(32)])
            break
        await asyncio.sleep(0.2)
    print(f"  lookups answered {time.perf_counter() - begun:.1f} s after the first")
    draw = random.Random(1)  # noqa: S311 -- the same draw every time
    took: dict[str, list[float]] = {"nobody": [], "wrong name": [], "found": []}
    answers: dict[str, set[bytes]] = {kind: set() for kind in took}
    for turn in range(-200, TURNS):  # the first turns fill caches and are not counted
        kinds = list(took)
        draw.shuffle(kinds)
        for kind in kinds:
            serial = draw.randint(1, people)
            name = f"候选人{serial}" if kind == "found" else f"候考人{serial}"
            number = f"ID{serial + (people if kind == 'nobody' else 0):08d}"
            begun = time.perf_counter()
            found = await asker.person(name, "other", number, now=releases.NOW)
            answer = msgspec.json.encode(Found(certificates=found))
            if turn >= 0:
                took[kind].append(time.perf_counter() - begun)
                answers[kind].add(answer)
    await registry.close()
    assert answers["nobody"] == answers["wrong name"] == {b'{"certificates":[]}'}
    return took


def _chance(some: list[float], others: list[float]) -> float:
    """That one of ``some`` is greater than one of ``others`` (Mann and Whitney's U, as a part of all pairs)."""
    ranked = sorted(others)
    below = sum(bisect.bisect_left(ranked, one) + bisect.bisect_right(ranked, one) for one in some)
    return below / 2 / len(some) / len(others)


def run(database: Database, people: int) -> list[Figure]:
    """Looks up 4,000 of each kind among ``people``."""
    print(f"{TURNS:,} lookups each of nobody, of a wrong name and of somebody, in turns")
    took = asyncio.run(_measure(database, people))
    for kind, times in took.items():
        tenths = statistics.quantiles(times, n=10)
        print(f"  {kind}: median {statistics.median(times) * 1e6:.0f} µs, 10 to 90 %: {tenths[0] * 1e6:.0f} to "
              f"{tenths[-1] * 1e6:.0f} µs")  # fmt: skip
    ratio = statistics.median(took["nobody"]) / statistics.median(took["wrong name"])
    chance = _chance(took["nobody"], took["wrong name"])
    print(f"  found beside a wrong name: chance of taking longer {_chance(took['found'], took['wrong name']):.3f}")
    return [
        limit("looking up nobody beside a wrong name: ratio of medians, from 1", abs(ratio - 1), WITHIN, unit=""),
        limit("the same: chance of taking longer, from a half", abs(chance - 0.5), WITHIN, unit=""),
    ]
