"""docs/auditor.md: its program, as printed there, checks a service with nothing of ours, and finds what is wrong."""

import datetime
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import qrcode

from tests import PROJECT, invented_exam
from tests.http_service import registry, serving
from tests.invented import ROOT, STATUS
from tests.invented_exam import statements
from tests.logged_registry import LoggedRegistry
from verify.core.keyring import thumbprint
from verify.core.snapshot import Snapshot

PINNED = thumbprint(ROOT.public).hex()
EXAM = "CEM-2022-04"


def program() -> str:
    """The guide's program."""
    found = re.search(r"```python\n(.*?)```", (PROJECT / "docs" / "auditor.md").read_text("utf-8"), re.DOTALL)
    assert found
    return found[1]


def audit(folder: Path, pinned: str, qr: str, exam: str = EXAM) -> "subprocess.CompletedProcess[str]":
    """Runs the guide's program in the environment that holds none of our code."""
    (folder / "audit.py").write_text(program(), "utf-8")
    python = PROJECT / ".cose" / "bin" / "python"
    with serving(registry()) as url:
        command = [str(python), "-I", str(folder / "audit.py"), url, pinned, qr, exam]
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


def commands(guide: str) -> list[str]:
    """The lines of the path from a paper to every proof, as a guide prints them."""
    found = re.findall(r"```sh\n(.*?)```", (PROJECT / "docs" / guide).read_text("utf-8"), re.DOTALL)
    lines: list[str] = found[0].splitlines()
    return lines


def test_the_guides_path_from_a_paper_to_every_proof_runs_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keyring, checkpoint, snapshot, paper, receipt, list and log; tomorrow the log goes on, or is refused."""
    lines = commands("auditor.md")
    assert lines == commands("auditor.zh-CN.md")
    paper = invented_exam.VALID
    path = f"{PROJECT / '.cose' / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    for name, value in {"PATH": path, "LC_ALL": "C.UTF-8", "YINJIAN_KEPT": str(tmp_path / "kept"),
                        "THUMBPRINT": PINNED, "QR": paper.qr, "NUMBER": paper.number, "EXAM": EXAM,
                        "DAY": datetime.date.today().isoformat()}.items():  # fmt: skip  # noqa: DTZ011
        monkeypatch.setenv(name, value)
    qrcode.make(paper.qr, box_size=4).get_image().convert("L").save(tmp_path / "paper.png")
    (tmp_path / "audit.py").write_text(program(), "utf-8")
    filed = LoggedRegistry(statements(), invented_exam.NOW)
    at = invented_exam.NOW
    taken = Snapshot(taken_at=at, log_size=len(filed.statements), standings={}, issued_at=at)
    filed.statements.append(STATUS.sign(taken.draft(STATUS.kid)))

    def run(line: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)

    with serving(filed) as url:
        monkeypatch.setenv("SITE", url)
        today = [run(line) for line in lines[:-1]]
        filed.statements.append(invented_exam.VALID.data)  # published once more: the log grows
        tomorrow = run(lines[-1])
        del filed.statements[3]
        rewritten = run(lines[-1])
    assert [one.returncode for one in today] == [0] * len(today), [one for one in today if one.returncode]
    assert "status unknown since" in today[1].stdout
    assert "step 9" in today[1].stdout
    assert "step 9" not in today[3].stdout
    verdict = json.loads((tmp_path / "verdict.json").read_text("utf-8"))
    assert (verdict["outcome"], verdict["checks"][8]["code"]) == ("valid", "logged")
    size = len(filed.statements) + 1
    assert (tomorrow.returncode, f"size {size}" in tomorrow.stdout) == (0, True), tomorrow
    assert (rewritten.returncode, "older log" in rewritten.stderr) == (1, True), rewritten


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
