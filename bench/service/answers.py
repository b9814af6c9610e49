"""Verdicts and pages under load, in rounds that alternate: ours, the peer, the framework's constant.

One process each, 32 connections, everything on this machine. The ceiling of a work is what one process could answer
that did nothing but the framework's constant, a share of one gathered question and one check of a signature.
"""

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.figures import Figure, beside
from bench.service import crowd, made, size, workers
from bench.service.bare import Bare, signatures
from bench.service.crowd import Exam
from bench.service.load import CONNECTIONS, Requests, Served, Wave, constant, look_for_wrk, ours, peer
from bench.service.works import BATCH, Amounts, Works, wait_for_lookups, works
from migrations.embedded import Database

PEOPLE: Final = 950_000
ROUNDS: Final = 5
SECONDS: Final = 3.0
_FEW: Final = 4
"""Connections where one request is much work."""
_SAME: Final = ("again", "rows", "rows_page", "home", "upload", "again_constant")
"""Works that ask for the same again and again."""


class Rounds:
    """The waves of each server and work, in the order measured."""

    def __init__(self) -> None:
        self._waves: dict[tuple[str, str], list[Wave]] = {}

    def take(
        self, server: Served, work: str, asked: Requests, seconds: float = SECONDS, connections: int = CONNECTIONS
    ) -> None:
        """Measures one wave."""
        self._waves.setdefault((server.name, work), []).append(server.load(asked, seconds, connections))

    def of(self, server: str, work: str) -> list[Wave]:
        """The waves."""
        return self._waves[server, work]

    def rates(self, server: str, work: str) -> list[float]:
        """Answers a second."""
        return [wave.rate for wave in self._waves[server, work]]


def _round(rounds: Rounds, asked: Works, mine: Served, theirs: Served, bound: Served) -> None:
    for server in (mine, theirs, bound):
        rounds.take(server, "number", asked.number)
    for server in (mine, theirs):
        rounds.take(server, "qr", asked.qr)
    rounds.take(mine, "again", asked.again)
    rounds.take(bound, "again", asked.again_constant)
    rounds.take(mine, "page", asked.page)
    for server in (mine, theirs):
        rounds.take(server, "person", asked.person, SECONDS / 1.5)
        rounds.take(server, "batch", asked.batch, SECONDS, _FEW)
        rounds.take(server, "upload", asked.upload, SECONDS, _FEW)
        rounds.take(server, "rows", asked.rows)
    rounds.take(mine, "rows page", asked.rows_page)
    rounds.take(mine, "home", asked.home)


def measure(database: Database, exams: Sequence[Exam], folder: Path, amounts: Amounts) -> list[Figure]:
    """Every work in ROUNDS rounds."""
    asked = works(folder, exams, amounts)
    rounds = Rounds()
    bare, raw = [], []
    questions = Bare(database, exams)
    first = [exam.number(1) for exam in exams]
    with ours(database) as (mine, _), peer(database) as (theirs, _), constant() as (bound, _):
        for server in (mine, theirs, bound):
            server.read_lists(first)
            server.load(asked.number, SECONDS)
        print(f"  lookups answered {wait_for_lookups(mine, exams[0]):.1f} s after the first")
        for turn in range(ROUNDS):
            print(f"  round {turn + 1} of {ROUNDS}")
            _round(rounds, asked, mine, theirs, bound)
            bare.append(questions.rate())
            raw.append(signatures(exams[0]))
        memory = mine.memory()
    questions.close()
    for name in asked.__struct_fields__:
        requests: Requests = getattr(asked, name)
        most = max(requests.begin.values())
        if name not in _SAME and most > requests.count:
            print(f"  not distinct: {name}, {most:,} asked of {requests.count:,}")
    return [*_figures(rounds, bare, raw), *size.of(memory)]


def _figures(rounds: Rounds, bare: Sequence[float], raw: Sequence[float]) -> list[Figure]:
    bound = rounds.rates("constant", "number")

    def ceilings(certificates: int) -> list[float]:
        """Of answers about so many each."""
        rates = zip(bound, bare, raw, strict=True)
        return [1 / (1 / most + certificates * (1 / question + 1 / signed)) for most, question, signed in rates]

    ceiling = ceilings(1)
    parts = {"constant": bound, "bare gathered records": bare, "raw signatures": raw, "together, the ceiling": ceiling}
    told = ", ".join(f"{what} {statistics.median(rates):,.0f}/s" for what, rates in parts.items())
    print(f"  {told}")
    shares = {
        "the framework's constant": statistics.median(wave.cpu for wave in rounds.of("constant", "number")),
        "one raw signature": 1 / statistics.median(raw),
    }

    def figure(name: str, work: str, theirs: Sequence[float], against: str, least: float | None) -> Figure:
        waves = rounds.of("ours", work)
        mine = [wave.rate for wave in waves]
        why = made.of(waves, shares)
        return beside(name, mine, theirs, unit="/s", against=against, bound=least, why=why)

    peers = {work: rounds.rates("peer", work) for work in ("number", "qr", "person", "batch", "upload", "rows")}
    return [
        figure("by number, distinct", "number", peers["number"], "peer", 6),
        figure("by number, distinct", "number", bound, "Litestar constant", 0.35),
        figure("by number, distinct", "number", ceiling, f"ceiling: {told}", 0.7),
        figure("by QR (JSON), distinct", "qr", peers["qr"], "peer", 6),
        figure("by QR (JSON), distinct", "qr", ceiling, "ceiling", None),
        figure("by QR (JSON), the same again", "again", rounds.rates("constant", "again"), "Litestar constant", 0.6),
        figure("by QR (page), distinct", "page", peers["qr"], "peer's JSON", 3),
        figure("by QR (page), distinct", "page", ceiling, "ceiling", None),
        figure("by name and ID number, with proof", "person", peers["person"], "peer, which asks none", None),
        figure("by name and ID number, with proof", "person", ceiling, "ceiling, without proof", None),
        figure(f"batch of {BATCH} rows", "batch", peers["batch"], "peer", None),
        figure(f"batch of {BATCH} rows", "batch", ceilings(BATCH), f"ceiling of {BATCH}", None),
        figure("a scan uploaded, 1 MP", "upload", peers["upload"], "peer, unconfined", None),
        figure("a scan uploaded, 1 MP", "upload", ceiling, "ceiling, without reading it", None),
        figure("pass list, 100 rows (JSON)", "rows", peers["rows"], "peer", 1),
        figure("pass list, 100 rows (JSON)", "rows", bound, "ceiling: Litestar constant", None),
        figure("pass list, 100 rows (page)", "rows page", peers["rows"], "peer's JSON", 1),
        figure("pass list, 100 rows (page)", "rows page", bound, "ceiling: Litestar constant", None),
        figure("home page", "home", bound, "Litestar constant", 0.35),
        *(
            beside(f"{name}: p99", [wave.p99 * 1e3 for wave in rounds.of("ours", work)],
                   [wave.p50 * 1e3 for wave in rounds.of("ours", work)], unit="ms", against="own p50", bound=3,
                   side="at most", why=made.of(rounds.of("ours", work), shares))
            for name, work in (("by number", "number"), ("by QR", "qr"))
        ),
    ]  # fmt: skip


def run(people: int = PEOPLE, amounts: Amounts | None = None) -> list[Figure]:
    """A registry of ``people`` certificates in ten exams, and everything asked of it."""
    look_for_wrk()
    amounts = amounts or Amounts()
    print(f"answers: {people:,} certificates")
    one = crowd.registry(people)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = size.ready(one.database)
        return [
            *measure(one.database, one.exams, folder, amounts),
            *workers.measure(one.database, one.exams, folder, amounts.workers),
            start,
            size.wheel(),
        ]
