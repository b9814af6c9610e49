"""The public service as an operator runs it, for tests: ``yinjian-verify serve`` on the invented exam's register."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import msgspec
import psutil
import pytest

from tests import PROJECT
from tests import invented_exam as exam
from tests.invented import ROOT, SECRET
from verify.core.keyring import thumbprint


async def publish_exam(signer_url: str) -> None:
    """The invented exam, filed in the registry at ``signer_url``."""
    signer = await asyncpg.connect(signer_url)
    try:
        rows = list(enumerate(data for data in exam.statements() if data != exam.NOT_YET.data))
        await signer.executemany("insert into registry.statement (index, bytes) values ($1, $2)", rows)
    finally:
        await signer.close()


class Service(msgspec.Struct, kw_only=True):
    """A running service."""

    url: str
    environ: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path

    def children(self, program: str) -> list[psutil.Process]:
        """Its processes of one kind: answering (the workers) or keeper."""
        found = []
        for one in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):  # it ends just now, and may be a zombie
                if f"verify.processes.{program}" in one.cmdline():
                    found.append(one)
        return found

    def wait_for(self, text: str, seconds: float = 30, times: int = 1) -> None:
        """Waits until the log says so."""
        deadline = time.monotonic() + seconds
        while len(re.findall(text, self.log.read_text())) < times:
            if time.monotonic() > deadline or self.process.poll() is not None:
                pytest.fail(f"{text!r} not said:\n{self.log.read_text()}")
            time.sleep(0.02)


@contextlib.contextmanager
def served(folder: Path, reader_url: str, *options: str, **settings: str) -> Iterator[Service]:
    """The service, ready on a free port; its processes are gone in the end."""
    folder.mkdir(exist_ok=True)
    secret = folder / "secret"
    secret.write_text(SECRET.hex())
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("YINJIAN")},
        "YINJIAN_VAR": str(folder),
        "YINJIAN_DATABASE_URL": reader_url,
        "YINJIAN_ROOT": thumbprint(ROOT.public).hex(),
        "YINJIAN_LOOKUP_SECRET_FILE": str(secret),
        "YINJIAN_PORT": "0",
        **settings,
    }
    log = folder / "service.log"
    with log.open("wb") as file:
        command = [sys.executable, "-m", "verify", "serve", *options]
        process = subprocess.Popen(command, cwd=PROJECT, env=environ, stdout=file, stderr=file)
    service = Service(url="", environ=environ, process=process, log=log)
    try:
        service.wait_for("serving on ", 120)
        service.url = re.findall(r"serving on (http://\S+[0-9])/", log.read_text())[0]
        yield service
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) is not None
