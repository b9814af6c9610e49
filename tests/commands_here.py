"""Commands run in this process as somebody types them: their arguments, folder, settings, output and exit code.

For what a command does and says. That it starts, is installed and imports what it needs is proved by those that have a
process of their own (tests/integration/test_commands.py, tests/house).
"""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any
from unittest import mock

Main = Callable[[], object]


def run_here(
    main: Main, *arguments: str | Path, folder: Path, environment: Mapping[str, str], keyboard: IO[str] | None = None
) -> subprocess.CompletedProcess[str]:
    """``main`` with these arguments, in ``folder`` and with these variables alone; nobody answers but ``keyboard``.

    What a command changes in its process is as it was afterwards.
    """
    words = list(map(str, arguments))
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    mask = os.umask(0o022)
    os.umask(mask)
    streams: dict[str, Any] = {
        "stdin": keyboard or io.TextIOWrapper(io.BytesIO(), "utf-8"),
        "stdout": out,
        "stderr": err,
    }
    try:
        with (
            contextlib.chdir(folder),
            mock.patch.dict(os.environ, environment, clear=True),
            mock.patch.multiple(sys, argv=["yinjian", *words], unraisablehook=sys.unraisablehook, **streams),
        ):
            main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            err.write(f"{end.code}\n")
        return subprocess.CompletedProcess(words, code, *(_written(stream) for stream in (out, err)))
    finally:
        os.umask(mask)
    raise AssertionError("a command ends with an exit code")


def _written(stream: io.TextIOWrapper) -> str:
    """What was written, with the line ends that a pipe's reader sees."""
    stream.flush()
    binary = stream.buffer
    assert isinstance(binary, io.BytesIO)
    return binary.getvalue().decode().replace("\r\n", "\n")
