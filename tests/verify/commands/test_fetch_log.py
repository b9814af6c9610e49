"""What ``yinjian-verify fetch`` keeps of a log: only what goes on from what it kept, whole, whatever ends it."""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import click.testing
import pytest

from tests import PROJECT, releases
from tests.invented import ENTRIES, LOG, ROOT, TestKey, keyring
from tests.verify.monitor.invented_site import Site, people
from verify.__main__ import command
from verify.commands import kept
from verify.core.log.tiles import Tile
from verify.shared import locks
from verify.shared.command import Refusal

PIN = releases.ROOT_THUMBPRINT.hex()
KEYRING = releases.keyrings()
PEOPLE = people(700)


def site(count: int, first: int = 0, keyring: bytes = KEYRING) -> Site:
    """A site whose log has a keyring and so many certificates, from this one on."""
    return Site([KEYRING, *PEOPLE[first : first + count]], keyring=keyring, lists={})


SMALL, LARGE = site(299), site(600)
FULL_TILE = f"/log/tile/{Tile(level=0, index=1).path}"
Fetch = Callable[..., str]


@pytest.fixture
def fetch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Fetch:
    """Fetches from a site: what was said, or the words of the refusal."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("YINJIAN_ROOT", raising=False)

    def fetched(at: Site, *lacking: str, **other: bytes) -> str:
        files = {path: data for path, data in at.files.items() if path not in lacking}
        files |= {f"/{name.replace('__', '/')}": data for name, data in other.items()}
        monkeypatch.setattr("verify.commands.asking.get", lambda _base, path, _most: files.get(path))
        arguments = ["fetch", "https://verify.example.org", "--root", PIN, "--kept", str(tmp_path)]
        answer = click.testing.CliRunner().invoke(command, arguments, standalone_mode=False)
        if answer.exception is not None:
            assert isinstance(answer.exception, Refusal), answer.exception
            return str(answer.exception)
        return answer.stdout + answer.stderr

    return fetched


def size(folder: Path) -> int:
    """Of the log that is kept."""
    checkpoint = kept.read(kept.file_of(folder, "verify.example.org")).checkpoint
    assert checkpoint is not None
    return checkpoint.size


def test_a_log_that_grew_is_proved_to_go_on_and_kept(fetch: Fetch, tmp_path: Path) -> None:
    """From 300 to 601 entries, by tiles; the file holds what the service gave, for anybody to read."""
    assert "Log: size 300." in fetch(SMALL)
    assert "Log: size 601." in fetch(LARGE)
    with zipfile.ZipFile(tmp_path / "verify.example.org.zip") as whole:
        assert whole.read("checkpoint.txt") == LARGE.files["/log/checkpoint"]
        assert whole.read("keyring.cbor") == KEYRING


@pytest.mark.parametrize(
    ("then", "words", "notes"),
    [
        ((site(298),), "an older log than the one known here (size 299 after 300)", 2),
        ((site(299, first=1),), "another log of the same size", 2),
        ((site(600, first=1),), "log of size 601 does not go on from that of size 300", 2),
        ((LARGE, FULL_TILE), "does not give tile 0/001", 0),
        ((LARGE, "/log/checkpoint"), "no checkpoint of its log any more", 0),
    ],
    ids=["rolled back", "forked", "rewritten", "a tile kept back", "no checkpoint any more"],
)
def test_another_log_is_refused_with_both_notes(
    fetch: Fetch, tmp_path: Path, then: tuple[Site, str], words: str, notes: int
) -> None:
    """And what was kept stays, byte for byte."""
    fetch(SMALL)
    before = (tmp_path / "verify.example.org.zip").read_bytes()
    said = fetch(*then)
    assert words in said
    assert said.count(f"  | — {LARGE.files['/log/checkpoint'].decode().partition(chr(10))[0]} ") == notes
    assert (tmp_path / "verify.example.org.zip").read_bytes() == before


def test_tiles_of_another_tree_prove_nothing(fetch: Fetch, tmp_path: Path) -> None:
    """A signed checkpoint with tiles that do not give its root."""
    fetch(SMALL)
    said = fetch(LARGE, **{FULL_TILE[1:].replace("/", "__"): bytes(256 * 32)})
    assert "do not give its checkpoint's tree (other_tree)" in said
    assert size(tmp_path) == 300


def test_a_checkpoint_of_a_key_that_was_stolen_is_let_go(fetch: Fetch, tmp_path: Path) -> None:
    """The thief's log was fetched; once the keyring says so it holds nobody to it, and that is said."""
    fetch(site(600, first=1))
    stolen, new = LOG.entry("log", state="compromised", believed_below=100), TestKey("a new log key")
    rest = [one for one in ENTRIES if one.public != LOG.public]
    second = keyring([*rest, stolen, new.entry("log")], version=2, previous=hashlib.sha256(KEYRING).digest())
    both = KEYRING + ROOT.sign(second.draft(ROOT.kid))
    honest = Site([KEYRING, *PEOPLE[:200]], keyring=both, lists={}, key=new)
    said = fetch(honest)
    assert "of size 601, is of a key that was compromised" in said
    assert "Log: size 201." in said
    assert size(tmp_path) == 201


def test_a_fetch_that_is_killed_leaves_what_was_kept(fetch: Fetch, tmp_path: Path) -> None:
    """Killed while it writes: the old file is whole, the next fetch goes on and takes the killed one's draft away."""
    fetch(SMALL)
    target = tmp_path / "verify.example.org.zip"
    program = (
        "import os, pathlib, signal, sys\n"
        "from verify.commands import keeping\n"
        "from verify.shared import whole_files\n"
        "whole_files.to_disk = lambda _path: os.kill(os.getpid(), signal.SIGKILL)\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "with keeping.alone(path):\n"
        "    keeping.replace(path, bytes(32), b'half', None, None)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(target)], cwd=PROJECT, check=False)
    assert killed.returncode == -9
    assert len(list(tmp_path.glob(".*"))) == 1
    assert size(tmp_path) == 300
    assert "size 601." in fetch(LARGE)
    assert list(tmp_path.glob(".*")) == []


def test_two_fetches_do_not_overtake_one_another(fetch: Fetch, tmp_path: Path) -> None:
    """The second is told, and a file that was damaged is named."""
    fetch(SMALL)
    lock = locks.take(tmp_path / "verify.example.org.lock")
    assert "under way" in fetch(LARGE)
    lock.release()
    (tmp_path / "verify.example.org.zip").write_bytes(b"PK")
    assert "remove it, and fetch again" in fetch(LARGE)


@pytest.mark.parametrize("kind", ["password", "compression", "bits", "no name", "cut"])
def test_a_kept_file_damaged_in_any_way_is_named(kind: str, tmp_path: Path) -> None:
    """Each is another error of the archive's reader, and none is a fault of this program."""
    path = tmp_path / "verify.example.org.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as whole:
        whole.writestr("root.txt", f"{releases.ROOT_THUMBPRINT.hex()}\n" * 20)
        whole.writestr("keyring.cbor", bytes(1000))
    data = bytearray(path.read_bytes())
    for head in (data.find(b"PK\x03\x04"), data.find(b"PK\x01\x02")):
        flags = head + (6 if data[head + 2] == 3 else 8)
        if kind == "password":
            data[flags] |= 1
        elif kind == "compression":
            data[flags + 2] = 99
        elif kind == "no name":
            data[flags] |= 32
    if kind == "bits":
        data[45:50] = b"\xff" * 5
    path.write_bytes(bytes(data[:-30]) if kind == "cut" else bytes(data))
    with pytest.raises(Refusal, match="does not hold what"):
        kept.read(path)
