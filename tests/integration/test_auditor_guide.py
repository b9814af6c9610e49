"""docs/auditor.md: its program, as printed there, checks a service with nothing of ours, and finds what is wrong."""

import re
import subprocess
from pathlib import Path

import pytest

from tests import PROJECT, invented_exam
from tests.http_service import registry, serving
from tests.invented import ROOT
from verify.core.keyring import thumbprint

PINNED = thumbprint(ROOT.public).hex()
EXAM = "CEM-2022-04"


def audit(folder: Path, pinned: str, qr: str, exam: str = EXAM) -> "subprocess.CompletedProcess[str]":
    """Runs the guide's program in the environment that holds none of our code."""
    found = re.search(r"```python\n(.*?)```", (PROJECT / "docs" / "auditor.md").read_text("utf-8"), re.DOTALL)
    assert found
    program = folder / "audit.py"
    program.write_text(found[1], "utf-8")
    python = PROJECT / ".cose" / "bin" / "python"
    with serving(registry()) as url:
        command = [str(python), "-I", str(program), url, pinned, qr, exam]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_guides_program_checks_keyring_paper_and_list(tmp_path: Path) -> None:
    """It says so of each of the three."""
    done = audit(tmp_path, PINNED, invented_exam.VALID.qr)
    assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0].split()[0] for line in done.stdout.splitlines()] == [
        "keyring",
        "certificate",
        "list",
    ]


@pytest.mark.parametrize(
    ("pinned", "qr", "said"),
    [
        ("00" * 32, invented_exam.VALID.qr, "signed by nobody"),
        (PINNED, invented_exam.VALID.qr[:-1] + str((int(invented_exam.VALID.qr[-1]) + 1) % 10), "InvalidSignature"),
        (PINNED, invented_exam.WITHDRAWN.qr, "does not name this certificate"),
    ],
    ids=["another root", "a changed digit", "a certificate that was withdrawn"],
)
def test_it_stops_at_what_is_wrong(tmp_path: Path, pinned: str, qr: str, said: str) -> None:
    """And says what it is."""
    done = audit(tmp_path, pinned, qr)
    assert done.returncode != 0
    assert said in done.stderr
