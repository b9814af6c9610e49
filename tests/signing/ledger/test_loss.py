"""A ledger that is lost, damaged, old or another's: no number is ever given twice, and no release overwritten."""

import contextlib
import errno
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from signing.ledger import backup
from signing.ledger.book import Ledger
from signing.ledger.opening import LedgerLost
from signing.steps import restore
from signing.steps.making import drawing_up
from signing.workbook import judging
from tests import signing_room
from tests.signing_room import NOW, Place
from tests.workbooks import person, write
from verify.shared.command import Refusal

PEOPLE = [person(n) for n in range(6)]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room in which nothing was done yet."""
    return signing_room.make(tmp_path_factory.mktemp("fresh") / "centre")


@pytest.fixture(scope="module")
def issued(fresh: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room with a backup of the ledger made between two exams' lists."""
    place = fresh.copy(tmp_path_factory.mktemp("issued") / "centre")
    certify(place, PEOPLE[:3], NOW)
    with place.session().ledger as ledger:
        backup.backup(ledger, place.folder / "backup")
    certify(place, PEOPLE, NOW + 100)
    return place


@pytest.fixture
def place(issued: Place, tmp_path: Path) -> Place:
    """A copy of it for one test."""
    return issued.copy(tmp_path / "centre")


def certify(place: Place, people: list[dict[str, Any]], now: int) -> Path:
    """Certificates for these people; the release."""
    session = place.session(now)
    with session.ledger:
        judged = judging.read(write(place.folder / "b.xlsx", people), session.room.centre, {})
        return drawing_up.issue(session, judged, "2022-04", "test", agreed=True).path


def numbers(place: Place) -> dict[str, str]:
    """Every number that the ledger knows, with whose it is."""
    with place.session().ledger as ledger:
        return {given.number: given.holder for given in ledger.all_given()}


def test_a_missing_ledger_is_never_taken_for_a_first_day(place: Place) -> None:
    """With the rows in another order every number would be somebody else's; nothing is written at all."""
    releases = {path.name: path.read_bytes() for path in (place.folder / "releases").iterdir()}
    (place.folder / "ledger.sqlite").unlink()
    write(place.folder / "b.xlsx", PEOPLE[::-1])
    for arguments in (
        ("issue", "b.xlsx", "--exam", "2022-04", "--early", "x"),
        ("announce", "b.xlsx", "--exam", "2022-04"),
        ("find", "x"),
        ("export", "e.xlsx"),
        ("objections", "CEM-2022-04"),
        ("status", "CEM2204000001I", "suspend"),
        ("print", "CEM2204000001I"),
        ("ledger", "backup", "other"),
        ("ledger", "history"),
        ("init",),
    ):
        done = place.run(*arguments)
        assert done.returncode == 1, arguments
        for words in ("ledger restore", "backup", "ledger rebuild"):
            assert words in done.stderr, arguments
    assert not (place.folder / "ledger.sqlite").exists()
    assert {path.name: path.read_bytes() for path in (place.folder / "releases").iterdir()} == releases


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 3 * 4096])


def _half_a_page(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:700])


def _blank(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


@pytest.mark.parametrize("harm", [Path.unlink, _empty, _truncated, _half_a_page, _blank])
def test_a_harmed_ledger_is_refused_and_rebuilt_or_restored(place: Place, harm: Callable[[Path], None]) -> None:
    """Whatever happened to the file: refused until it is put back, and then all numbers are as they were."""
    before = numbers(place)
    ledger = place.folder / "ledger.sqlite"
    harm(ledger)
    with pytest.raises(Refusal, match="ledger"):
        certify(place, PEOPLE[::-1], NOW + 200)
    copied = ledger.read_bytes() if ledger.exists() else None
    restored = restore.restore(place.room, place.keys, place.folder / "backup", NOW + 300)
    assert restored.added == ("2022-04-final-2.release",)
    assert (restored.aside.read_bytes() if restored.aside else None) == copied
    assert numbers(place) == before
    with Ledger(ledger) as book:  # a file's name may be somebody's: said, and so can be forgotten
        (event,) = [one for one in book.events() if one.what == "restored"]
        assert (event.subject, event.reason) == ("ledger.sqlite", "backup")


def test_releases_alone_tell_that_there_was_a_ledger(place: Place, tmp_path: Path) -> None:
    """The mark is gone, as in a key folder put back from the first day's copy; and a folder copied without ledger."""
    (place.folder / "ledger.sqlite").unlink()
    (place.folder / "keys" / "ledger-begun").unlink()
    with pytest.raises(LedgerLost, match=r"2022-04-final-2\.release among them"):
        certify(place, PEOPLE[::-1], NOW + 200)
    assert not (place.folder / "keys" / "ledger-begun").exists()


def test_the_keys_alone_tell_that_there_was_a_ledger(place: Place, fresh: Place, tmp_path: Path) -> None:
    """Another working folder with these keys, or a copy of them, begins no second ledger."""
    other = fresh.copy(tmp_path / "other")
    shutil.rmtree(other.folder / "keys")
    shutil.copytree(place.folder / "keys", other.folder / "keys")
    with pytest.raises(LedgerLost, match="begun before"):
        certify(other, PEOPLE, NOW)
    with pytest.raises(Refusal, match="no release"):
        restore.rebuild_(other.room, other.keys, NOW)
    assert not (other.folder / "ledger.sqlite").exists()


def test_the_first_command_begins_the_ledger_and_marks_it(fresh: Place, tmp_path: Path) -> None:
    """``init``, or any other; the mark comes back where it was lost, and a key folder that takes none is refused."""
    place = fresh.copy(tmp_path / "centre")
    mark = place.folder / "keys" / "ledger-begun"
    assert place.run("init").returncode == 0
    assert mark.is_file()
    began = place.run("init")
    assert (began.returncode, "is here since" in began.stdout) == (0, True)
    mark.unlink()
    assert place.run("find", "x").returncode == 1
    assert mark.is_file()
    assert numbers(place) == {}


def test_no_ledger_begins_where_the_mark_cannot_be_set(
    fresh: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a key folder that can only be read: without the mark a loss would be taken for a first day."""
    place = fresh.copy(tmp_path / "centre")

    def refuse(*_arguments: object) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr("keys.folder.custody.write_once", refuse)
        for _again in range(2):
            with pytest.raises(Refusal, match="does not take the mark"):
                certify(place, PEOPLE, NOW)
    assert not list((place.folder / "releases").glob("*"))
    certify(place, PEOPLE, NOW)


def test_the_ledger_of_another_centre_is_refused(place: Place, tmp_path: Path) -> None:
    """In place, and as a backup; the ledger that was there stays."""
    other = signing_room.make(tmp_path / "other")
    other.session().ledger.close()
    with pytest.raises(Refusal, match="another centre"):
        restore.restore(place.room, place.keys, other.folder / "ledger.sqlite", NOW)
    before = numbers(place)
    shutil.copy(place.folder / "ledger.sqlite", other.folder / "ledger.sqlite")
    with pytest.raises(LedgerLost, match="another centre"):
        other.session()
    assert numbers(place) == before


def test_a_ledger_older_than_the_releases_is_refused(place: Place) -> None:
    """A copy laid in its place by hand; rebuild completes it, and a release copied under another name is none more."""
    before = numbers(place)
    shutil.copy(place.folder / "backup", place.folder / "ledger.sqlite")
    with pytest.raises(LedgerLost, match=r"does not know 2022-04-final-2\.release"):
        certify(place, [person(9)], NOW + 200)
    assert restore.rebuild_(place.room, place.keys, NOW + 300).added == ("2022-04-final-2.release",)
    releases = place.folder / "releases"
    shutil.copy(releases / "2022-04-final-2.release", releases / "2022-04-final-2 copy.release")
    assert numbers(place) == before
    assert restore.rebuild_(place.room, place.keys, NOW + 300).added == ()


def _of_version_2(path: Path) -> None:
    """Makes the ledger one of version 2, whose jobs knew three kinds."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        (table,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'job'").fetchone()
        table = (
            table.replace(", 'snapshot', 'resign'", "").replace('"job"', "before").replace("TABLE job", "TABLE before")
        )
        assert "'status'))" in table
        db.executescript(f"{table}; INSERT INTO before SELECT * FROM job; DROP TABLE job;")
        db.executescript("ALTER TABLE before RENAME TO job; PRAGMA user_version = 2;")


def test_a_ledger_of_the_version_before_is_taken_over_and_an_older_one_refused(place: Place, tmp_path: Path) -> None:
    """Row for row, in place and as a backup, and takes jobs of every kind then; of any other it is said what to do."""
    before = numbers(place)
    with place.session().ledger as ledger:
        kept = ledger.jobs()
    path = place.folder / "ledger.sqlite"
    _of_version_2(path)
    shutil.copy(path, tmp_path / "backup")
    for _again in range(2):
        with place.session().ledger as ledger:
            assert (ledger.jobs(), len(ledger.all_given())) == (kept, len(before))
            assert ledger.all("PRAGMA foreign_key_check") == []
    restore.restore(place.room, place.keys, tmp_path / "backup", NOW + 300)
    with place.session().ledger as ledger, ledger.transaction():
        assert [job.release for job in ledger.jobs()] == [job.release for job in kept]
        ledger.add_job("snapshot", "s.release", b"", NOW, {})
        ledger.add_job("resign", "r.release", b"", NOW, {})
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA user_version = 1")
    with pytest.raises(Refusal, match=r"not a ledger of this version.*ledger rebuild"):
        numbers(place)


def test_a_release_missing_in_the_middle_rebuilds_nothing(place: Place) -> None:
    """The numbers that it gave would be given again."""
    (place.folder / "releases" / "2022-04-final-1.release").unlink()
    (place.folder / "ledger.sqlite").unlink()
    with pytest.raises(Refusal, match="revision 1"):
        restore.rebuild_(place.room, place.keys, NOW + 300)
    assert not (place.folder / "ledger.sqlite").exists()


def test_numbers_of_a_lost_release_stay_given(place: Place) -> None:
    """An old backup, the newest release lost: what the ledger before knew goes on holding."""
    before = numbers(place)
    (place.folder / "releases" / "2022-04-final-2.release").unlink()
    restored = restore.restore(place.room, place.keys, place.folder / "backup", NOW + 300)
    assert restored.missing == ("2022-04-final-2.release",)
    assert numbers(place) == before
    again = certify(place, [*PEOPLE[:3], person(9), *PEOPLE[5:2:-1]], NOW + 400)
    assert again.is_file()
    assert {number: holder for number, holder in numbers(place).items() if number in before} == before


EVENTS = {"os.rename", "os.remove", "shutil.copyfile", "open", "sqlite3.connect"}


def _stopped_at(event: int, work: Callable[[], object]) -> bool:
    """Does ``work`` in a process of its own that ends at once at its ``event``-th touch of a file; whether it did."""
    child = os.fork()
    if child == 0:
        left = event

        def watch(name: str, arguments: tuple[Any, ...]) -> None:
            nonlocal left
            if name in EVENTS and not (name == "open" and arguments[1] == "r"):
                left -= 1
                if left == 0:
                    os._exit(9)

        try:
            sys.addaudithook(watch)
            work()
        except BaseException:  # noqa: BLE001 - a process of its own, which must not go on with the tests
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return code == 9


def test_restore_stopped_anywhere_leaves_the_old_ledger_or_the_new(issued: Place, tmp_path: Path) -> None:
    """At each touch of a file: the ledger is there, whole, and the same command again completes it."""
    before = numbers(issued)
    event, seen = 1, set()
    while True:
        place = issued.copy(tmp_path / str(event))
        room, keys = place.room, place.keys
        stopped = _stopped_at(event, lambda: restore.restore(room, keys, place.folder / "backup", NOW + 300))  # noqa: B023 - called at once
        with Ledger(place.folder / "ledger.sqlite") as ledger:
            assert len(ledger.all_given()) == len(before)
            seen.add(any(event.what == "restored" for event in ledger.events()))
        if not stopped:
            break
        restore.restore(room, keys, place.folder / "backup", NOW + 400)
        assert numbers(place) == before
        assert not list(place.folder.glob(".ledger.sqlite.*"))
        shutil.rmtree(place.folder)
        event += 1
    assert event > 5
    assert seen == {True, False}


def test_the_first_ledger_stopped_anywhere_begins_once(fresh: Place, tmp_path: Path) -> None:
    """At each touch of a file: the same command again goes on, and the mark is there before a number is given."""
    event = 1
    while True:
        place = fresh.copy(tmp_path / str(event))
        stopped = _stopped_at(event, lambda: place.room.ledger(NOW, place.keys).close())  # noqa: B023 - called at once
        certify(place, PEOPLE[:2], NOW + 1)
        assert (place.folder / "keys" / "ledger-begun").is_file()
        assert len(numbers(place)) == 2
        if not stopped:
            break
        event += 1
    assert event > 3


def test_a_journal_left_behind_is_not_played_into_a_restored_ledger(place: Place) -> None:
    """A command killed in the midst of writing leaves one; the old ledger is kept with it where it cannot be read."""
    before = numbers(place)
    ledger = place.folder / "ledger.sqlite"
    writer = sqlite3.connect(ledger, isolation_level=None)
    writer.execute("PRAGMA cache_size = 1")
    writer.execute("BEGIN IMMEDIATE")
    writer.executemany("INSERT INTO event (at, what, subject) VALUES (1, 'printed', ?)", [["x" * 500]] * 2000)
    journal = ledger.with_name("ledger.sqlite-journal")
    left = journal.read_bytes()
    writer.execute("ROLLBACK")
    writer.close()
    ledger.write_bytes(b"no ledger any more" * 1000)
    journal.write_bytes(left)
    restored = restore.restore(place.room, place.keys, place.folder / "backup", NOW + 300)
    assert not journal.exists()
    assert restored.aside is not None
    assert restored.aside.with_name(f"{restored.aside.name}-journal").read_bytes() == left
    assert numbers(place) == before


def _stopped_before_noting(place: Place, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Issues, and is stopped when the release is written and not noted."""

    def stop(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "mark_released", stop)
        with pytest.raises(KeyboardInterrupt):
            certify(place, [*PEOPLE, person(9)], NOW + 500)
    return place.folder / "releases" / "2022-04-final-3.release"


def test_a_release_not_yet_noted_is_taken_only_as_it_would_be_made(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very bytes are taken as released; anything else in their place is refused and left as it is."""
    path = _stopped_before_noting(place, monkeypatch)
    made = path.read_bytes()
    for other in (made[:-1], b"", made + made, (place.folder / "releases" / "2022-04-final-1.release").read_bytes()):
        path.write_bytes(other)
        for people in ([*PEOPLE, person(9)], PEOPLE[:2]):
            with pytest.raises(Refusal, match="another release"):
                certify(place, people, NOW + 600)
        assert path.read_bytes() == other
    path.write_bytes(made)
    assert certify(place, PEOPLE[:2], NOW + 700).name == "2022-04-final-4.release"
    assert path.read_bytes() == made


def test_a_release_whose_key_was_retired_meanwhile_is_known_by_its_signatures(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be signed again, and is still compared with all that was recorded."""
    path = _stopped_before_noting(place, monkeypatch)
    made = path.read_bytes()

    def retire(session: Any) -> None:
        retired = [
            key if key.use != "certificate" else type(key)(**{**_fields(key), "state": "retired"})
            for key in session.unlocked.chain.newest.keys
        ]
        monkeypatch.setattr(type(session.unlocked.chain), "newest", _with_keys(session.unlocked.chain.newest, retired))

    session = place.session(NOW + 600)
    retire(session)
    with session.ledger:
        drawing_up.take_up(session)
        assert session.ledger.unreleased() == []
    assert path.read_bytes() == made


def _fields(struct: Any) -> dict[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def _with_keys(keyring: Any, keys: list[Any]) -> Any:
    return type(keyring)(**{**_fields(keyring), "keys": tuple(keys)})


def test_an_altered_release_is_kept_beside_the_one_that_was_released(place: Place) -> None:
    """Nothing is written over, and the command says where the other is."""
    path = place.folder / "releases" / "2022-04-final-2.release"
    good = path.read_bytes()
    path.write_bytes(good[:-1])
    write(place.folder / "b.xlsx", PEOPLE)
    done = place.run("issue", "b.xlsx", "--exam", "2022-04")
    assert (done.returncode, "2022-04-final-2.release.altered-1" in done.stderr) == (0, True), done.stderr
    assert path.read_bytes() == good
    assert path.with_name(f"{path.name}.altered-1").read_bytes() == good[:-1]


def test_what_the_room_writes_is_for_its_owner_alone(fresh: Place, tmp_path: Path) -> None:
    """Ledger, releases, pictures and exports; files kept from before are put right with a word, and only once."""
    place = fresh.copy(tmp_path / "centre")
    write(place.folder / "b.xlsx", PEOPLE[:2])
    assert place.run("issue", "b.xlsx", "--exam", "2022-04", "--early", "x").returncode == 0
    assert place.run("export", "e.xlsx").returncode == 0
    assert place.run("check", "b.xlsx", "--report", "r.xlsx").returncode == 0
    written = [place.folder / name for name in ("ledger.sqlite", "releases", "certificates", "e.xlsx", "r.xlsx")]
    written += [*(place.folder / "releases").iterdir(), *(place.folder / "certificates").iterdir()]
    assert len(written) == 5 + 1 + 4
    assert [path for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    for path in written:
        path.chmod(0o755 if path.is_dir() else 0o644)
    done = place.run("find", "CEM2204000001I")
    assert "others on this machine could read: 8;" in done.stderr
    kept = [path for path in written if path.suffix != ".xlsx"]
    assert [path for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    assert "could be read" not in place.run("find", "CEM2204000001I").stderr


def test_a_file_system_without_locks_is_told_as_that(
    fresh: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as another command at work; nothing is begun there."""
    place = fresh.copy(tmp_path / "centre")

    def refuse(*_arguments: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(Refusal, match="keeps no locks"):
        place.session()
    assert not (place.folder / "ledger.sqlite").exists()


@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_the_same_release_is_made_where_nothing_forks(
    fresh: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """By workers or in this process: byte for byte."""
    place = fresh.copy(tmp_path / "centre")
    monkeypatch.setattr("signing.spread._CHUNK", 2)
    monkeypatch.setattr("signing.spread.processors", lambda: 2)
    monkeypatch.setattr("signing.spread.sys", SimpleNamespace(platform=platform))
    if platform != "linux":
        monkeypatch.delattr("os.fork")
    made = certify(place, PEOPLE, NOW).read_bytes()
    monkeypatch.setattr("signing.spread.processors", lambda: 1)
    assert certify(fresh.copy(tmp_path / "other"), PEOPLE, NOW).read_bytes() == made
