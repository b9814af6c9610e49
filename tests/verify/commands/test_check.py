"""``yinjian-verify check`` and ``fetch``: no network, what was kept, and the verdicts that a service gives."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import urllib.error
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import click.testing
import msgspec
import pytest
import qrcode
from openpyxl import Workbook

from tests import PROJECT
from tests.invented import CERTIFICATE, LOG, ROOT, STATUS, TestKey
from tests.vectors import verdicts
from verify.__main__ import command
from verify.commands.things import answer_here
from verify.core import qr_text, verdict
from verify.core.keyring import thumbprint
from verify.core.log import checkpoint
from verify.core.log.checkpoint import Checkpoint
from verify.core.offline import Knowledge
from verify.files.findings import Findings
from verify.files.jobs import FindCodes
from verify.files.refusals import FileRefused

PIN = thumbprint(ROOT.public).hex()
GOOD = verdicts.made()
GOOD_TEXT = qr_text.write(GOOD, verdicts.HOST)
REVOKED = verdicts.made(holder="别人")
REVOKED_TEXT = qr_text.write(REVOKED, verdicts.HOST)
SNAPSHOT = verdicts.snapshot((REVOKED, "revoked"))
PLAIN = b"".join(verdicts.CHAINS["plain"])
Answer = click.testing.Result


def note(size: int, root: bytes = bytes(32)) -> bytes:
    """A checkpoint of this size."""
    said = Checkpoint(origin=f"{verdicts.HOST}/log", size=size, root=root)
    return checkpoint.note(said, LOG.public, LOG.private.sign(said.text.encode())).encode()


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine's, English words."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("YINJIAN_KEPT", str(tmp_path / "kept"))
    monkeypatch.delenv("YINJIAN_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Keyring and snapshot as files, as the options that name them."""
    (tmp_path / "keyring").write_bytes(PLAIN)
    (tmp_path / "snapshot").write_bytes(SNAPSHOT)
    return ["--keyring", str(tmp_path / "keyring"), "--root", PIN, "--snapshot", str(tmp_path / "snapshot")]


def run(*arguments: str | Path) -> Answer:
    """What a command says and its exit code."""
    return click.testing.CliRunner().invoke(command, list(map(str, arguments)), standalone_mode=False)


def code(answer: Answer) -> int | str:
    """The exit code, or the refusal's name."""
    if answer.exception is not None:
        return type(answer.exception).__name__
    return answer.return_value or 0


def drawn(path: Path, text: str) -> Path:
    """A picture or PDF with this QR code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = qrcode.make(text, error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=3).get_image()
    picture.convert("L").save(path)
    return path


def test_a_text_has_the_verdict_that_a_service_gives(files: list[str]) -> None:
    """The same members and values as the core's verdict, and exit 0 with steps 5 and 8 passed."""
    answer = run("check", GOOD_TEXT, "--json", *files)
    given = json.loads(answer.stdout)
    known = Knowledge.of(verdicts.follow("plain"), SNAPSHOT)
    wanted = json.loads(msgspec.json.encode(verdict.offline_verdict(GOOD_TEXT, known, now=verdicts.NOW)))
    assert code(answer) == 0
    assert {k: v for k, v in given.items() if k not in ("checked_at", "as_of")} == {
        k: v for k, v in wanted.items() if k not in ("checked_at", "as_of")
    }


def test_words_say_as_of_when_it_is_known(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """In English and in Chinese; and that the knowledge is old."""
    answer = run("check", GOOD_TEXT, *files)
    assert "valid as of 2023-11-09 06:13, status unknown since" in answer.stdout
    assert "days old" in answer.stderr
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "截至 2023-11-09 06:13 有效，此后状态未知" in run("check", GOOD_TEXT, *files).stdout


def test_a_paper_of_a_stolen_key_is_sent_to_who_can_tell(tmp_path: Path) -> None:
    """Without a network it is not trusted, and nothing is claimed that the register alone knows."""
    (tmp_path / "keyring").write_bytes(b"".join(verdicts.CHAINS["certificate key compromised"]))
    answer = run("check", GOOD_TEXT, "--keyring", tmp_path / "keyring", "--root", PIN)
    assert code(answer) == 1
    assert "nothing here shows that the certificate was published before" in answer.stdout
    assert "ask the centre's service" in answer.stdout


@pytest.mark.parametrize(
    ("text", "options", "wanted"),
    [
        (GOOD_TEXT, 6, 0),
        (GOOD_TEXT, 4, 3),  # without a snapshot step 8 is not done
        (REVOKED_TEXT, 6, 1),
        (REVOKED_TEXT, 4, 3),
        (f"{GOOD_TEXT}x", 6, 1),
        ("no_such_file.png", 6, "UsageError"),
    ],
)
def test_each_end_has_its_exit_code(files: list[str], text: str, options: int, wanted: int | str) -> None:
    """0 valid with steps 5 and 8 passed, 1 not valid, 3 where one was not done, 2 for wrong usage."""
    assert code(run("check", text, *files[:options])) == wanted


def test_a_folder_of_pictures_pdfs_and_tables_is_told_whole(files: list[str], tmp_path: Path) -> None:
    """Every code with its place; what holds none, or cannot be read, is named and ends with 1; hidden files counted."""
    folder = tmp_path / "papers"
    drawn(folder / "a.png", GOOD_TEXT)
    drawn(folder / "deeper" / "b.pdf", GOOD_TEXT)
    drawn(folder / "payment.jpg", "wxp://f2f0abc")
    (folder / ".hidden").write_text("x")
    (folder / "list.txt").write_text(f"{GOOD_TEXT}\n{REVOKED_TEXT}\n")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "round").symlink_to(folder)
    (folder / "gone.png").symlink_to(folder / "nothing")
    book = Workbook()
    book.worksheets[0]["C7"] = GOOD_TEXT
    book.save(folder / "table.xlsx")
    answer = run("check", folder, "--json", *files)
    given = json.loads(answer.stdout)
    found = [(Path(x["source"]).name, x["place"], x["verdict"]["outcome"]) for x in given["verdicts"]]
    assert found == [
        ("a.png", None, "valid"), ("list.txt", "A1", "valid"), ("list.txt", "A2", "revoked"),
        ("table.xlsx", "Sheet!C7", "valid"), ("b.pdf", None, "valid"),
    ]  # fmt: skip
    problems = {Path(x["source"]).name: x["code"] for x in given["problems"]}
    assert problems == {
        "payment.jpg": "other_code", "broken.png": "damaged_file", "round": "no_file", "gone.png": "no_file",
    }  # fmt: skip
    assert (code(answer), "Hidden files passed over: 1." in answer.stderr) == (1, True)
    assert "wxp" not in answer.output
    assert (
        "5 codes: 4 valid, 1 not valid, 0 not wholly checked; 4 files or columns with something else."
        in run("check", folder, *files).stdout
    )


def test_rows_without_a_text_in_a_column_of_texts_are_told(files: list[str], tmp_path: Path) -> None:
    """Errors, numbers and empty cells below the heading: who stands there was not checked. A chart is no sheet."""
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (["Name", "Code"], ["A", "#N/A"], ["B", GOOD_TEXT], ["C", None], ["D", 12345], ["E", GOOD_TEXT], []):
        sheet.append(row)
    sheet["A9"] = "a note of several rows"
    book.create_chartsheet("chart")
    book.save(tmp_path / "table.xlsx")
    answer = run("check", tmp_path / "table.xlsx", *files)
    assert "Beside Sheet!B3 its column has rows without a certificate's QR text: 4 (B2, B4, B5, B9)." in answer.stdout
    assert code(answer) == 1
    (tmp_path / "list.txt").write_text(f"{GOOD_TEXT}\n\n{GOOD_TEXT}\n")
    assert code(run("check", tmp_path / "list.txt", *files)) == 0


def test_names_of_files_neither_steer_the_terminal_nor_end_a_check(files: list[str], tmp_path: Path) -> None:
    """One that is no text in any encoding, or made to look like a line of ours, is written with escapes."""
    folder = tmp_path / "papers"
    drawn(folder / "a.png: FORGED\nb.png", GOOD_TEXT)
    for name in (b"\xff.png", b"\x1b[2J.png", "gnp\u202e.png".encode()):
        (folder / os.fsdecode(name)).touch()
    answer = run("check", folder, *files)
    lines = [line for line in answer.stdout.splitlines() if not line.startswith("    ")]
    assert [line.rpartition("papers/")[2].partition(": ")[0] for line in lines[:4]] == [
        "\\x1b[2J.png", "a.png", "gnp\\u202e.png", "\\udcff.png"
    ]  # fmt: skip
    assert len(lines) == 5
    assert "\x1b" not in answer.stdout
    given = json.loads(run("check", folder, "--json", *files).stdout)
    assert len(given["problems"]) == 3


def test_folders_and_files_that_are_closed_are_told_wherever_they_lie(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of a folder too, a folder that is closed as a whole, and files of one that lets nobody pass."""
    folder = tmp_path / "papers"
    drawn(folder / "a.png", GOOD_TEXT)
    (folder / "b.png").touch()
    (folder / "z").mkdir()
    scandir, stat = os.scandir, Path.stat

    def closed(path: Any) -> Any:
        if Path(path).name in ("z", "whole"):
            raise PermissionError(13, "closed", str(path))
        return scandir(path)

    def kept(path: Path, **options: Any) -> os.stat_result:
        if path.name == "b.png":
            raise PermissionError(13, "closed", str(path))
        return stat(path, **options)

    monkeypatch.setattr("os.scandir", closed)
    monkeypatch.setattr("pathlib.Path.stat", kept)
    given = json.loads(run("check", folder, "--json", *files).stdout)
    assert [(Path(x["source"]).name, x["code"]) for x in given["problems"]] == [("b.png", "closed"), ("z", "closed")]
    (tmp_path / "whole").mkdir()
    assert run("check", tmp_path / "whole", *files).stdout.endswith("whole: there is no right to it\n")


def test_digits_alone_are_a_text_however_long(files: list[str]) -> None:
    """No file's name may be as long, and no system is asked for one."""
    assert code(run("check", GOOD_TEXT.rpartition("/")[2], *files)) == 0


def test_nothing_and_what_comes_by_standard_input_are_answered(files: list[str], tmp_path: Path) -> None:
    """``-`` is a file without a name; an empty folder and an empty argument are told as such."""
    picture = drawn(tmp_path / "a.png", GOOD_TEXT).read_bytes()
    given = click.testing.CliRunner().invoke(command, ["check", "-", *files], input=picture, standalone_mode=False)
    assert (given.stdout.startswith("stdin: valid as of"), code(given)) == (True, 0)
    (tmp_path / "empty").mkdir()
    answer = run("check", tmp_path / "empty", *files)
    assert (answer.stdout.endswith("empty: The folder has no files.\n"), code(answer)) == (True, 1)
    for wrong in ("", " ", "CEM2204000001I"):
        answer = run("check", wrong, *files)
        assert (code(answer), "neither a file here nor" in str(answer.exception)) == ("UsageError", True)


def test_what_the_core_refuses_is_said_in_chinese_too(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where only the code has words there."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    Path("half").write_bytes(SNAPSHOT[:-9])
    for name, wanted in (("keyring", "是另一种声明"), ("half", "不是应有的格式")):
        assert wanted in run("check", GOOD_TEXT, *files[:4], "--snapshot", name).stderr


def test_a_file_that_ends_its_reader_costs_its_own_row(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers' files are read by other processes; the one that dies of a file is told with it, and others go on."""
    monkeypatch.setattr("verify.files.template.PROGRAM", "tests.verify.commands.dying_worker")
    folder = tmp_path / "papers"
    monkeypatch.setattr("verify.commands.things._cores", lambda: 1)  # so that others were sent behind it
    picture = drawn(folder / "a.png", GOOD_TEXT).read_bytes()
    for name in "bcdefghi":
        (folder / f"{name}.png").write_bytes(picture + (b"die" if name in "eg" else b""))
    answer = run("check", folder, "--json", *files)
    given = json.loads(answer.stdout)
    assert [Path(x["source"]).stem for x in given["verdicts"]] == list("abcdfhi")
    assert [(Path(x["source"]).stem, x["code"]) for x in given["problems"]] == [
        ("e", "reader_failed"),
        ("g", "reader_failed"),
    ]
    assert code(answer) == 1


def test_pictures_and_tables_in_turn_are_told_in_order(files: list[str], tmp_path: Path) -> None:
    """Those of the one kind are not sent to the other's reader, and each answer is told with its own file."""
    folder = tmp_path / "papers"
    picture = drawn(folder / "0.png", GOOD_TEXT).read_bytes()
    for number in range(1, 10):
        bytes_of = (picture, f"{REVOKED_TEXT}\n".encode(), b"", b"\x89PNG\r\n\x1a\n")
        (folder / f"{number}").write_bytes(bytes_of[number % 4])
    given = json.loads(run("check", folder, "--json", *files).stdout)
    assert [(Path(x["source"]).name[0], x["verdict"]["outcome"]) for x in given["verdicts"]] == [
        ("0", "valid"), ("1", "revoked"), ("4", "valid"), ("5", "revoked"), ("8", "valid"), ("9", "revoked")
    ]  # fmt: skip
    assert [(Path(x["source"]).name, x["code"]) for x in given["problems"]] == [
        ("2", "empty_file"), ("3", "damaged_file"), ("6", "empty_file"), ("7", "damaged_file")
    ]  # fmt: skip


def test_where_there_are_no_such_processes_files_are_read_here(tmp_path: Path) -> None:
    """On Windows: with the same answers and refusals."""
    found = answer_here(FindCodes(data=drawn(tmp_path / "a.png", GOOD_TEXT).read_bytes(), seconds=5))
    assert isinstance(found, Findings)
    assert [one.text for one in found.codes] == [GOOD_TEXT]
    for data, wanted in ((b"\x89PNG\r\n\x1a\n", "damaged_file"), (object(), "reader_failed")):
        refused = answer_here(FindCodes(data=data, seconds=5))  # type: ignore[arg-type]  # the second breaks a reader
        assert isinstance(refused, FileRefused)
        assert refused.code == wanted


def test_one_that_is_not_wholly_checked_among_valid_ones_is_told_by_the_exit_code(files: list[str]) -> None:
    """Of several things 1 comes first, then 3."""
    newer = qr_text.write(verdicts.made(issued_at=verdicts.TAKEN_AT + 1), verdicts.HOST)
    assert code(run("check", GOOD_TEXT, newer, *files)) == 3
    assert code(run("check", GOOD_TEXT, newer, REVOKED_TEXT, *files)) == 1


def test_receipts_are_taken_by_file_and_by_number(files: list[str], tmp_path: Path) -> None:
    """Step 9 passes with one that verifies; one that does not ends with 3."""
    folder = tmp_path / "receipts"
    folder.mkdir()
    (folder / f"{verdicts.PAPER.number}.tlog-proof").write_text(verdicts.receipt(GOOD, 1))
    (tmp_path / "one.cose").write_bytes(verdicts.cose(GOOD))
    for place in (folder, tmp_path / "one.cose"):
        answer = run("check", GOOD_TEXT, "--json", *files, "--receipt", place)
        assert (code(answer), json.loads(answer.stdout)["checks"][8]["code"]) == (0, "logged")
    (tmp_path / "one.cose").write_bytes(verdicts.cose(REVOKED))
    assert code(run("check", GOOD_TEXT, *files, "--receipt", tmp_path / "one.cose")) == 3


def test_another_centres_code_is_told_whose_it_is(files: list[str]) -> None:
    """Its host is named, and no key of this centre's is said to have forged it."""
    other = qr_text.write(verdicts.made(TestKey("stranger")), "other.example")
    answer = run("check", other, *files)
    assert code(answer) == 1
    assert "other.example" in answer.stdout
    assert "FORGED" not in answer.stdout


def test_a_time_before_the_snapshot_is_not_answered(files: list[str]) -> None:
    """It is refused; a day since is asked about."""
    assert code(run("check", GOOD_TEXT, *files, "--as-of", "2023-11-01")) == "Refusal"
    assert code(run("check", GOOD_TEXT, *files, "--as-of", "2023-11-10")) == 0
    assert code(run("check", GOOD_TEXT, *files, "--as-of", "9999-01-01")) == "UsageError"


def test_a_clock_a_year_behind_is_told_and_not_judged_by(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest time that is known is taken for now."""
    monkeypatch.setattr("verify.commands.check.time.time", lambda: float(verdicts.TAKEN_AT - 365 * 86_400))
    answer = run("check", GOOD_TEXT, "--json", *files)
    assert "2022-11-09" in answer.stderr
    assert json.loads(answer.stdout)["checked_at"] == "2023-11-08T22:13:20Z"


def test_a_check_asks_no_network(files: list[str], tmp_path: Path) -> None:
    """With an audit hook that ends the process where it looks for an address a picture is judged; fetch is ended."""
    program = (
        "import os, sys\n"
        "asks = {'socket.connect', 'socket.getaddrinfo', 'socket.gethostbyname', 'socket.bind', 'socket.sendto'}\n"
        "sys.addaudithook(lambda name, _: os._exit(99) if name in asks else None)\n"
        "sys.modules['PIL'] = sys.modules['zxingcpp'] = None\n"  # what reads strangers' files is not wanted here
        "from verify.__main__ import main\n"
        "main()\n"
    )

    def ended(*arguments: str) -> int:
        given = [sys.executable, "-c", program, *arguments]
        return subprocess.run(given, cwd=PROJECT, capture_output=True, check=False).returncode

    assert ended("check", str(drawn(tmp_path / "a.png", GOOD_TEXT)), *files) == 0
    assert ended("fetch", "http://127.0.0.1:9", "--root", PIN, "--kept", str(tmp_path / "x")) == 99


@pytest.fixture
def service() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A service that gives what the test puts into the dictionary, by path."""
    given: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = given.get(self.path)
            self.send_response(404 if data is None else 200)
            whole = data or b""
            self.send_header("Content-Length", str(len(whole) + whole.endswith(b"cut")))
            self.end_headers()
            self.wfile.write(whole)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", given
    server.shutdown()
    server.server_close()


KEYRING_PATH, SNAPSHOT_PATH, CHECKPOINT_PATH = (
    "/.well-known/yinjian/keyring", "/.well-known/yinjian/snapshot", "/log/checkpoint",
)  # fmt: skip


def test_what_was_fetched_serves_checks_from_then_on(service: tuple[str, dict[str, bytes]]) -> None:
    """Without --root it is refused the first time; after it, check needs no option at all."""
    url, given = service
    given |= {KEYRING_PATH: PLAIN, SNAPSHOT_PATH: SNAPSHOT, CHECKPOINT_PATH: note(40)}
    assert code(run("fetch", url)) == "Refusal"
    assert code(run("fetch", url, "--root", "00" * 32)) == "KeyringRefused"
    answer = run("fetch", url, "--root", PIN, "--json")
    assert {k: v for k, v in json.loads(answer.stdout).items() if k != "kept"} == {
        "keyring": 1, "checkpoint": 40, "snapshot": {"taken_at": verdicts.TAKEN_AT, "log_size": 40},
    }  # fmt: skip
    assert (code(run("check", GOOD_TEXT)), code(run("check", REVOKED_TEXT))) == (0, 1)
    assert code(run("fetch", url)) == 0
    assert code(run("fetch", url, "--root", "11" * 32)) == "Refusal"


@pytest.mark.parametrize("url", ["ftp://x", "https://", "not a url", "http://x:port", "http://[::1", "a:b@x"])
def test_what_is_no_address_is_wrong_usage(url: str) -> None:
    """Nothing is asked then, nor written."""
    assert code(run("fetch", url, "--root", PIN)) == "UsageError"
    assert not Path("kept").exists()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            urllib.error.URLError(socket.gaierror(-2, "unknown")),
            "no such address is known here, or there is no network",
        ),
        (urllib.error.URLError(ConnectionRefusedError(111, "refused")), "nothing listens there"),
        (urllib.error.URLError(ssl.SSLCertVerificationError(1, "self-signed")), "its TLS certificate is not trusted"),
        (urllib.error.URLError(ssl.SSLError(1, "wrong version")), "it does not speak TLS there"),
        (TimeoutError(), "it took too long"),
        (http.client.IncompleteRead(b""), "IncompleteRead"),
    ],
)
def test_a_service_that_does_not_answer_is_named_with_the_cause(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    """Somebody who mistyped the address, or has no network, is told which."""

    def unanswered(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("urllib.request.urlopen", unanswered)
    answer = run("fetch", "https://verify.example.org", "--root", PIN)
    assert str(answer.exception) == f"verify.example.org does not answer: {words}."


Bad = Callable[[dict[str, bytes]], None]


def giving(**served: bytes) -> Bad:
    """A service that gives other things from now on."""
    paths = {"keyring": KEYRING_PATH, "snapshot": SNAPSHOT_PATH, "checkpoint": CHECKPOINT_PATH}
    return lambda given: given.update({paths[name]: data for name, data in served.items()})


@pytest.mark.parametrize(
    ("then", "words"),
    [
        (giving(keyring=verdicts.CHAINS["plain"][0]), "older keyring"),
        (giving(keyring=b"".join(verdicts.CHAINS["certificate key retired"])), "another keyring"),
        (giving(keyring=PLAIN[:-9]), "truncated"),
        (giving(snapshot=verdicts.snapshot(log_size=39, key=verdicts.TELLER)), "snapshot_rolled_back"),
        (giving(snapshot=verdicts.snapshot(log_size=41, key=verdicts.TELLER)), "snapshot_unproven"),
        (giving(snapshot=verdicts.snapshot(issued_at=1, key=verdicts.TELLER)), "snapshot_before_keyring"),
        (giving(snapshot=SNAPSHOT[:-40]), "truncated"),
        (giving(snapshot=verdicts.snapshot(key=CERTIFICATE)), "key_wrong_use"),
        (giving(snapshot=verdicts.snapshot(key=TestKey("CEM"))), "key_wrong_programme"),
        (giving(snapshot=b"cut"), "ended before"),
    ],
)
def test_nothing_bad_or_older_takes_the_place_of_what_was_kept(
    service: tuple[str, dict[str, bytes]], then: Bad, words: str, tmp_path: Path
) -> None:
    """Another root, a rollback, half a download, a wrong key, a size without a checkpoint: refused with the reason."""
    url, given = service
    chain = b"".join(verdicts.CHAINS["status key retired"])
    good = verdicts.snapshot(key=verdicts.TELLER)
    given |= {KEYRING_PATH: chain, SNAPSHOT_PATH: good, CHECKPOINT_PATH: note(40)}
    assert code(run("fetch", url, "--root", PIN)) == 0
    kept = next((tmp_path / "kept").glob("*.zip"))
    before = kept.read_bytes()
    then(given)
    answer = run("fetch", url)
    assert code(answer) in ("Refusal", "KeyringRefused", "Unreadable")
    assert words in str(answer.exception)
    assert kept.read_bytes() == before
    assert code(run("check", GOOD_TEXT)) == 0


def test_what_was_kept_and_altered_since_is_not_believed(files: Sequence[str], tmp_path: Path) -> None:
    """A snapshot with a byte changed says nothing, and that is told."""
    (tmp_path / "snapshot").write_bytes(SNAPSHOT[:-1] + b"\x00")
    answer = run("check", GOOD_TEXT, *files)
    assert code(answer) == 3
    assert "signature_bad" in answer.stderr


def test_two_centres_are_kept_apart(service: tuple[str, dict[str, bytes]], tmp_path: Path) -> None:
    """A code is judged by the centre whose host it names, and by nobody else's keyring."""
    url, given = service
    given |= {KEYRING_PATH: PLAIN, SNAPSHOT_PATH: SNAPSHOT}
    assert code(run("fetch", url, "--root", PIN)) == 0
    other = TestKey("root of another centre")
    ring = msgspec.structs.replace(
        verdicts.FIRST,
        keys=(other.entry("root"), TestKey("other").entry("certificate"), STATUS.entry("status")),
        hosts=("OTHER.EXAMPLE",),
    )
    given |= {KEYRING_PATH: other.sign(ring.draft(other.kid))}
    given.pop(SNAPSHOT_PATH)
    assert code(run("fetch", url.replace("127.0.0.1", "localhost"), "--root", thumbprint(other.public).hex())) == 0
    theirs = qr_text.write(verdicts.made(TestKey("other")), "other.example")
    answers: list[Any] = [run("check", text, "--json") for text in (GOOD_TEXT, theirs)]
    assert [code(answer) for answer in answers] == [0, 3]
    assert [json.loads(answer.stdout)["checks"][3]["code"] for answer in answers] == ["signature_ok"] * 2
