"""What grows with the registry and what does not: lookups by number, pages of a long list, bytes of the database.

Each size has a database and a service of its own; both run at once, and rounds alternate.
"""

import asyncio
import contextlib
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg

from bench import crowd
from bench.crowd import Exam
from bench.figures import Figure, beside, limit
from bench.load import Requests, Served, Wave, look_for_wrk, ours
from migrations import embedded
from migrations.embedded import Database

SMALL: Final = 10_000
LARGE: Final = 1_000_000
LARGEST: Final = 10_000_000
ROUNDS: Final = 5
SECONDS: Final = 3.0
MOST: Final = 1.2
"""Times the median answer at the smallest size."""
MOST_BYTES: Final = 1_500
"""Of the database for each certificate, with its row in the list, and every index."""
_EACH: Final = 100_000
"""Certificates of an exam."""
_DISTINCT: Final = 30_000


class _Registry:
    """A registry of one size with its service, and what was measured of it."""

    def __init__(self, people: int, database: Database, exams: list[Exam], served: Served, folder: Path) -> None:
        draw = random.Random(people)  # noqa: S311 -- the same draw every time
        drawn = [(exam, draw.randint(1, exam.people)) for exam in draw.choices(exams, k=_DISTINCT)]
        numbers = [f"GET\t/api/v1/certificates/{exam.number(serial)}" for exam, serial in drawn]
        self.people = people
        self.database = database
        self.exams = exams
        self.served = served
        self.numbers = Requests(folder, "number", numbers)
        self.waves: list[Wave] = []

    def measure(self) -> None:
        """One wave."""
        self.waves.append(self.served.load(self.numbers, SECONDS))

    @property
    def medians(self) -> list[float]:
        """The median answer of each wave, in milliseconds."""
        return [wave.p50 * 1e3 for wave in self.waves]


@contextlib.contextmanager
def _registry(folder: Path, people: int) -> Iterator[_Registry]:
    var = folder / "var"
    try:
        database = embedded.start(var, durable=False)
        print(f"growth: filing {people:,} certificates")
        exams = crowd.fill(database, people, count=max(1, people // _EACH))
        with ours(database) as (served, _ready):
            made = _Registry(people, database, exams, served, folder)
            served.read_lists([exam.number(1) for exam in exams])
            served.load(made.numbers, 3.0)
            yield made
    finally:
        embedded.stop(var)


async def _size(database: Database) -> int:
    connection = await asyncpg.connect(database.owner_url)
    try:
        size: int = await connection.fetchval("select pg_database_size(current_database())")
        return size
    finally:
        await connection.close()


async def _newest_list(database: Database, exam: str) -> int:
    connection = await asyncpg.connect(database.reader_url)
    try:
        asked = "select max(index) from registry.list_heads where exam = $1"
        index: int = await connection.fetchval(asked, exam)
        return index
    finally:
        await connection.close()


def _pages(one: _Registry, folder: Path) -> Figure:
    """The last page of the longest list beside its first."""
    exam = one.exams[0]
    code = f"CEM-{exam.term}"
    address = f"GET\t/api/v1/exams/{code}/pass-list"
    index = asyncio.run(_newest_list(one.database, code))
    first = Requests(folder, "first", [address])
    last = Requests(folder, "last", [f"{address}?cursor={index}.{exam.people - 100}"])
    took = [(one.served.load(last, 2.0).p50 * 1e3, one.served.load(first, 2.0).p50 * 1e3) for _ in range(ROUNDS)]
    late, early = zip(*took, strict=True)
    work = f"last page of a list of {exam.people:,}: p50"
    return beside(work, late, early, unit="ms", against="its first page", bound=MOST, side="at most")


def _grow(large: int) -> list[Figure]:
    look_for_wrk()
    with tempfile.TemporaryDirectory(prefix="yinjian-bench-") as name:
        folders = [Path(name) / str(people) for people in (SMALL, large)]
        for folder in folders:
            folder.mkdir()
        with _registry(folders[0], SMALL) as small, _registry(folders[1], large) as grown:
            for _turn in range(ROUNDS):
                small.measure()
                grown.measure()
            each = asyncio.run(_size(grown.database)) / large
            pages = _pages(grown, folders[1])
        work = f"by number among {large:,}: p50"
        against = f"among {SMALL:,}"
        return [
            beside(work, grown.medians, small.medians, unit="ms", against=against, bound=MOST, side="at most"),
            pages,
            limit(f"database of {large:,}: bytes a certificate", each, MOST_BYTES, unit="bytes"),
        ]


def run() -> list[Figure]:
    """A million beside ten thousand."""
    return _grow(LARGE)


def run_largest() -> list[Figure]:
    """Ten million beside ten thousand."""
    return _grow(LARGEST)
