"""The verifier in C, built once for the tests that ask it."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from tests import PROJECT

SOURCE: Final = PROJECT / "examples" / "verifier" / "verifier.c"


class Verifier:
    """The built program."""

    def __init__(self, program: Path) -> None:
        self._program = program

    def __call__(self, words: Iterable[object]) -> list[Any]:
        """Each line of its answer to these words."""
        done = subprocess.run([self._program, *map(str, words)], capture_output=True, timeout=60, check=False)
        assert (done.returncode in (0, 1, 2), done.stderr) == (True, b"")
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="session")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    """Compiled with the warnings that are errors."""
    program = tmp_path_factory.mktemp("verifier") / "verifier"
    flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["gcc", *flags, "-o", program, SOURCE, "-lsodium"], check=True)
    return Verifier(program)
