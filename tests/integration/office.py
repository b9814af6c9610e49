"""A working folder with the centre's commands, and the service that it starts, asked over HTTP."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import auditor
from tests.commands_here import run_here
from tests.http_service import solved
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
            **{name: said for name, said in os.environ.items() if name == "YINJIAN_FONTS"},
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


def audit(office: Office, thumbprint: str) -> None:
    """What is registered is what the statements and the ledger say, by a reader that shares nothing with ours."""
    lines = (office.folder / "var" / "database.env").read_text().splitlines()
    urls = dict(line.split("=", 1) for line in lines if "=" in line)
    account = auditor.audit(
        urls["YINJIAN_OWNER_DATABASE_URL"], bytes.fromhex(thumbprint), office.folder / "ledger.sqlite"
    )
    assert set(account.finals()) == {"CEM-2022-04", "CAM-2022-04"}
