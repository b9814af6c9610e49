"""``yinjian-verify check`` and ``fetch``: no network, what was kept, and the verdicts that a service gives."""

import http.client
import json
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

import msgspec
import pytest

from tests import PROJECT
from tests.invented import CERTIFICATE, STATUS, TestKey
from tests.vectors import verdicts
from tests.verify.commands.papers import (
    GOOD,
    GOOD_TEXT,
    PIN,
    PLAIN,
    REVOKED,
    REVOKED_TEXT,
    SNAPSHOT,
    code,
    drawn,
    note,
    run,
)
from verify.commands import asking
from verify.core import qr_text, verdict
from verify.core.keyring import thumbprint
from verify.core.offline import Knowledge
from verify.shared.command import Refusal


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
    assert "age in days of what is known" in answer.stderr
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


def test_what_the_core_refuses_is_said_in_chinese_too(files: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where only the code has words there."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    Path("half").write_bytes(SNAPSHOT[:-9])
    for name, wanted in (("keyring", "是另一种声明"), ("half", "不是应有的格式")):
        assert wanted in run("check", GOOD_TEXT, *files[:4], "--snapshot", name).stderr


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
    assert answer.stdout.startswith("NOT JUDGED: another centre's")
    assert "step" not in answer.stdout


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
        (http.client.IncompleteRead(b""), "what it sends is cut off, or is no HTTP"),
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


def test_a_service_that_gives_a_byte_now_and_then_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of its bytes comes in time for itself."""
    over = threading.Event()
    monkeypatch.setattr("verify.commands.asking._SECONDS", 0.005)
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: over.wait(60))
    with pytest.raises(Refusal, match="it took too long"):
        asking.get("https://verify.example.org", "/log/checkpoint", 100)
    over.set()


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
