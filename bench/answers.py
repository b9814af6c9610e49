"""Verdicts and pages under load, in rounds that alternate: ours, the peer, the framework's constant.

One process each, 32 connections, everything on this machine. The ceiling of a work is what one process could answer
that did nothing but the framework's constant, a share of one gathered question and one check of a signature.
"""

import asyncio
import bisect
import itertools
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench import crowd
from bench.crowd import Exam
from bench.figures import Figure, beside, limit
from bench.load import Requests, Served, Wave, constant, look_for_wrk, ours, peer
from migrations import embedded
from migrations.embedded import Database
from tests import releases
from tests.invented import CERTIFICATE
from verify.core import qr_text, statement
from verify.registry.postgres import PostgresRegistry

PEOPLE: Final = 950_000
ROUNDS: Final = 5
SECONDS: Final = 4.0
_NUMBERS: Final = 200_000
_CODES: Final = 40_000
_PAGES: Final = 20_000
_AGAIN: Final = 200
_HOST: Final = "VERIFY.EXAMPLE.ORG"
READY_SECONDS: Final = 1.5


class _Works(msgspec.Struct, frozen=True):
    """What is asked."""

    number: Requests
    qr: Requests
    again: Requests
    page: Requests
    rows: Requests
    rows_page: Requests
    home: Requests


def _path(exam: Exam, serial: int) -> str:
    digits = qr_text.write(exam.statement(serial), _HOST).rpartition("/")[2]
    return f"GET\t/Q/{digits}"


def _works(folder: Path, exams: Sequence[Exam]) -> _Works:
    """No certificate is in two of them, so that none was checked before its turn."""
    ends = list(itertools.accumulate(exam.people for exam in exams))
    draw = random.Random(1)  # noqa: S311 -- the same draw every time
    drawn = draw.sample(range(ends[-1]), min(ends[-1], _NUMBERS + _CODES + _PAGES))

    def person(place: int) -> tuple[Exam, int]:
        at = bisect.bisect_right(ends, place)
        return exams[at], ends[at] - place

    people = [person(place) for place in drawn]
    codes = [_path(exam, serial) for exam, serial in people[: _CODES + _PAGES]]
    numbers = [f"GET\t/api/v1/certificates/{exam.number(serial)}" for exam, serial in people[_CODES + _PAGES :]]
    lists = [f"GET\t/api/v1/exams/CEM-{exam.term}/pass-list" for exam in exams]
    pages = [f"GET\t/pass-lists/CEM-{exam.term}" for exam in exams]
    return _Works(
        number=Requests(folder, "number", numbers),
        qr=Requests(folder, "qr", codes[:_CODES]),
        again=Requests(folder, "again", codes[:_AGAIN]),
        page=Requests(folder, "page", codes[_CODES:], accept="text/html"),
        rows=Requests(folder, "rows", lists),
        rows_page=Requests(folder, "rows-page", pages, accept="text/html"),
        home=Requests(folder, "home", ["GET\t/"], accept="text/html"),
    )


class _Rounds:
    """The waves of each server and work, in the order measured."""

    def __init__(self) -> None:
        self._waves: dict[tuple[str, str], list[Wave]] = {}

    def take(self, server: Served, work: str, asked: Requests, seconds: float = SECONDS) -> None:
        """Measures one wave."""
        self._waves.setdefault((server.name, work), []).append(server.load(asked, seconds))

    def rates(self, server: str, work: str) -> list[float]:
        """Answers a second."""
        return [wave.rate for wave in self._waves[server, work]]

    def middle(self, server: str, work: str) -> float:
        """Their median."""
        return statistics.median(self.rates(server, work))

    def ours(self, work: str) -> list[Wave]:
        """The waves of ours."""
        return self._waves["ours", work]


class _Bare:
    """Bare gathered questions for whole records, without a server, in an event loop of their own."""

    def __init__(self, database: Database, exams: Sequence[Exam]) -> None:
        self._exams = exams
        self._draw = random.Random(2)  # noqa: S311 -- the same draw every time
        self._runner = asyncio.Runner()
        self._registry = self._runner.run(PostgresRegistry.open(database.reader_url, releases.ROOT_THUMBPRINT))
        self._runner.run(self._registry.by_numbers([exam.number(1) for exam in exams]))  # each list is read once

    def rate(self, count: int = 10_000) -> float:
        """Records a second, some 32 at a time."""
        chosen = self._draw.choices(self._exams, k=count)
        numbers = [exam.number(self._draw.randint(1, exam.people)) for exam in chosen]
        begun = time.perf_counter()
        self._runner.run(self._ask(numbers))
        return count / (time.perf_counter() - begun)

    async def _ask(self, numbers: Sequence[str]) -> None:
        gate = asyncio.Semaphore(32)

        async def one(number: str) -> None:
            async with gate:
                assert await self._registry.by_number(number) is not None

        await asyncio.gather(*map(one, numbers))

    def close(self) -> None:
        """Ends."""
        self._runner.run(self._registry.close())
        self._runner.close()


def _signatures(exam: Exam, count: int = 4000) -> float:
    """Raw checks of signatures a second, on one core."""
    found = statement.decode(exam.statement(1))
    key = CERTIFICATE.private.public_key()
    begun = time.perf_counter()
    for _ in range(count):
        key.verify(found.signature, found.signed)
    return count / (time.perf_counter() - begun)


def measure(database: Database, exams: Sequence[Exam], folder: Path) -> list[Figure]:
    """Every work in ROUNDS rounds."""
    works = _works(folder, exams)
    rounds = _Rounds()
    bare, raw = [], []
    questions = _Bare(database, exams)
    with ours(database) as (mine, ready), peer(database) as (theirs, _), constant() as (bound, _):
        for server in (mine, theirs, bound):
            server.read_lists([exam.number(1) for exam in exams])
            server.load(works.number, 3.0)
        for turn in range(ROUNDS):
            print(f"  round {turn + 1} of {ROUNDS}")
            for server in (mine, theirs, bound):
                rounds.take(server, "number", works.number)
            for server in (mine, theirs):
                rounds.take(server, "qr", works.qr)
            rounds.take(mine, "again", works.again)
            rounds.take(bound, "again", works.number)
            rounds.take(mine, "page", works.page)
            for server in (mine, theirs):
                rounds.take(server, "rows", works.rows)
            rounds.take(mine, "rows page", works.rows_page)
            rounds.take(mine, "home", works.home)
            bare.append(questions.rate())
            raw.append(_signatures(exams[0]))
        memory = mine.memory()
    questions.close()
    return _figures(rounds, bare, raw, ready, memory)


def _figures(
    rounds: _Rounds, bare: Sequence[float], raw: Sequence[float], ready: float, memory: Sequence[int]
) -> list[Figure]:
    number, qr, again = (rounds.rates("ours", work) for work in ("number", "qr", "again"))
    bound = rounds.rates("constant", "number")
    ceiling = [
        1 / (1 / most + 1 / question + 1 / signature)
        for most, question, signature in zip(bound, bare, raw, strict=True)
    ]
    parts = {"constant": bound, "bare gathered records": bare, "raw signatures": raw, "together, the ceiling": ceiling}
    print("  " + ", ".join(f"{what} {statistics.median(rates):,.0f}/s" for what, rates in parts.items()))
    print(f"  memory of our processes: {', '.join(f'{one >> 20} MiB' for one in memory)}")
    unit = "/s"
    return [
        beside("by number, distinct", number, rounds.rates("peer", "number"), unit=unit, against="peer", bound=6),
        beside("by number, distinct", number, bound, unit=unit, against="Litestar constant", bound=0.35),
        beside("by number, distinct", number, ceiling, unit=unit, against="ceiling", bound=0.7),
        beside("by QR (JSON), distinct", qr, rounds.rates("peer", "qr"), unit=unit, against="peer", bound=6),
        beside("by QR (JSON), the same again", again, rounds.rates("constant", "again"), unit=unit,
               against="Litestar constant", bound=0.6),
        beside("by QR (page), distinct", rounds.rates("ours", "page"), rounds.rates("peer", "qr"), unit=unit,
               against="peer's JSON", bound=3),
        beside("pass list, 100 rows (JSON)", rounds.rates("ours", "rows"), rounds.rates("peer", "rows"), unit=unit,
               against="peer", bound=1),
        beside("pass list, 100 rows (page)", rounds.rates("ours", "rows page"), rounds.rates("peer", "rows"),
               unit=unit, against="peer's JSON", bound=1),
        beside("home page", rounds.rates("ours", "home"), bound, unit=unit, against="Litestar constant", bound=0.35),
        *(
            beside(f"{work}: p99", [wave.p99 * 1e3 for wave in rounds.ours(key)],
                   [wave.p50 * 1e3 for wave in rounds.ours(key)], unit="ms", against="own p50", bound=3, side="at most")
            for key, work in (("number", "by number"), ("qr", "by QR"))
        ),
        limit("ready after the database", ready, READY_SECONDS, unit="s"),
    ]  # fmt: skip


def run(people: int = PEOPLE) -> list[Figure]:
    """A registry of ``people`` certificates in ten exams, and everything asked of it."""
    look_for_wrk()
    with tempfile.TemporaryDirectory(prefix="yinjian-bench-") as name:
        folder = Path(name)
        try:
            database = embedded.start(folder / "var", durable=False)
            print(f"answers: filing {people:,} certificates in {crowd.EXAMS} exams")
            return measure(database, crowd.fill(database, people), folder)
        finally:
            embedded.stop(folder / "var")
