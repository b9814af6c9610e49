"""What grows with the registry and what does not: lookups, pages of a long list, publishing, bytes of the database.

Each size has a database and a service of its own; both run at once, and rounds alternate.
"""

import asyncio
import bisect
import contextlib
import itertools
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg
import msgspec

from bench.figures import Figure, beside, limit
from bench.service import crowd
from bench.service.crowd import Exam, Made
from bench.service.load import Requests, Served, Wave, look_for_wrk, ours
from signing.release import release_file
from signing.release.into_registry import publish
from tests import releases
from verify.registry import hosts, records

SMALL: Final = 10_000
LARGE: Final = 1_000_000
LARGEST: Final = 10_000_000
ROUNDS: Final = 5
WAVES: Final = 3
"""Of questions by number, beside one that warms: so many ask each number of the smallest registry about once. A second
time is another work, "the same again": nothing is checked anew. How often it happened all the same is printed.
"""
SECONDS: Final = 1.0
"""Of a wave; wrk takes whole ones."""
MOST: Final = 1.2
"""Times the median answer at the smallest size; and times a certificate's time in publishing."""
MOST_BYTES: Final = 1_500
"""Of the database for each certificate, with its row in the list, its lookup row, the log, and every index."""
PUBLISHED: Final = 2_000
"""Certificates of one release that both publish."""
_EXPLAINED: Final = 45
_WRITTEN: Final = "select (pg_current_wal_insert_lsn() - '0/0')::bigint"


class _Size:
    """A registry of one size with its service, and what was measured of it."""

    def __init__(self, made: Made, served: Served, folder: Path) -> None:
        draw = random.Random(made.people)  # noqa: S311 -- the same draw every time
        ends = list(itertools.accumulate(exam.people for exam in made.exams))
        numbers = []
        for at in draw.sample(range(made.people), k=SMALL):
            which = bisect.bisect_right(ends, at)
            exam = made.exams[which]
            numbers.append(f"GET\t/api/v1/certificates/{exam.number(ends[which] - at)}")
        self.made = made
        self.served = served
        self.numbers = Requests(folder, f"number-{made.people}", numbers)
        self.waves: list[Wave] = []
        self.publishing: list[float] = []
        """Seconds of each release."""
        self.written: list[float] = []
        """Bytes that each certificate of it put into PostgreSQL's own log; without whole pages (see ADR 54)."""
        self._folder = folder
        there = asyncio.run(crowd.asked(made.database.owner_url, crowd.EVERY_EXAM))
        self._terms = iter(crowd.exams(PUBLISHED * (ROUNDS + 1), ROUNDS + 1, there))

    def measure(self) -> None:
        """One wave."""
        self.waves.append(self.served.load(self.numbers, SECONDS))

    def publish(self) -> None:
        """One exam more."""
        exam = Exam(next(self._terms).term, PUBLISHED)
        path = self._folder / f"{self.made.people}-{exam.term}.release"
        release_file.write(path, crowd.release(exam))
        before = asyncio.run(crowd.asked(self.made.database.owner_url, _WRITTEN))
        begun = time.perf_counter()
        publish(
            path,
            self.made.database.signer_url,
            keyring=releases.keyrings(),
            root=releases.ROOT_THUMBPRINT,
            log=releases.logbook(self.made.state),
            now=releases.NOW,
        )
        self.publishing.append(time.perf_counter() - begun)
        after = asyncio.run(crowd.asked(self.made.database.owner_url, _WRITTEN))
        self.written.append((after - before) / PUBLISHED)

    async def read(self) -> list[float]:
        """How many pages PostgreSQL looks at for one number, of several drawn."""
        connection = await asyncpg.connect(self.made.database.owner_url, server_settings=hosts._SETTINGS)
        await connection.execute(f"prepare asked as {records._RECORDS}")
        draw = random.Random(2)  # noqa: S311 -- the same draw every time
        pages = []
        for exam in draw.choices(self.made.exams, k=_EXPLAINED):
            number = exam.number(draw.randint(1, exam.people))
            told = await connection.fetchval(f"explain (analyze, buffers, format json) execute asked ('{{{number}}}')")
            plan = msgspec.json.decode(told)[0]["Plan"]
            pages.append(float(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]))
        await connection.close()
        return pages[5:]  # the first read what PostgreSQL keeps of its tables

    @property
    def medians(self) -> list[float]:
        """The median answer of each wave but the first, in milliseconds."""
        return [wave.p50 * 1e3 for wave in self.waves[1:]]  # the first warms


@contextlib.contextmanager
def _served(made: Made, folder: Path) -> Iterator[_Size]:
    with ours(made.database) as (served, _ready):
        one = _Size(made, served, folder)
        served.read_lists([exam.number(1) for exam in made.exams])
        yield one


def _pages(one: _Size, folder: Path) -> Figure:
    """Of the longest list its first page, one in the middle and its last: the slowest beside the quickest."""
    exam = max(one.made.exams, key=lambda each: each.people)
    code = f"CEM-{exam.term}"
    asked = "select max(index) from registry.list_heads where exam = $1"
    index = asyncio.run(crowd.asked(one.made.database.reader_url, asked, code))
    address = f"GET\t/api/v1/exams/{code}/pass-list"
    cursors = ["", f"?cursor={index}.{exam.people // 2}", f"?cursor={index}.{exam.people - 100}"]
    pages = [Requests(folder, f"page-{at}", [address + cursor]) for at, cursor in enumerate(cursors)]
    took = [[one.served.load(page, 2.0).p50 * 1e3 for page in pages] for _ in range(ROUNDS)]
    *_, slowest = by_median = sorted(zip(*took, strict=True), key=statistics.median)
    work = f"slowest page of a list of {exam.people:,}: p50"
    return beside(work, slowest, by_median[0], unit="ms", against="its quickest", bound=MOST, side="at most")


def _grow(smaller: int, grown: Made) -> list[Figure]:
    larger = grown.people
    print(f"growth: {smaller:,} and {larger:,} certificates")
    small = crowd.registry(smaller, anew=True)
    size = asyncio.run(crowd.asked(grown.database.owner_url, "select pg_database_size(current_database())"))
    with tempfile.TemporaryDirectory() as name, _served(small, Path(name)) as less, _served(grown, Path(name)) as more:
        for _turn in range(WAVES + 1):
            less.measure()
            more.measure()
        for one in (less, more):
            if (most := max(one.numbers.begin.values())) > one.numbers.count:
                print(f"  not distinct: {most:,} asked of {one.numbers.count:,} among {one.made.people:,}")
        pages = _pages(more, Path(name))
        read = [asyncio.run(one.read()) for one in (more, less)]
        for _turn in range(ROUNDS + 1):
            less.publish()
            more.publish()
    each = [
        [1e6 * seconds / PUBLISHED for seconds in one.publishing[1:]]  # the first reads what publishing keeps
        for one in (more, less)
    ]
    against = f"among {smaller:,}"
    return [
        beside(
            f"by number among {larger:,}: p50", more.medians, less.medians, unit="ms", against=against, bound=MOST,
            side="at most",
        ),
        pages,
        beside(f"pages read for a number among {larger:,}", *read, unit="pages", against=against, bound=None),
        beside(
            f"publishing {PUBLISHED:,} more among {larger:,}: each", *each, unit="µs", against=against, bound=MOST,
            side="at most",
        ),
        beside(
            f"publishing {PUBLISHED:,} more among {larger:,}: bytes into PostgreSQL's log", more.written[1:],
            less.written[1:], unit="bytes each", against=against, bound=MOST, side="at most",
        ),
        limit(f"database of {larger:,}: bytes a certificate", size / larger, MOST_BYTES, unit="bytes"),
    ]  # fmt: skip


def run(smaller: int = SMALL, larger: int = LARGE) -> list[Figure]:
    """A million beside ten thousand."""
    look_for_wrk()
    return _grow(smaller, crowd.registry(larger))


def run_largest() -> list[Figure]:
    """Ten million beside ten thousand: an hour and 20 GB; minutes where YINJIAN_BENCH_REGISTRY is a folder of them."""
    look_for_wrk()
    folder = os.environ.get("YINJIAN_BENCH_REGISTRY")
    return _grow(SMALL, crowd.kept(Path(folder).absolute(), LARGEST) if folder else crowd.registry(LARGEST))
