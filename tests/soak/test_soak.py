"""Everything at once: the public's traffic, publishing and mishaps over ``serve --workers 2``, and nothing left behind.

``make soak SECONDS=…`` runs it for hours; the suite for as long as each mishap takes once.
"""

import asyncio
import contextlib
import os
import random
import socket
import sys
import time
from pathlib import Path
from typing import Final

import psutil
import pytest

from migrations import embedded
from migrations.failures import DatabaseProblem
from tests.conftest import Publish, publisher
from tests.service import Service, served
from tests.soak import holdings
from tests.soak.failures import Failures
from tests.soak.known import Known
from tests.soak.mishaps import Mishaps
from tests.soak.traffic import Client
from verify.shared import environment
from verify.shared.command import Refusal

SECONDS: Final = float(os.environ.get("YINJIAN_SOAK_SECONDS", "8"))
CLIENTS: Final = 4
WORKERS: Final = 2
PEOPLE: Final = 20
_ROUND: Final = 1800.0
"""Seconds for each of all mishaps once."""
_PUBLISHINGS: Final = 600
"""At most, however long it takes: what grows with the registry is for bench/growth.py."""
_EXAM_EVERY: Final = 8
_MORE_MEMORY: Final = 24 << 20
"""Bytes by which three processes may differ that have answered the same: allocators keep what was freed."""


def keep_port(var: Path) -> None:
    """Has the database listen where no client is given a port meanwhile: below those of the system's choice."""
    while True:
        port = random.randint(20_000, 32_000)  # noqa: S311 -- no secret
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            break
    var.mkdir()
    url = f"postgresql://{embedded.OWNER}:none@127.0.0.1:{port}/{embedded.DATABASE}"
    environment.write(var / "database.env", {embedded.OWNER_URL: url})


async def published(publish: Publish, known: Known, pause: float, over: asyncio.Event) -> int:
    """Publishes one thing after the other until it is over; what was refused, again. How often it was refused."""
    refused = 0
    turn = 1
    while not over.is_set():
        with known.exam() if turn % _EXAM_EVERY == 0 else known.change() as statements:
            while True:
                try:
                    known.size = (await publish(statements)).size
                    break
                except (Refusal, DatabaseProblem):
                    refused += 1
                    await asyncio.sleep(0.2)
        turn += 1
        await asyncio.sleep(pause)
    return refused


async def befallen(mishaps: Mishaps, seconds: float) -> None:
    """Each mishap once, or more often over so many seconds."""
    rounds = max(1, round(seconds / _ROUND))
    pause = seconds / rounds / (len(mishaps.all) + 1)
    until = time.monotonic() + seconds
    for _ in range(rounds):
        for mishap in mishaps.all:
            await asyncio.sleep(min(pause, seconds / 12))
            await mishap()
            await asyncio.sleep(max(0, pause - seconds / 12))
    await asyncio.sleep(max(0, until - time.monotonic()))


async def asked(service: Service, known: Known, failures: Failures, whole: "asyncio.Future[None]") -> None:
    """Traffic until ``whole`` is over."""
    over = asyncio.Event()
    clients = [asyncio.create_task(Client(service.url, known, failures, at).run(over)) for at in range(CLIENTS)]
    try:
        await whole
    finally:
        over.set()
        await asyncio.gather(*clients)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where the service has its temporary files, alone."""
    tmp_path.chmod(0o755)
    folder = tmp_path / "temporary"
    folder.mkdir(mode=0o777)
    return folder


async def test_hours_of_everything_leave_nothing_behind(tmp_path: Path, temporary: Path) -> None:
    """No wrong answer, none refused beyond what a mishap excuses, and memory, files and processes as they were."""
    var, folder = tmp_path / "var", tmp_path / "service"
    keep_port(var)
    database = await asyncio.to_thread(embedded.start, var, durable=False, detached=False)
    try:
        publish = publisher(database.signer_url, tmp_path)
        known, failures = Known(PEOPLE), Failures()
        for _ in range(2):
            with known.exam() as statements:
                known.size = (await publish(statements)).size
        settings = {"YINJIAN_TRUSTED_PROXIES": "127.0.0.1", "TMPDIR": str(temporary)}
        with served(folder, database.reader_url, "--workers", str(WORKERS), **settings) as service:
            port = int(service.url.rpartition(":")[2])

            async def held() -> holdings.Holdings:
                return await holdings.settled(service.process.pid, port, database.owner_url, temporary)

            await asked(service, known, failures, asyncio.ensure_future(asyncio.sleep(SECONDS / 4)))
            before = await held()
            mishaps = Mishaps(service, database, var, failures)
            over = asyncio.Event()
            publishing = asyncio.create_task(published(publish, known, SECONDS / _PUBLISHINGS, over))
            await asked(service, known, failures, asyncio.ensure_future(befallen(mishaps, SECONDS)))
            over.set()
            refused = await publishing
            after = await held()
            mine = psutil.Process(service.process.pid)
            processes = [mine, *mine.children(recursive=True)]
        left = failures.left()
        sys.stdout.write(
            f"\n{dict(failures.answers)}; excused {dict(failures.excused)}; publish was refused {refused} times\n"
            f"before: {before.told()}\nafter:  {after.told()}\n"
        )
        assert [failures.told(one) for one in left] == []
        assert min(failures.answers[kind] for kind in ("number", "qr", "page", "named", "batch")) > 0
        assert (after.files, after.processes) == (before.files, before.processes)
        # Each has two wires to the keeper, which has them too: one for what is large; each since it was first needed.
        assert after.sockets <= before.sockets + 4 * WORKERS
        assert after.public == 0
        assert after.database <= 8 * WORKERS
        assert after.temporary <= before.temporary
        assert after.memory <= before.memory * 1.2 + _MORE_MEMORY
        assert not [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        assert await asyncio.to_thread(lambda: list(temporary.iterdir())) == []
    finally:
        await asyncio.to_thread(embedded.stop, var)
