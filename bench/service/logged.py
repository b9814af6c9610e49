"""What the log takes of the service's rate: a registry with a log beside one without, the same certificates in both.

By number over HTTP, one process each, 32 connections, in rounds that alternate as those of ``answers`` do; in every
other round the registry with the log comes first. No certificate is asked for twice of one service, so that each
signature is checked, as it is there. The receipt has no address of its own (3-interfaces): it is asked for by POST, and
stands beside the same POST without one at the registry without a log.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx

from bench.figures import Figure, beside
from bench.service import made
from bench.service.crowd import Exam
from bench.service.load import Requests, Served, Wave, look_for_wrk, ours
from migrations.embedded import Database

ROUNDS: Final = 6
SECONDS: Final = 3.0
_API: Final = "/api/v1/verify"


def run(with_log: Database, without: Database, exams: Sequence[Exam], folder: Path) -> list[Figure]:
    """Both figures; the certificates of both registries are those of ``exams``."""
    look_for_wrk()
    numbers = [exam.number(serial) for exam in exams for serial in range(2, exam.people + 1)]
    random.Random(3).shuffle(numbers)  # noqa: S311 -- the same order every time
    half = len(numbers) // 2
    plain = Requests(folder, "number", [f"GET\t/api/v1/certificates/{number}" for number in numbers[:half]])
    posted = Requests(folder, "posted", [_posted(number, receipt=False) for number in numbers[half:]])
    proved = Requests(folder, "receipt", [_posted(number, receipt=True) for number in numbers[half:]])
    waves: dict[str, list[Wave]] = {"bare": [], "step 9": [], "posted": [], "receipt": []}
    with ours(with_log) as (logged, _), ours(without) as (bare, _):
        _check(logged, exams[0].number(1), ("pass", "logged"), receipt=True)
        _check(bare, exams[0].number(1), ("not_done", "no_log"), receipt=False)
        for server in (bare, logged):
            server.read_lists([exam.number(1) for exam in exams])
            server.load(plain, 1)
        pairs = (
            (("bare", bare, plain), ("step 9", logged, plain)),
            (("posted", bare, posted), ("receipt", logged, proved)),
        )
        for turn in range(ROUNDS):
            for pair in pairs:
                for name, server, asked in pair[:: -1 if turn % 2 else 1]:
                    waves[name].append(server.load(asked, SECONDS))
    for asked in (plain, posted, proved):
        if (most := max(asked.begin.values())) > asked.count:
            print(f"  not distinct: {asked.path.stem}, {most:,} asked of {asked.count:,}")
    for name, taken in waves.items():
        print(f"  {name}: {made.of(taken, {})}")

    def figure(work: str, name: str, against: str, beside_it: str, bound: float) -> Figure:
        mine, theirs = ([wave.rate for wave in waves[one]] for one in (name, beside_it))
        why = f"{made.of(waves[name], {})}; {against}, {made.of(waves[beside_it], {})}"
        return beside(work, mine, theirs, unit="/s", against=against, bound=bound, why=why)

    return [
        figure("by number with the log there", "step 9", "without a log", "bare", 0.9),
        figure("by number with the receipt in the answer", "receipt", "without a log", "posted", 0.7),
    ]


def _posted(number: str, *, receipt: bool) -> str:
    wanted = ', "receipt": true' if receipt else ""
    return f'POST\t{_API}\tapplication/json\t{{"number": "{number}"{wanted}}}'


def _check(server: Served, number: str, step_9: tuple[str, str], *, receipt: bool) -> None:
    """That the service answers as what is measured should: raises AssertionError."""
    asked = {"number": number, "receipt": True}
    told = httpx.post(server.url + _API, json=asked, timeout=300).raise_for_status().json()
    last = told["checks"][8]
    assert told["outcome"] == "valid", told
    assert (last["result"], last["code"]) == step_9, last
    assert (told["receipt"] is not None) == receipt, told["receipt"]
