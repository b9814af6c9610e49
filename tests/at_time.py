"""yinjian-sign in a process of its own with a clock that stands still, to be killed at any moment of its work.

It is forked from one that has everything imported, so that every moment of its life is one of the command's.
"""

import multiprocessing
import os
import resource
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from signing import spread
from signing.__main__ import main
from signing.centre import room

SAID: Final = "said.txt"
"""The file in the room's folder that holds what the last command wrote."""
_PIECE: Final = 10
"""People that a worker takes at a time: with that few, workers are forked for a small exam too."""
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["pytest", __name__])


def start(
    seconds: int, folder: Path, environment: Mapping[str, str], *arguments: str, most: int | None = None
) -> ForkServerProcess:
    """The command at this time, begun, in a process group of its own; its files cannot grow beyond ``most`` bytes."""
    begun, begins = _forks.Pipe(duplex=False)
    said = {
        "seconds": seconds,
        "folder": folder,
        "environment": dict(environment),
        "arguments": arguments,
        "most": most,
    }
    process = _forks.Process(target=_run, args=(begins,), kwargs=said)
    process.start()
    begins.close()
    begun.recv()
    return process


def ended(process: ForkServerProcess, seconds: float | None = None) -> int | None:
    """Its exit code, -N where signal N ended it, or None where it still runs after so many seconds."""
    process.join(seconds)
    return process.exitcode


def _run(
    begins: Connection,
    seconds: int,
    arguments: tuple[str, ...],
    *,
    folder: Path,
    environment: dict[str, str],
    most: int | None,
) -> None:
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["yinjian-sign", *arguments]
    sys.stdout = sys.stderr = Path(SAID).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process lives
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - as above
    if most is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    vars(room)["time"] = SimpleNamespace(time=lambda: seconds)  # the one place that asks the clock
    spread._CHUNK = _PIECE  # type: ignore[misc]  # as its docstring says
    begins.send(None)
    begins.close()
    main()
