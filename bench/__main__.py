"""``make bench``: every benchmark, or those named (``python -m bench registry``), and one table of all figures.

Each part's table is shown as it ends, and its figures are kept in a file of its own. It runs to its end whatever is
missed or breaks, and then ends with 1.
"""

import argparse
import io
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

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


KEPT: Final = Path("dist/bench")
"""Where each part's figures are kept as it ends, so that a run that is broken off has what it measured."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one of them found."""

    name: str
    seconds: float
    figures: list[Figure]
    broke: bool

    def told(self) -> dict[str, object]:
        """As it is kept."""
        figures = [msgspec.structs.asdict(one) | {"ratio": one.ratio, "met": one.met} for one in self.figures]
        return msgspec.structs.asdict(self) | {"figures": figures}


def measure(name: str, kept: Path) -> Part:
    """Runs one, shows its table and keeps its figures, also where it breaks."""
    figures: list[Figure] = []
    broke = False
    begun = time.perf_counter()
    try:
        figures = (BENCHMARKS | ALONE)[name]()
    except (Exception, SystemExit):  # noqa: BLE001 -- the others are to run all the same
        traceback.print_exc()
        broke = True
    part = Part(name=name, seconds=round(time.perf_counter() - begun), figures=figures, broke=broke)
    print(f"{name}: {part.seconds:.0f} s{', broken' if broke else ''}")
    show(figures)
    kept.mkdir(parents=True, exist_ok=True)
    (kept / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(part.told())))
    return part


def main() -> None:
    """Runs what the command line names, or all; SystemExit 1 where a figure misses its bound or a benchmark broke."""
    summaries = "; ".join(f"{name}: {(run.__doc__ or '').splitlines()[0]}" for name, run in ALONE.items())
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, epilog=f"By name alone, and an hour or more: {summaries}"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS | ALONE))
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep all figures as JSON")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", default=KEPT, help=f"each part's as it ends ({KEPT})")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in BENCHMARKS | ALONE]:
        parser.error(f"no such benchmark: {', '.join(unknown)} (there are {', '.join(BENCHMARKS | ALONE)})")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # who reads it from a file sees how far it is
    parts: list[Part] = []
    stopped = False
    for name in asked.names or BENCHMARKS:
        try:
            parts.append(measure(name, asked.kept))
        except KeyboardInterrupt:
            stopped = True
            break
        if asked.json:
            asked.json.write_bytes(msgspec.json.format(msgspec.json.encode([part.told() for part in parts])))
    figures = [one for part in parts for one in part.figures]
    if len(parts) > 1:
        show(figures)
    print(f"seconds: {', '.join(f'{part.name} {part.seconds:.0f}' for part in parts)}")
    missed = [one.work for one in figures if not one.met]
    broken = [part.name for part in parts if part.broke]
    for work in missed:
        print(f"missed: {work}")
    for name in broken:
        print(f"broke: {name}")
    if stopped:
        print("stopped: what is after these was not measured")
    raise SystemExit(1 if missed or broken or stopped else 0)


if __name__ == "__main__":
    main()
