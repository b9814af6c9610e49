"""Who may read and change what the rooms write, and what stands in the place of a file: nothing is taken for a loss."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from keys import waiting
from keys.__main__ import main as keys_main
from tests import signing_room
from tests.commands_here import run_here
from tests.signing_room import Place
from tests.workbooks import person, write

ISSUE = ("issue", "b.xlsx", "--exam", "2022-04", "--early", "x")


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room with a release."""
    place = signing_room.make(tmp_path_factory.mktemp("rights") / "centre")
    write(place.folder / "b.xlsx", [person(n) for n in range(2)])
    assert place.run(*ISSUE).returncode == 0
    return place


@pytest.fixture
def place(issued: Place, tmp_path: Path) -> Place:
    """A copy of it for one test."""
    return issued.copy(tmp_path / "centre")


def mode(path: Path) -> int:
    """What may be done with it."""
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_changes_what_a_command_writes_whatever_the_umask(issued: Place, tmp_path: Path) -> None:
    """Under umask 000 the folder that names the root to believe was open to all, and so was the keyring."""
    (tmp_path / "centre.toml").write_bytes((issued.folder / "centre.toml").read_bytes())
    environment = issued.environment({"YINJIAN_PASSPHRASE": "of the tests of rights, 2026"})
    before = os.umask(0)
    try:
        for arguments in (("init", "keys"), ("export", "out"), ("rotate", "status", "--yes")):
            assert run_here(keys_main, *arguments, folder=tmp_path, environment=environment).returncode == 0
    finally:
        os.umask(before)
    made = [path for path in tmp_path.rglob("*") if path.name != "centre.toml"]
    assert {"keyring.cbor", "keys.env", "var", "out", "jwks.json"} <= {path.name for path in made}
    assert [path.name for path in made if mode(path) & 0o022] == []


def test_what_this_room_writes_into_the_key_folder_is_put_right_too(place: Place) -> None:
    """The log's file and the mark; a private key that others may read is refused, as somebody may have."""
    files = [place.folder / "keys" / name for name in ("log-state", "ledger-begun")]
    for file in files:
        file.chmod(0o666)
    suspend = ("status", "CEM2204000001I", "suspend", "--reason", "investigation", "--yes")
    assert "others on this machine could read: 2;" in place.run(*suspend).stderr
    assert [mode(file) & 0o077 for file in files] == [0, 0]
    (key,) = (place.folder / "keys").glob("status-*.pem")
    key.chmod(0o644)
    done = place.run("status", "CEM2204000001I", "revoke", "--reason", "misconduct", "--yes")
    assert (done.returncode, mode(key)) == (1, 0o644)
    assert "others may read this file" in done.stderr


def test_what_is_another_users_is_told_as_that(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It said that there is no right to the ledger, which everybody could read."""
    ledger = place.folder / "ledger.sqlite"
    ledger.chmod(0o644)

    def refuse(path: Path, *_mode: int) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "chmod", refuse)
        done = place.run("find", "张")
    assert done.returncode == 1
    assert f"can read {ledger}, which belongs to another user" in done.stderr


def test_a_folder_of_releases_that_nobody_may_look_into_is_not_an_empty_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older ledger passed for a whole one, and a key was retired whose releases wait."""
    listed = os.listdir

    def refuse(path: Any = ".") -> list[str]:
        if Path(path).name == "releases":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "listdir", refuse)
    for arguments in (("find", "张"), ISSUE, ("ledger", "rebuild")):
        done = place.run(*arguments)
        assert done.returncode == 1
        assert "releases: there is no right to it" in done.stderr
    with pytest.raises(PermissionError):
        waiting.releases(place.folder / "centre.toml")


def test_a_ledger_behind_a_link_stays_there(place: Place, tmp_path: Path) -> None:
    """Restoring put a file in the link's place, and the ledger that others went on to use was the old one."""
    link = place.folder / "ledger.sqlite"
    (tmp_path / "safe").mkdir()
    assert place.run("ledger", "backup", "kept").returncode == 0
    real = link.rename(tmp_path / "safe" / "centre.sqlite")
    link.symlink_to(real)
    real.chmod(0o644)
    assert "could read: 1;" in place.run("find", "张").stderr
    assert mode(real) == 0o600
    before = real.read_bytes()
    assert place.run("ledger", "restore", "kept").returncode == 0
    assert link.is_symlink()
    assert real.read_bytes() != before  # it has the event
    assert (tmp_path / "safe" / "centre.sqlite.lock").is_file()  # of all who come by other links


@pytest.mark.parametrize("target", ["nowhere/centre.sqlite", "ledger.sqlite"])
def test_a_link_that_leads_nowhere_is_a_lost_ledger(place: Place, target: str) -> None:
    """A medium that is not put in: it was told as a file that is not there, and what to do was not."""
    link = place.folder / "ledger.sqlite"
    link.unlink()
    link.symlink_to(target)
    done = place.run(*ISSUE)
    assert done.returncode == 1
    assert "ledger restore" in done.stderr or "leads nowhere but to itself" in done.stderr
    assert link.is_symlink()


@pytest.mark.parametrize("name", ["releases", "certificates"])
def test_a_file_in_a_folders_place_is_said_in_the_readers_language(issued: Place, tmp_path: Path, name: str) -> None:
    """It said “File exists” among Chinese words."""
    place = signing_room.make(tmp_path / "centre")
    write(place.folder / "b.xlsx", [person(1)])
    (place.folder / name).write_text("x")
    done = place.run(*ISSUE, LC_ALL="zh_CN.UTF-8")
    assert done.returncode == 1
    assert "File exists" not in done.stderr
    assert "Not a directory" not in done.stderr
    assert place.run(*ISSUE).returncode == 1


def test_a_command_takes_away_what_a_killed_one_left(place: Place) -> None:
    """Papers and codes half made, whose names began with a letter, and a folder of papers, lay there for ever."""
    folder = place.folder / "certificates"
    for name in (".CEM2204000001I.svg.c0ffee00", ".CEM2204000001I.pdf.00c0ffee"):
        (folder / name).write_text("half")
    (folder / ".printing.c0ffee00").mkdir()
    (folder / ".printing.c0ffee00" / "CEM2204000001I.pdf").write_text("half")
    (place.folder / "releases" / ".2022-04-final-1.pdf.c0ffee00").write_text("half")
    (place.folder / ".kept.c0ffee00").write_text("half")
    assert place.run("find", "张").returncode in (0, 1)
    assert place.run("ledger", "backup", "kept").returncode == 0
    assert [path.name for path in place.folder.rglob(".*") if path.parent.name != "keys"] == []


def test_a_backup_that_was_done_when_it_was_killed_is_given_again(place: Place) -> None:
    """It was refused as if it would write over another; an older one, or anything else, still is."""
    assert place.run("ledger", "backup", "kept").returncode == 0
    before = (place.folder / "kept").read_bytes()
    again = place.run("ledger", "backup", "kept")
    assert (again.returncode, (place.folder / "kept").read_bytes()) == (0, before)
    assert place.run("status", "CEM2204000001I", "revoke", "--reason", "misconduct", "--yes").returncode == 0
    (place.folder / "folder").mkdir()
    for name in ("kept", "folder", "b.xlsx"):
        refused = place.run("ledger", "backup", name)
        assert refused.returncode == 1
        assert "a backup never overwrites" in refused.stderr
    assert (place.folder / "kept").read_bytes() == before
    assert [path.name for path in place.folder.glob(".*")] == []
