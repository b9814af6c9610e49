"""kill -9 at any moment: the same command goes on, and comes to the same bytes as if nothing had happened."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import asyncpg
import pytest

from migrations import embedded
from tests import auditor, signing_room
from tests.at_time import SAID, ended, start
from tests.conftest import fresh_registry
from tests.signing_room import NOW, PASSPHRASE, Place
from tests.workbooks import person, write

PEOPLE = 40
RUNS = 10


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room with a workbook of two programmes, announced."""
    made = signing_room.make(tmp_path_factory.mktemp("crash") / "centre")
    write(made.folder / "b.xlsx", [person(n, programme="CAM" if n % 4 == 0 else "CEM") for n in range(PEOPLE)])
    assert ended(_start(made, NOW, "announce", "b.xlsx", "--exam", "2022-04", "--json")) == 0
    return made


def _start(place: Place, now: int, *arguments: str, most: int | None = None, **settings: str) -> ForkServerProcess:
    """A command in a process group of its own, at the time ``now``."""
    return start(now, place.folder, place.environment(settings), *arguments, most=most)


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


def _recorded(place: Place, aside: Path) -> bool:
    """Whether the ledger has recorded the final lists, by a copy: to be made whole is for the command alone."""
    aside.mkdir(exist_ok=True)
    for path in place.folder.glob("ledger.sqlite*"):
        shutil.copy(path, aside)
    with contextlib.closing(sqlite3.connect(aside / "ledger.sqlite")) as ledger:
        found = ledger.execute("SELECT count(*) FROM job WHERE kind = 'final'").fetchone()[0]
    shutil.rmtree(aside)
    return bool(found)


def _killed(process: ForkServerProcess, seconds: float, kill: Callable[[int, int], None]) -> bool:
    """Kills ``process`` after ``seconds``; False where it came to its end before that."""
    if (code := ended(process, seconds)) is None:
        assert process.pid
        kill(process.pid, signal.SIGKILL)
        code = ended(process)
    assert code in (0, -signal.SIGKILL)
    return code != 0


def test_issue_killed_at_ten_moments(place: Place, tmp_path: Path) -> None:
    """Numbers, times, releases and pictures are those of the undisturbed run; nothing is left lying about."""
    undisturbed = place.copy(tmp_path / "undisturbed")
    begun = time.monotonic()
    assert ended(_start(undisturbed, NOW + 100, *ISSUE)) == 0
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
        again = NOW + 5_000 if _recorded(other, tmp_path / "aside") else NOW + 100
        assert ended(_start(other, again, *ISSUE)) == 0
        assert _made(other) == wanted
        assert not [path for name in ("releases", "certificates") for path in (other.folder / name).glob(".*")]
        shutil.rmtree(other.folder)


def test_publish_killed_at_ten_moments(place: Place, tmp_path: Path, server: embedded.Database) -> None:
    """The registry holds the same statements at the same places as after an undisturbed run."""
    centre = place.copy(tmp_path / "centre")
    (centre.folder / "ledger.sqlite").unlink()  # an exam without a notice, so that one release is all
    (centre.folder / "keys" / "ledger-begun").unlink()
    shutil.rmtree(centre.folder / "releases")
    assert ended(_start(centre, NOW + 100, *ISSUE)) == 0
    log = centre.folder / "keys" / "log-state"  # of one registry
    begins = log.read_bytes()

    def publish(url: str) -> ForkServerProcess:
        return _start(centre, NOW, "publish", "releases/2022-04-final-1.release", YINJIAN_DATABASE_URL=url)

    with fresh_registry(server) as urls:
        begun = time.monotonic()
        assert ended(publish(urls.signer)) == 0
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
            assert ended(publish(urls.signer)) == 0
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
    codes = {ended(clerk) for clerk in clerks}
    assert 0 in codes
    assert codes <= {0, 1}
    assert len(list((centre.folder / "releases").glob("*final*"))) == 1
    assert len(list((centre.folder / "certificates").glob("*.svg"))) == PEOPLE


def test_a_full_disk(place: Place, tmp_path: Path) -> None:
    """The command says so and nothing is half done; with room again, the same command completes the work."""
    undisturbed = place.copy(tmp_path / "undisturbed")
    begins = (undisturbed.folder / "ledger.sqlite").stat().st_size
    assert ended(_start(undisturbed, NOW + 100, *ISSUE)) == 0
    ends = (undisturbed.folder / "ledger.sqlite").stat().st_size
    centre = place.copy(tmp_path / "centre")
    for size in (4_096, (begins + ends) // 2, ends - 4_096):
        assert ended(_start(centre, NOW + 100, *ISSUE, most=size)) == 1
        said = (centre.folder / SAID).read_text("utf-8")
        assert "Refused: " in said
        assert "Traceback" not in said
        assert PASSPHRASE not in said
    assert ended(_start(centre, NOW + 100, *ISSUE)) == 0
    assert _made(centre) == _made(undisturbed)
