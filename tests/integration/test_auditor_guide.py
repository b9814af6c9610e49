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
from verify.core.keyring import thumbprint
from verify.core.snapshot import Snapshot

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


def test_the_guides_commands_run_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fetched once, a picture and a text are judged without the service; the status is known as of the snapshot."""
    guide = (PROJECT / "docs" / "auditor.md").read_text("utf-8")
    lines = re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)[0].splitlines()
    assert [line.split()[1] for line in lines] == ["fetch", "check", "check", "check"]
    for name, value in {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8",
                        "YINJIAN_KEPT": str(tmp_path / "kept"), "THUMBPRINT": PINNED, "QR": invented_exam.VALID.qr,
                        "DAY": datetime.date.today().isoformat()}.items():  # fmt: skip  # noqa: DTZ011
        monkeypatch.setenv(name, value)
    qrcode.make(invented_exam.VALID.qr, box_size=4).get_image().convert("L").save(tmp_path / "paper.png")
    filed = registry()
    at = invented_exam.NOW
    taken = Snapshot(taken_at=at, log_size=len(filed.statements), standings={}, issued_at=at)
    filed.statements.append(STATUS.sign(taken.draft(STATUS.kid)))

    def run(line: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)

    with serving(filed) as url:
        monkeypatch.setenv("SITE", url)
        first = run(lines[0])
    assert first.returncode == 0, first.stderr
    done = [run(line) for line in lines[1:]]
    assert [one.returncode for one in done] == [0, 0, 0], done
    assert "status unknown since" in done[0].stdout
    assert json.loads(done[1].stdout)["outcome"] == "valid"


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
