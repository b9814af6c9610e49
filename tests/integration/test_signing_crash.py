"""kill -9 at any moment: the same command goes on, and comes to the same bytes as if nothing had happened."""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from migrations import embedded
from tests import auditor, signing_room
from tests.conftest import fresh_registry
from tests.signing_room import NOW, PASSPHRASE, Place
from tests.workbooks import person, write

PEOPLE = 200
RUNS = 10


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room with a workbook of two programmes, announced."""
    made = signing_room.make(tmp_path_factory.mktemp("crash") / "centre")
    write(made.folder / "b.xlsx", [person(n, programme="CAM" if n % 4 == 0 else "CEM") for n in range(PEOPLE)])
    done = _start(made, NOW, "announce", "b.xlsx", "--exam", "2022-04", "--json").wait()
    assert done == 0
    return made


def _start(place: Place, now: int, *arguments: str, **settings: str) -> subprocess.Popen[bytes]:
    """A command in a process group of its own, at the time ``now``."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.at_time", str(now), *arguments],
        cwd=place.folder,
        env=place.environment(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


ISSUE = ("issue", "b.xlsx", "--exam", "2022-04", "--early", "test")


def _made(place: Place) -> dict[str, bytes]:
    """Every file that issue left, by its path."""
    folders = (place.folder / "releases", place.folder / "certificates")
    return {
        str(path.relative_to(place.folder)): path.read_bytes()
        for folder in folders
        for path in folder.glob("*")
        if path.suffix in (".release", ".svg", ".png")
    }


def _recorded(place: Place) -> bool:
    """Whether the ledger has recorded the final lists."""
    ledger = sqlite3.connect(f"file:{place.folder / 'ledger.sqlite'}?mode=ro", uri=True)
    try:
        return bool(ledger.execute("SELECT count(*) FROM job WHERE kind = 'final'").fetchone()[0])
    finally:
        ledger.close()


def _killed(process: subprocess.Popen[bytes], seconds: float, kill: Callable[[int, int], None]) -> bool:
    """Kills ``process`` after ``seconds``; False where it came to its end before that."""
    try:
        assert process.wait(seconds) == 0
    except subprocess.TimeoutExpired:
        kill(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def test_issue_killed_at_ten_moments(place: Place, tmp_path: Path) -> None:
    """Numbers, times, releases and pictures are those of the undisturbed run; nothing is left lying about."""
    undisturbed = place.copy(tmp_path / "undisturbed")
    begun = time.monotonic()
    assert _start(undisturbed, NOW + 100, *ISSUE).wait() == 0
    took = time.monotonic() - begun
    wanted = _made(undisturbed)
    assert len(wanted) == 2 + 2 * PEOPLE
    chance = random.Random(20220423)  # noqa: S311 - moments, not secrets
    killed = 0
    while killed < RUNS:
        other = place.copy(tmp_path / "killed")
        process = _start(other, NOW + 100, *ISSUE)
        # Every other time the workers have to notice by themselves.
        if _killed(process, took * (killed + chance.random()) / RUNS, os.kill if killed % 2 else os.killpg):
            killed += 1
        else:
            took *= 0.9
        # What was recorded keeps its time, however late the command is given again.
        again = NOW + 5_000 if _recorded(other) else NOW + 100
        assert _start(other, again, *ISSUE).wait() == 0
        assert _made(other) == wanted
        assert not [path for name in ("releases", "certificates") for path in (other.folder / name).glob(".*")]
        shutil.rmtree(other.folder)


def test_publish_killed_at_ten_moments(place: Place, tmp_path: Path, server: embedded.Database) -> None:
    """The registry holds the same statements at the same places as after an undisturbed run."""
    centre = place.copy(tmp_path / "centre")
    (centre.folder / "ledger.sqlite").unlink()  # an exam without a notice, so that one release is all
    (centre.folder / "keys" / "ledger-begun").unlink()
    shutil.rmtree(centre.folder / "releases")
    assert _start(centre, NOW + 100, *ISSUE).wait() == 0
    log = centre.folder / "keys" / "log-state"  # of one registry
    begins = log.read_bytes()

    def publish(url: str) -> subprocess.Popen[bytes]:
        return _start(centre, NOW, "publish", "releases/2022-04-final-1.release", YINJIAN_DATABASE_URL=url)

    with fresh_registry(server) as urls:
        begun = time.monotonic()
        assert publish(urls.signer).wait() == 0
        took = time.monotonic() - begun
        wanted = asyncio.run(_statements(urls.owner))
    assert len(wanted) == 1 + PEOPLE + 4
    chance = random.Random(20220424)  # noqa: S311 - moments, not secrets
    killed = 0
    while killed < RUNS:
        log.write_bytes(begins)
        with fresh_registry(server) as urls:
            if _killed(publish(urls.signer), took * (killed + chance.random()) / RUNS, os.killpg):
                killed += 1
            else:
                took *= 0.9
            assert publish(urls.signer).wait() == 0
            assert asyncio.run(_statements(urls.owner)) == wanted
            auditor.audit(urls.owner, centre.root, centre.folder / "ledger.sqlite")


async def _statements(url: str) -> list[tuple[int, bytes]]:
    connection = await asyncpg.connect(url)
    try:
        return [
            tuple(row) for row in await connection.fetch("select index, bytes from registry.statement order by index")
        ]
    finally:
        await connection.close()


def test_two_clerks_at_once(place: Place, tmp_path: Path) -> None:
    """One issues, the other is told to wait or finds it done; no number is given twice."""
    centre = place.copy(tmp_path / "centre")
    clerks = [_start(centre, NOW + 100, *ISSUE) for _clerk in range(3)]
    codes = [clerk.wait() for clerk in clerks]
    assert 0 in codes
    assert set(codes) <= {0, 1}
    assert len(list((centre.folder / "releases").glob("*final*"))) == 1
    assert len(list((centre.folder / "certificates").glob("*.svg"))) == PEOPLE


def test_a_full_disk(place: Place, tmp_path: Path) -> None:
    """The command says so and nothing is half done; with room again, the same command completes the work."""
    centre = place.copy(tmp_path / "centre")
    limit = "import resource, sys, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); "
    limit += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); sys.argv[:2] = []; "
    limit += "runpy.run_module('tests.at_time', run_name='__main__', alter_sys=True)"
    for size in (4_096, 90_000, 150_000):
        command = [sys.executable, "-c", limit, str(size), "at_time", str(NOW + 100), *ISSUE]
        done = subprocess.run(
            command, cwd=centre.folder, env=centre.environment({}), capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert PASSPHRASE not in done.stderr
    assert _start(centre, NOW + 100, *ISSUE).wait() == 0
    undisturbed = place.copy(tmp_path / "undisturbed")
    assert _start(undisturbed, NOW + 100, *ISSUE).wait() == 0
    assert _made(centre) == _made(undisturbed)
