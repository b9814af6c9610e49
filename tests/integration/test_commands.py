"""The commands as a centre and its operator type them, from nothing to an answer over HTTP."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import zxingcpp
from PIL import Image

from examples import make_workbook
from tests import PROJECT, auditor
from tests.commands_here import run_here
from tests.http_service import solved
from verify.core import statement
from verify.core.statement import Kind
from verify.shared import entry

PASSPHRASE = "only for this test"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Office:
    """A working folder, and the commands run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("YINJIAN_")}
        self.environment |= {
            "YINJIAN_FONTS": os.environ["YINJIAN_FONTS"],
            "LC_ALL": "C.UTF-8",
            "YINJIAN_PORT": str(self.port),
            "YINJIAN_PASSPHRASE": PASSPHRASE,
        }

    def start(self, command: str, **pipes: Any) -> subprocess.Popen[str]:
        """Starts one command."""
        program, *arguments = command.split()
        path = Path(sys.executable).parent / program
        return subprocess.Popen(
            [path, *arguments], cwd=self.folder, env=self.environment, text=True, stdin=subprocess.DEVNULL, **pipes
        )

    def run(self, command: str, code: int = 0) -> str:
        """Runs one command to its end; what it printed. It must end with ``code``, and never with a traceback."""
        started = self.start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = started.communicate(timeout=120)
        assert started.returncode == code, out + err
        assert "Traceback" not in out + err
        assert PASSPHRASE not in out + err
        return out if code == 0 else err

    def here(self, command: str, code: int = 1) -> str:
        """What a command that does nothing says, run in this process; so is its help, code 0."""
        program, *arguments = command.split()
        main = getattr(entry, program.removeprefix("yinjian-"))
        done = run_here(main, *arguments, folder=self.folder, environment=self.environment)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        assert PASSPHRASE not in done.stdout + done.stderr
        return done.stdout if code == 0 else done.stderr

    @contextlib.contextmanager
    def serving(self) -> Iterator[Path]:
        """The public service, ready; and the file of what it logs."""
        log = self.folder / "service.log"
        with log.open("w") as file:
            service = self.start("yinjian-verify serve", stdout=file, stderr=file)
            try:
                wait_for(lambda: get(f"{self.url}/health/ready").is_success, service)
                yield log
            finally:
                service.terminate()
                assert service.wait(20) is not None


def wait_for(ready: Any, process: subprocess.Popen[Any], seconds: float = 60) -> None:
    """Waits until ``ready()`` while the process lives."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, "it ended too early"
        with contextlib.suppress(httpx.TransportError):
            if ready():
                return
        time.sleep(0.1)
    pytest.fail(f"not ready after {seconds:.0f} s")


def get(url: str, accept: str = "application/json") -> httpx.Response:
    """A page or an answer for programs."""
    return httpx.get(url, headers={"Accept": accept}, timeout=20)


def post(url: str, body: object) -> Any:
    """The JSON that a JSON request is answered with."""
    return httpx.post(url, json=body, timeout=20).json()


def look_up(url: str, name: str, id_number: str) -> list[str]:
    """The certificate numbers found by name and ID number, after the proof of work that this takes."""
    challenge = get(f"{url}/api/v1/challenge").json()
    answer = post(f"{url}/api/v1/lookup", {"name": name, "id_number": id_number, "altcha": solved(challenge)})
    return [certificate["number"] for certificate in answer["certificates"]]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A folder with the example's settings and workbook; its database is stopped in the end."""
    made = Office(tmp_path)
    (tmp_path / "centre.toml").write_bytes((PROJECT / "examples" / "centre.toml").read_bytes())
    make_workbook.write(tmp_path / "candidates.xlsx")
    yield made
    made.run("yinjian-migrate down")


def test_an_exam_goes_from_the_workbook_to_an_answer_over_http(office: Office) -> None:
    """Init, check, announce, issue, publish, serve: each certificate verifies in every way, and nothing leaks."""
    thumbprint = json.loads(office.run("yinjian-keys init keys --json"))["root"]
    office.run("yinjian-migrate up")
    checked = json.loads(office.run("yinjian-sign check candidates.xlsx --json"))
    assert checked["totals"]["refused"] == 0
    passed = [row["row"] for row in checked["rows"] if row["outcome"] == "passed"]

    announced = json.loads(office.run("yinjian-sign announce candidates.xlsx --exam 2022-04 --json"))
    assert "--early" in office.run("yinjian-sign issue candidates.xlsx --exam 2022-04", code=1)
    issued = json.loads(office.run("yinjian-sign issue candidates.xlsx --exam 2022-04 --early test --json"))
    assert len(issued["certificates"]) == len(passed)
    for release in (announced["release"], issued["release"], issued["release"]):
        office.run(f"yinjian-sign publish {release}")

    with office.serving() as log:
        numbers = _check_everybody(office, Path(issued["release"]))
        assert set(numbers) == set(issued["certificates"])
        exams = get(f"{office.url}/api/v1/exams").json()["items"]
        assert {exam["code"]: exam["stage"] for exam in exams} == {"CEM-2022-04": "final", "CAM-2022-04": "final"}
        assert all(exam["planned_on"] == "2022-03-19" for exam in exams)
        keyring = get(f"{office.url}/.well-known/yinjian/keyring").content
        assert keyring == (office.folder / "keys" / "keyring.cbor").read_bytes()
        assert thumbprint == json.loads(office.run("yinjian-keys show --json"))["root"]
    _audit(office, thumbprint)
    written = log.read_text("utf-8")
    assert not _digits_in(written)
    for row in make_workbook.rows():
        assert str(row[4]) not in written
        assert urllib.parse.quote(str(row[1])) not in written


def _audit(office: Office, thumbprint: str) -> None:
    """What is registered is what the statements and the ledger say, by a reader that shares nothing with ours."""
    lines = (office.folder / "var" / "database.env").read_text().splitlines()
    urls = dict(line.split("=", 1) for line in lines if "=" in line)
    account = auditor.audit(
        urls["YINJIAN_OWNER_DATABASE_URL"], bytes.fromhex(thumbprint), office.folder / "ledger.sqlite"
    )
    assert set(account.finals()) == {"CEM-2022-04", "CAM-2022-04"}


def _digits_in(text: str) -> bool:
    """Whether a text holds a run of digits as long as a QR code's."""
    return any(len(run) > 40 for run in "".join(c if c.isdigit() else " " for c in text).split())


def _codes(picture: Path) -> list[zxingcpp.Barcode]:
    """The QR codes in a picture; looking for other kinds too, the reader now and then sees one in the noise."""
    return list(
        zxingcpp.read_barcodes(Image.open(picture), formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    )


def _check_everybody(office: Office, release: Path) -> list[str]:
    """Checks every certificate by its QR picture's text and by number; some by name and ID number too."""
    numbers = []
    people = {str(row[1]): str(row[4]) for row in make_workbook.rows()}
    for item in statement.sequence(release.read_bytes()):
        if item.kind is not Kind.CERTIFICATE:
            continue
        number = item.claims[7].decode()
        holder = item.content[1]
        numbers.append(number)
        if len(numbers) % 10 != 1:
            continue
        (found,) = _codes(office.folder / "certificates" / f"{number}.png")
        verdict = post(f"{office.url}/api/v1/verify", {"qr": found.text})
        assert (verdict["outcome"], verdict["certificate"]["holder"]) == ("valid", holder)
        assert post(f"{office.url}/api/v1/verify", {"number": number, "name": holder})["outcome"] == "valid"
        assert post(f"{office.url}/api/v1/verify", {"number": number, "name": holder + "甲"})["outcome"] == "mismatch"
        digits = found.text.partition("/Q/")[2]
        slip = digits[:-3] + str((int(digits[-3]) + 1) % 10) + digits[-2:]
        assert post(f"{office.url}/api/v1/verify", {"qr": slip})["outcome"] == "forged"
        assert get(f"{office.url}/Q/{digits}", "text/html").is_success
        if len(id_number := people.get(holder, "")) == 18 and id_number.endswith(item.content[2]):
            assert number in look_up(office.url, holder, id_number)
    return numbers


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
    _audit(office, json.loads(office.run("yinjian-keys show --json"))["root"])
    with office.serving():
        exams = get(f"{office.url}/api/v1/exams").json()["items"]
    assert {exam["code"]: exam["stage"] for exam in exams} == {"CEM-2022-04": "final", "CAM-2022-04": "final"}


def test_commands_refuse_in_words_and_with_exit_codes(office: Office) -> None:
    """What cannot be done ends with 1 and a reason; wrong usage with 2; help with 0."""
    assert "no such file" in office.here("yinjian-keys init keys --centre nowhere.toml")
    assert "yinjian-keys init" in office.here("yinjian-sign announce candidates.xlsx --exam 2022-04")
    office.run("yinjian-keys init keys")
    assert "not empty" in office.here("yinjian-keys init keys")
    assert "nothing to do" in office.here("yinjian-keys update", 0).lower()
    office.here("yinjian-sign announce candidates.xlsx --exam 1999-01")
    office.here("yinjian-sign check centre.toml")
    office.here("yinjian-sign publish centre.toml")
    for command in ("yinjian-keys", "yinjian-sign", "yinjian-verify", "yinjian-migrate"):
        assert "Usage" in office.here(f"{command} --help", 0)
        office.here(f"{command} --no-such-option", 2)
        office.here(f"{command} no-such-command", 2)
    office.environment["YINJIAN_PASSPHRASE"] = "wrong"
    assert "passphrase" in office.here("yinjian-sign announce candidates.xlsx --exam 2022-04")


def test_commands_speak_chinese_by_locale(office: Office) -> None:
    """LC_ALL names the language; without compiled catalogues it would be English."""
    office.environment["LC_ALL"] = "zh_CN.UTF-8"
    assert "生成中心的密钥" in office.run("yinjian-keys --help")
    assert "拒绝" in office.run("yinjian-keys init keys --centre nowhere.toml", code=1)
