"""Two workers beside one: how much of what the cores leave the second brings.

Load generator and PostgreSQL stand on the same cores. What an answer takes of all three, measured with one worker, says
how many answers a second the cores hold at all; a second worker cannot bring more than that, nor more than twice one's.
"""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.figures import Figure, beside
from bench.service import made
from bench.service.crowd import Exam
from bench.service.load import Wave, ours
from bench.service.works import number_requests
from migrations.embedded import Database

ROUNDS: Final = 5
SECONDS: Final = 3.0
LEAST: Final = 0.8


def left(wave: Wave, cores: int) -> float:
    """Answers a second that the cores leave to two workers, from what one was measured at."""
    return min(2 * wave.rate, cores / (wave.cpu + wave.load + wave.database))


def measure(database: Database, exams: Sequence[Exam], folder: Path, count: int) -> list[Figure]:
    """By number, distinct, in rounds that alternate."""
    asked = number_requests(folder, "workers", exams, count)
    cores = made.processors()
    single: list[Wave] = []
    double: list[Wave] = []
    with ours(database) as (one, _), ours(database, workers=2) as (two, _):
        for server in (one, two):
            for _ in range(4):  # whichever worker takes the connection
                server.read_lists([exam.number(1) for exam in exams])
            server.load(asked, SECONDS)
        for _ in range(ROUNDS):
            single.append(one.load(asked, SECONDS))
            double.append(two.load(asked, SECONDS))
    most = [left(wave, cores) for wave in single]
    alone = statistics.median(wave.rate for wave in single)
    told = f"2 × {alone:,.0f}/s, and {cores} cores hold {statistics.median(most):,.0f}/s"
    print(f"  two workers: one answers {alone:,.0f}/s, and {made.of(single, {})}; so {told}")
    return [
        beside(
            "by number, 2 workers",
            [wave.rate for wave in double],
            most,
            unit="/s",
            against=f"what the cores leave: the lesser of {told}",
            bound=LEAST,
            why=f"with two workers {made.of(double, {})}",
        )
    ]
