"""A signing room in a folder of its own, made in this process or by the commands as a clerk runs them."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

import msgspec
import pytest

from keys import generate
from keys.folder import KeyFolder, remember
from keys.passphrase import Known
from keys.programmes import Published
from signing.__main__ import main
from signing.centre.room import Room, Session, Unlocked
from signing.release.into_log import Logbook
from signing.release.log_state import LogState
from tests import PROJECT
from tests.commands_here import run_here
from verify.shared.progress import silent
from verify.shared.toml.settings_file import Source

EXAMPLE: Final = PROJECT / "examples" / "centre.toml"
PASSPHRASE: Final = "of the tests"
NOW: Final = 1_650_000_000


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A centre's folder with centre.toml and keys."""

    folder: Path
    root: bytes

    def session(self, now: int = NOW) -> Session:
        """A command at work here at the time ``now``; its ledger is to be closed."""
        room, keys = self.room, self.keys
        unlocked = Unlocked.of(keys, Known(PASSPHRASE.encode()))
        return Session(room=room, unlocked=unlocked, ledger=room.ledger(now, keys), now=now, progress=silent)

    @property
    def room(self) -> Room:
        """The room."""
        return Room.open(self.folder / "centre.toml")

    @property
    def keys(self) -> KeyFolder:
        """The key folder."""
        return KeyFolder(self.folder / "keys", self.root)

    @property
    def log(self) -> Logbook:
        """The log's first key, and its file."""
        return self.log_at(NOW)

    def log_at(self, now: int) -> Logbook:
        """The log's key at a time, and its file."""
        keys = self.keys
        return Logbook(signer=keys.signer("log", Known(PASSPHRASE.encode()), now), state=LogState(keys.log_state))

    def settings(self, old: str, new: str) -> None:
        """Changes a text in centre.toml."""
        path = self.folder / "centre.toml"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    def copy(self, folder: Path) -> "Place":
        """The same room in another folder."""
        shutil.copytree(self.folder, folder)
        place = Place(folder=folder, root=self.root)
        place.remember()
        return place

    def remember(self) -> None:
        """Writes var/keys.env anew, for a folder that was copied."""
        var = self.folder / "var"
        shutil.rmtree(var, ignore_errors=True)
        before = os.environ.get("YINJIAN_VAR")
        os.environ["YINJIAN_VAR"] = str(var)
        try:
            folder = KeyFolder(self.folder / "keys", self.root)
            remember(folder, folder.chain())
        finally:
            del os.environ["YINJIAN_VAR"]
            if before is not None:
                os.environ["YINJIAN_VAR"] = before

    def run(
        self, *arguments: str | Path, keyboard: IO[str] | None = None, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """``yinjian-sign`` with these arguments, in this process; in English unless ``settings`` say otherwise."""
        environment = self.environment(settings)
        return run_here(main, *arguments, folder=self.folder, environment=environment, keyboard=keyboard)

    def environment(self, settings: Mapping[str, str]) -> dict[str, str]:
        """What a command here sees of the world."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("YINJIAN_", "LC_", "LANG"))}
        source = str(PROJECT)
        return kept | {"LANG": "C.UTF-8", "YINJIAN_PASSPHRASE": PASSPHRASE, "PYTHONPATH": source, **settings}


def make(folder: Path, **changes: str) -> Place:
    """A new room with the example's settings, in which each old text is changed into the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    text = EXAMPLE.read_text("utf-8")
    for old, new in changes.items():
        text = text.replace(old, new)
    (folder / "centre.toml").write_text(text, "utf-8")
    settings = Published.read(Source(text.encode(), "centre.toml"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("keys.pkcs8.COST", 1 << 10)  # quick to open; nothing here is worth guessing
        patch.setenv("YINJIAN_VAR", str(folder / "var"))  # and never the folder that the tests run in
        made, _medium, _chain = generate.init(folder / "keys", settings, Known(PASSPHRASE.encode()), NOW - 86_400)
    place = Place(folder=folder, root=made.root)
    place.remember()
    return place
