"""make bench: every benchmark, or those named: python -m bench registry."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import lookups, printing, publishing
from migrations import embedded


def registry() -> None:
    """Publishing 100,000 certificates, and looking them up."""
    with tempfile.TemporaryDirectory(prefix="yinjian-bench-") as folder:
        var = Path(folder)
        try:
            lookups.run(publishing.run(var), publishing.PEOPLE)
        finally:
            embedded.stop(var)


BENCHMARKS: dict[str, Callable[[], None]] = {"registry": registry, "printing": printing.run}


def main() -> None:
    """Runs what the command line names, or all; ends with 1 where a figure misses its bound."""
    unknown = [name for name in sys.argv[1:] if name not in BENCHMARKS]
    if unknown:
        raise SystemExit(f"no such benchmark: {', '.join(unknown)} (there are {', '.join(BENCHMARKS)})")
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()


if __name__ == "__main__":
    main()
