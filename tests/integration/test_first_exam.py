"""The first exam of the guides, command by command as it is written there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from tests import PROJECT
from tests.integration.office import Office, audit, get


def _first_exam(guide: str) -> list[str]:
    """The commands of a guide's first exam, without what is said beside them; the last reason is in its language."""
    blocks = (PROJECT / guide).read_text("utf-8").split("```sh\n")[1:]
    (block,) = [found for text in blocks if "yinjian-keys init" in (found := text.partition("```")[0])]
    return [line.partition("  #")[0].partition(" # ")[0].strip() for line in block.splitlines()]


def test_the_first_exam_of_the_readme_goes_as_written(office: Office) -> None:
    """Each command of the block as it stands, but that the window is not waited for; then the site shows the list."""
    made, entered, *commands, serve = _first_exam("README.zh-CN.md")
    english, chinese = (
        [re.sub('--early ".*"', "--early", line) for line in _first_exam(guide)]
        for guide in ("README.md", "README.zh-CN.md")
    )
    assert english == chinese
    assert made.startswith("make setup && export PATH=")  # done before any test runs
    assert (entered, serve) == ("mkdir -p var/exam && cd var/exam", "yinjian-verify serve")
    office.folder = office.folder / "var" / "exam"
    office.folder.mkdir(parents=True)
    (office.folder.parents[1] / "examples").symlink_to(PROJECT / "examples")
    office.environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=office.folder,
            env=office.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    audit(office, json.loads(office.run("yinjian-keys show --json"))["root"])
    with office.serving():
        exams = get(f"{office.url}/api/v1/exams").json()["items"]
    assert {exam["code"]: exam["stage"] for exam in exams} == {"CEM-2022-04": "final", "CAM-2022-04": "final"}
