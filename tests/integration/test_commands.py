"""The commands as a centre and its operator type them, from nothing to an answer over HTTP, and the demo."""

import contextlib
import json
import os
import re
import signal
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

from examples import demo, make_workbook
from keys.programmes import Published
from keys.settings_file import Source
from tests import PROJECT, auditor
from tests.http_service import solved
from verify.core import qr_text, statement
from verify.core.statement import Kind

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


@pytest.mark.parametrize("guide", ["README.md", "README.zh-CN.md"])
def test_the_first_exam_of_the_readme_goes_as_written(office: Office, guide: str) -> None:
    """Each command of the block as it stands, but that the window is not waited for; then the site shows the list."""
    blocks = (PROJECT / guide).read_text("utf-8").split("```sh\n")[1:]
    (block,) = [found for text in blocks if "yinjian-keys init" in (found := text.partition("```")[0])]
    made, entered, *commands, serve = [
        line.partition("  #")[0].partition(" # ")[0].strip() for line in block.splitlines()
    ]
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
    assert "no such file" in office.run("yinjian-keys init keys --centre nowhere.toml", code=1)
    assert "yinjian-keys init" in office.run("yinjian-sign announce candidates.xlsx --exam 2022-04", code=1)
    office.run("yinjian-keys init keys")
    assert "not empty" in office.run("yinjian-keys init keys", code=1)
    assert "nothing to do" in office.run("yinjian-keys update").lower()
    office.run("yinjian-sign announce candidates.xlsx --exam 1999-01", code=1)
    office.run("yinjian-sign check centre.toml", code=1)
    office.run("yinjian-sign publish centre.toml", code=1)
    for command in ("yinjian-keys", "yinjian-sign", "yinjian-verify", "yinjian-migrate"):
        assert "Usage" in office.run(f"{command} --help")
        office.run(f"{command} --no-such-option", code=2)
        office.run(f"{command} no-such-command", code=2)
    office.environment["YINJIAN_PASSPHRASE"] = "wrong"
    refusal = office.run("yinjian-sign announce candidates.xlsx --exam 2022-04", code=1)
    assert "passphrase" in refusal


def test_commands_speak_chinese_by_locale(office: Office) -> None:
    """LC_ALL names the language; without compiled catalogues it would be English."""
    office.environment["LC_ALL"] = "zh_CN.UTF-8"
    assert "生成中心的密钥" in office.run("yinjian-keys --help")
    assert "拒绝" in office.run("yinjian-keys init keys --centre nowhere.toml", code=1)


def check_log_from_outside(folder: Path, summary: dict[str, Any], qr: str) -> list[str]:
    """What the program of docs/transparency.md says, which uses nothing of ours."""
    found = re.search(r"```python\n(.*?)```", (PROJECT / "docs" / "transparency.md").read_text("utf-8"), re.DOTALL)
    assert found
    assert len(found[1].splitlines()) <= 60
    (folder / "log.py").write_text(found[1], "utf-8")
    keyring = Path(summary["keyring"])
    shown = subprocess.run(
        [sys.executable, "-m", "keys", "show", "--json"],
        cwd=keyring.parents[1],
        env=os.environ | {"YINJIAN_VAR": str(keyring.parents[1]), "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    (key,) = json.loads(shown.stdout)["log_keys"]
    command = [sys.executable, "-I", str(folder / "log.py"), summary["url"], key, qr]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_the_demo_comes_up_and_goes_without_a_trace(tmp_path: Path, number: signal.Signals) -> None:
    """Its samples verify in all three ways, and a signal stops the service and the database."""
    port = free_port()
    environment = os.environ | {"YINJIAN_PORT": str(port), "YINJIAN_VAR": str(tmp_path / "elsewhere")}
    command = [sys.executable, "-m", "examples.demo", str(tmp_path / "demo")]
    with (tmp_path / "demo.log").open("w") as log:
        running = subprocess.Popen(
            command, cwd=PROJECT, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        try:
            wait_for((tmp_path / "demo" / "summary.json").exists, running, 300)
            summary = json.loads((tmp_path / "demo" / "summary.json").read_text("utf-8"))
            assert summary["url"] == f"http://127.0.0.1:{port}"
            assert all(Path(summary[name]).is_absolute() for name in ("keyring", "release", "certificates_dir"))
            samples = summary["samples"]
            assert len({sample["holder"] for sample in samples}) == 5
            for sample in samples:
                assert sample["qr"].startswith("https://VERIFY.EXAMPLE.ORG/Q/")
                by_qr = post(f"{summary['url']}/api/v1/verify", {"qr": sample["qr"]})
                by_name = {"number": sample["number"], "name": sample["holder"]}
                assert by_qr["outcome"] == "valid"
                assert post(f"{summary['url']}/api/v1/verify", by_name)["outcome"] == "valid"
                assert sample["number"] in look_up(summary["url"], sample["holder"], sample["id_number"])
                assert (by_qr["checks"][8]["code"], by_qr["receipt"]) == ("logged", None)
            told = post(f"{summary['url']}/api/v1/verify", {"number": samples[0]["number"], "receipt": True})
            assert told["receipt"]["tlog_proof"].startswith("c2sp.org/tlog-proof@v1\n")
            said = check_log_from_outside(tmp_path, summary, samples[0]["qr"])
            assert [line.partition(":")[0] for line in said] == ["checkpoint", "entries", "certificate"]
        finally:
            running.send_signal(number)
            code = running.wait(60)
    printed = (tmp_path / "demo.log").read_text("utf-8")
    assert code == 0, printed
    assert "Traceback" not in printed
    invitation = printed[printed.index("What the QR code") : printed.index("Stopping …")]
    named = re.findall(rf"{re.escape(str(tmp_path))}[^\s,]+", invitation)
    assert sorted(Path(name).suffix for name in named) == [".docx", ".pdf", ".pdf", ".png"]
    assert all(Path(name).is_file() for name in named)
    # What the service logs of its requests is none of the invitation.
    said = [line for line in invitation.splitlines() if line.strip() and not line.startswith("{")]
    assert said[-1].split()[-1] == f"{summary['url']}/"
    assert not (tmp_path / "elsewhere").exists()
    assert not list((tmp_path / "demo").glob("**/postmaster.pid"))
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_demo_says_at_once_that_no_font_is_there(tmp_path: Path) -> None:
    """On a machine without a Chinese font its first word is what will be missing, and what brings it."""
    code = (
        "from examples import demo\nfrom signing.print import fonts\nfonts._installed = dict\n"
        f"from pathlib import Path\ndemo.Demo(Path({str(tmp_path)!r}), 1).look_at_fonts()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert "No Chinese Song font is installed here" in done.stdout
    assert "make demo" in done.stdout


def test_the_demo_for_a_room_prints_codes_that_open_this_machine(tmp_path: Path) -> None:
    """With --lan the centre's settings and the samples' QR texts name the machine's own address."""
    made = demo.Demo(tmp_path, 8765, "192.168.1.5")
    made._centre()
    settings = Published.read(Source.of(tmp_path / "centre.toml"))
    text = qr_text.write(b"\x84\x01", settings.host, settings.scheme)
    assert text.startswith("http://192.168.1.5:8765/Q/")
    assert qr_text.read(text) == b"\x84\x01"


def test_the_demo_wipes_no_folder_but_its_own(tmp_path: Path) -> None:
    """A folder that no demo made is left as it is."""
    (tmp_path / "theses.txt").touch()
    command = [sys.executable, "-m", "examples.demo", str(tmp_path)]
    environment = os.environ | {"YINJIAN_PORT": str(free_port())}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no demo made it" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["theses.txt"]
