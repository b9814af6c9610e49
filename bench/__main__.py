"""``make bench``: every benchmark, or those named (``python -m bench registry``), and one table of all figures.

It runs to its end whatever is missed or breaks, and then ends with 1. ``--json FILE`` keeps the figures.
"""

import argparse
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench import (
    batch,
    bounds,
    desk,
    equal_answers,
    hostile,
    installed_app,
    lighthouse,
    log_work,
    lookups,
    photo,
    printing,
    publishing,
    signing_room,
)
from bench.figures import Figure, show
from bench.service import answers, growth
from migrations import embedded


def registry() -> list[Figure]:
    """Publishing 100,000 certificates, looking them up, checking 5,000 at once, and looking up who is not there."""
    with tempfile.TemporaryDirectory(prefix="yinjian-bench-") as folder:
        var = Path(folder)
        try:
            database, figures = publishing.run(var)
            figures += lookups.run(database, publishing.PEOPLE)
            figures += batch.run(database)
            figures += equal_answers.run(database, publishing.PEOPLE)
            return figures
        finally:
            embedded.stop(var)


BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "answers": answers.run,
    "growth": growth.run,
    "registry": registry,
    "bounds": bounds.run,
    "hostile": hostile.run,
    "signing": signing_room.run,
    "printing": printing.run,
    "photo": photo.run,
    "desk": desk.run,
    "lighthouse": lighthouse.run,
    "app": installed_app.run,
    "log": log_work.run,
}

ALONE: dict[str, Callable[[], list[Figure]]] = {"growth-largest": growth.run_largest}
"""Run where they are named, and not among all: it takes an hour and 20 GB."""


def main() -> None:
    """Runs what the command line names, or all; SystemExit 1 where a figure misses its bound or a benchmark broke."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS | ALONE))
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures as JSON")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in BENCHMARKS | ALONE]:
        parser.error(f"no such benchmark: {', '.join(unknown)} (there are {', '.join(BENCHMARKS | ALONE)})")
    figures: list[Figure] = []
    broken = []
    took: dict[str, float] = {}
    for name in asked.names or BENCHMARKS:
        begun = time.perf_counter()
        try:
            figures += (BENCHMARKS | ALONE)[name]()
        except (Exception, SystemExit):  # noqa: BLE001 -- the others are to run all the same
            traceback.print_exc()
            broken.append(name)
        took[name] = time.perf_counter() - begun
    show(figures)
    print(f"seconds: {', '.join(f'{name} {seconds:.0f}' for name, seconds in took.items())}")
    if asked.json:
        kept = [msgspec.structs.asdict(one) | {"ratio": one.ratio, "met": one.met} for one in figures]
        asked.json.write_bytes(msgspec.json.format(msgspec.json.encode(kept)))
    missed = [one.work for one in figures if not one.met]
    for work in missed:
        print(f"missed: {work}")
    for name in broken:
        print(f"broke: {name}")
    raise SystemExit(1 if missed or broken else 0)


if __name__ == "__main__":
    main()
