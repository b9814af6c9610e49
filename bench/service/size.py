"""Start and size: seconds until ready, memory of each process, and the wheel."""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.figures import Figure, limit, stated
from bench.service.load import Memory, ours
from migrations.embedded import Database
from tests import PROJECT

READY_SECONDS: Final = 1.5
_STARTS: Final = 3


def ready(database: Database) -> Figure:
    """Seconds until one worker's service answers at /health/ready, the database being there."""
    took = []
    for _ in range(_STARTS):
        with ours(database) as (_, seconds):
            took.append(seconds)
    return limit("ready after the database", statistics.median(took), READY_SECONDS, unit="s")


def of(memory: Sequence[Memory]) -> list[Figure]:
    """What each process has for itself, and its part of what several share."""
    for one in memory:
        print(f"  memory: {one.program} {one.own >> 20} MiB of its own, {one.shared >> 20} MiB shared")
    largest: dict[str, Memory] = {}
    for one in memory:
        if one.program not in largest or one.own > largest[one.program].own:
            largest[one.program] = one
    return [
        stated(f"memory of {program}: own (and {one.shared / 2**20:.0f} MiB shared)", one.own / 2**20, unit="MiB")
        for program, one in largest.items()
    ]


def wheel() -> Figure:
    """The wheel's size, the pages' scripts in it."""
    subprocess.run(["bash", PROJECT / "verify/web/build"], check=True, capture_output=True)
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder]
        subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
        (path,) = Path(folder).glob("*.whl")
        return stated("the wheel", path.stat().st_size / 1e6, unit="MB")
