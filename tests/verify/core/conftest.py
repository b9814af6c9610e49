"""The verifier in Go, built once for the tests that ask it: by Debian's compiler, from its own library alone."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests import PROJECT

FOLDER: Final = PROJECT / "examples" / "verifier"

Go = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> Go:
    """The go command in the verifier's folder, with a cache of its own, no module from anywhere and no C compiler."""
    own = tmp_path_factory.getbasetemp()
    cache = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "go"  # one for all workers of a run
    settings = {
        "GOCACHE": str(cache),
        "GOTOOLCHAIN": "local",
        "GOPROXY": "off",
        "GOFLAGS": "-mod=mod",
        "CGO_ENABLED": "0",
    }

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["go", *words],
            cwd=FOLDER,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def verifier(go: Go, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built program."""
    program = tmp_path_factory.mktemp("verifier") / "verifier"
    built = go("build", "-o", program, "verifier.go")
    assert built.returncode == 0, built.stderr
    return program


@pytest.fixture(scope="session")
def runner(go: Go, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vectors' runner, built."""
    program = tmp_path_factory.mktemp("runner") / "runner"
    built = go("test", "-c", "-o", program, "verifier.go", "verifier_test.go")
    assert built.returncode == 0, built.stderr
    return program


def run(runner: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """What the runner says, in the folder of its own."""
    return subprocess.run(
        [runner, "-test.v", *words], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False
    )
