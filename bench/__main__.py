"""make bench: every benchmark, or those named: python -m bench registry."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import batch, equal_answers, lighthouse, lookups, photo, printing, publishing, signing_room
from migrations import embedded


def registry() -> None:
    """Publishing 100,000 certificates, looking them up, checking 5,000 at once, and looking up who is not there."""
    with tempfile.TemporaryDirectory(prefix="yinjian-bench-") as folder:
        var = Path(folder)
        try:
            database = publishing.run(var)
            lookups.run(database, publishing.PEOPLE)
            batch.run(database)
            equal_answers.run(database, publishing.PEOPLE)
        finally:
            embedded.stop(var)


BENCHMARKS: dict[str, Callable[[], None]] = {
    "registry": registry,
    "signing": signing_room.run,
    "printing": printing.run,
    "photo": photo.run,
    "lighthouse": lighthouse.run,
}


def main() -> None:
    """Runs what the command line names, or all; ends with 1 where a figure misses its bound."""
    unknown = [name for name in sys.argv[1:] if name not in BENCHMARKS]
    if unknown:
        raise SystemExit(f"no such benchmark: {', '.join(unknown)} (there are {', '.join(BENCHMARKS)})")
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()


if __name__ == "__main__":
    main()
