"""Load by wrk on the loopback address, and the servers that it is put on: ours, the peer, and the framework alone."""

import contextlib
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import httpx
import msgspec
import psutil

from bench.peer import service
from migrations.embedded import Database
from tests import releases
from tests.invented import SECRET

SCRIPT: Final = Path(__file__).with_name("load.lua")
CONNECTIONS: Final = 32
_LONGEST: Final = 30.0
"""Seconds of a wave at most."""
_READY: Final = 60.0
"""Seconds in which a server must answer."""


class Wave(msgspec.Struct, frozen=True, kw_only=True):
    """What one server answered to some seconds of load. Times are in seconds."""

    rate: float
    p50: float
    p99: float
    cpu: float
    """Processor seconds that an answer took of the server's processes."""
    load: float
    """Of the load generator."""
    database: float
    """Of PostgreSQL."""
    answers: int


class _Told(msgspec.Struct):
    requests: int
    microseconds: int
    failed: int
    p50: int
    p99: int


class Requests:
    """Requests of a file, which each wave at a server goes on with where the one before ended."""

    def __init__(self, folder: Path, name: str, lines: Sequence[str], accept: str = "application/json") -> None:
        self.path = folder / f"{name}.requests"
        self.path.write_text("\n".join(lines) + "\n", "utf-8")
        self.accept = accept
        self.count = len(lines)
        self.begin: Counter[str] = Counter()
        """By the server's address."""


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """One process's, in bytes."""

    program: str
    own: int
    """That no other process has (USS)."""
    shared: int
    """Its part of what several have, each page divided among those that have it (PSS without the former)."""


class Served(msgspec.Struct, frozen=True):
    """A server that runs."""

    name: str
    url: str
    process: int
    database: int | None = None
    """PostgreSQL's process, whose part is measured too."""

    def read_lists(self, numbers: Sequence[str]) -> None:
        """Asks for a certificate of each exam, one after the other: whose list is read then, and not under load."""
        for number in numbers:
            httpx.get(f"{self.url}/api/v1/certificates/{number}", timeout=300).raise_for_status()

    def memory(self) -> list[Memory]:
        """Of each of its processes."""
        found = []
        for one in _family(self.process):
            full = one.memory_full_info()
            program = next((word for word in one.cmdline() if word.startswith("verify.")), "supervisor")
            found.append(Memory(program=program.rpartition(".")[2], own=full.uss, shared=full.pss - full.uss))
        return found

    def load(self, asked: Requests, seconds: float, connections: int = CONNECTIONS) -> Wave:
        """Asks for some seconds. Raises AssertionError where one answer was not 2xx."""
        environ = os.environ | {
            "BENCH_REQUESTS": str(asked.path),
            "BENCH_ACCEPT": asked.accept,
            "BENCH_BEGIN": str(asked.begin[self.url]),
        }
        connected = ["-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "20s"]
        before = self._cpu()
        done = subprocess.run(
            ["wrk", *connected, "-s", str(SCRIPT), self.url], env=environ, capture_output=True, text=True, check=True
        )
        spent = [after - then for after, then in zip(self._cpu(), before, strict=True)]
        told = msgspec.json.decode(done.stderr.strip().splitlines()[-1], type=_Told)
        if not told.requests and seconds < _LONGEST:  # a machine under other load: asked for longer
            return self.load(asked, 2 * seconds, connections)
        assert told.requests, f"{self.name} gave no answer in {seconds} s"
        assert not told.failed, f"{self.name}: {told.failed} of {told.requests} failed: {done.stdout}"
        asked.begin[self.url] += told.requests + connections  # what was under way at the end was sent too
        cpu, load, database = (one / told.requests for one in spent)
        return Wave(
            rate=told.requests / told.microseconds * 1e6,
            p50=told.p50 / 1e6,
            p99=told.p99 / 1e6,
            cpu=cpu,
            load=load,
            database=database,
            answers=told.requests,
        )

    def _cpu(self) -> tuple[float, float, float]:
        """Processor seconds until now: of the server, of all load generators, and of PostgreSQL."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        database = _seconds(self.database) if self.database is not None else 0.0
        return _seconds(self.process), used.ru_utime + used.ru_stime, database


def _family(process: int) -> list[psutil.Process]:
    first = psutil.Process(process)
    return [first, *first.children(recursive=True)]


def _seconds(process: int) -> float:
    """Of all of them, with those that have ended meanwhile, as a connection of PostgreSQL may."""
    seconds = 0.0
    for one in _family(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            seconds += sum(one.cpu_times()[:4])  # user, system, and both of the children that have ended
    return seconds


def look_for_wrk() -> None:
    """Raises SystemExit where wrk is not installed."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk makes the load and is not installed: apt-get install wrk")


def _free() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@contextlib.contextmanager
def served(
    name: str, command: Sequence[str], environ: Mapping[str, str], *, ready: str, database: int | None = None
) -> Iterator[tuple[Served, float]]:
    """A server until the end of the block, and the seconds until it answered ``ready``; ``{port}`` is its port."""
    port = str(_free())
    words = [word.replace("{port}", port) for word in command]
    url = f"http://127.0.0.1:{port}"
    asking = httpx.Client()  # before it begins: one for each look took a third of the processors that a start has
    begun = time.perf_counter()
    with asking, subprocess.Popen(words, env={**os.environ, **environ}, stderr=subprocess.DEVNULL) as process:
        try:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if asking.get(url + ready).status_code < 500:
                        break
                if process.poll() is not None or time.perf_counter() - begun > _READY:
                    raise SystemExit(f"{name} did not start")
                time.sleep(0.02)
            yield Served(name, url, process.pid, database), time.perf_counter() - begun
        finally:
            process.terminate()


@contextlib.contextmanager
def ours(database: Database, workers: int = 1) -> Iterator[tuple[Served, float]]:
    """The service, without rate limits, its log written to nowhere."""
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "lookup-secret"
        secret.write_text(SECRET.hex())
        told = {
            "YINJIAN_DATABASE_URL": database.reader_url,
            "YINJIAN_ROOT": releases.ROOT_THUMBPRINT.hex(),
            "YINJIAN_LOOKUP_SECRET_FILE": str(secret),
            "YINJIAN_RATE_LIMITS": "off",
            "YINJIAN_LOG": "json",
            "YINJIAN_VAR": folder,  # nothing of what this working folder has is taken for settings
        }
        command = [sys.executable, "-m", "verify", "serve", "--workers", str(workers), "--port", "{port}"]
        with served("ours", command, told, ready="/health/ready", database=database.pid) as running:
            yield running


def peer(database: Database) -> contextlib.AbstractContextManager[tuple[Served, float]]:
    """The peer, one process."""
    environ = {service.DATABASE: database.reader_url, service.LOOKUP: SECRET.hex()}
    ready = "/api/v1/certificates/0000"
    return served("peer", _uvicorn("bench.peer.service:app"), environ, ready=ready, database=database.pid)


def constant() -> contextlib.AbstractContextManager[tuple[Served, float]]:
    """Litestar that answers a constant, one process."""
    return served("constant", _uvicorn("bench.peer.constant:app"), {}, ready="/api/v1/certificates/0000")


def _uvicorn(app: str) -> list[str]:
    return [sys.executable, "-m", "uvicorn", app, "--port", "{port}", "--no-access-log", "--log-level", "error"]
