"""The log's own file beside its key: every tree that the key ever signed, and whatever was logged since the one before.

One JSON object a line, only ever appended. What is here was or may have been published, so that nothing may be signed
that does not go on from it (2-formats, Transparency log).
"""

import base64
import hashlib
import mmap
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Self

import msgspec

from signing.messages import _
from verify.core.log import tree
from verify.core.log.tree import ENTRY_BYTES
from verify.core.statement import envelope, opened
from verify.shared import locks
from verify.shared.command import Refusal, why

_MACHINE: Final = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tree that was signed."""

    time: int
    """When, seconds since 1970."""
    size: int
    root: str
    """Hexadecimal, as all hashes here."""
    note: str
    """The checkpoint as it was signed."""
    kid: str
    receipt: str
    """The key's signature on the root for COSE Receipts."""
    release: str | None
    """The file that was published; None where the log's key and file were taken over by another machine."""
    release_sha256: str | None
    place: str
    """Which file this line was written to: a copy is another one."""
    statements: tuple[str, ...]
    """Everything logged since the line before, base64; of a statement whose body is empty its entry of 33 bytes."""
    past: int = 0
    """How many of these, the first, had been filed past publish: no release said them."""

    @property
    def name(self) -> str:
        """The release, or the tree where none is known."""
        return self.release or _("the tree of size {}").format(self.size)

    @property
    def logged(self) -> list[bytes]:
        """The bytes of ``statements``."""
        return list(map(base64.b64decode, self.statements))


def logged(statements: Iterable[bytes]) -> tuple[str, ...]:
    """Statements, or entries of empty ones, as a line holds them."""
    return tuple(base64.b64encode(one).decode("ascii") for one in statements)


def is_entry(data: bytes) -> bool:
    """Whether this is the entry of a statement whose body was empty: a statement begins with 0x84."""
    return len(data) == ENTRY_BYTES and 1 <= data[0] <= 8


def entry_of(data: bytes) -> bytes:
    """The log entry of what a line holds. Raises Unreadable for what is no statement."""
    return data if is_entry(data) else tree.entry(opened(envelope(data)).kind, hashlib.sha256(data).digest())


class LogState:
    """The file, held by one publisher at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def check_there(self) -> None:
        """Raises Refusal where there is no such file."""
        if not self.path.is_file():
            text = _(
                "{} is not there: it says what the log's key ever signed, and without it nothing may be published. "
                "Bring it back from where the key is kept, never from an old copy; where it is lost everywhere, "
                "`yinjian-sign take-log --state-lost`."
            )
            raise Refusal(text.format(self.path))

    def hold(self) -> Self:
        """Takes it for this process until ``release``, and mends what an append that was cut off left behind.

        Such a line's release was never committed. Raises Refusal.
        """
        self.check_there()
        try:
            self._lock = locks.take(self.path.with_name(f".{self.path.name}.lock"))
        except locks.Held:
            raise Refusal(_("Another command is publishing with {} just now.").format(self.path)) from None
        if not self._ends():
            self._cut(self._whole())
        return self

    def release(self) -> None:
        """Lets others have it."""
        self._lock.release()

    def lines(self) -> Iterator[Line]:
        """Every line, the newest first. Raises Refusal at one that is damaged."""
        if not self.path.is_file() or not self.path.stat().st_size:
            return
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            end = data.rfind(b"\n")
            while end >= 0:
                start = data.rfind(b"\n", 0, end) + 1
                try:
                    yield msgspec.json.decode(data[start:end], type=Line)
                except ValueError:
                    raise Refusal(_("{} is damaged; nothing may be published with it.").format(self.path)) from None
                end = start - 1

    def has(self, digest: bytes) -> bool:
        """Whether a release of this SHA-256 was ever signed."""
        return any(line.release_sha256 == digest.hex() for line in self.lines())

    def append(self, line: Line) -> None:
        """Adds a line, on disk when this returns. Raises Refusal, and the file is as it was."""
        before = self.path.stat().st_size
        try:
            with self.path.open("ab", buffering=0) as file:
                data = memoryview(msgspec.json.encode(line) + b"\n")
                while data:
                    data = data[file.write(data) :]
                os.fsync(file.fileno())
        except OSError as error:
            self._cut(before)
            text = _("{} could not be written ({}); nothing was published.")
            raise Refusal(text.format(self.path, why(error))) from None

    @property
    def place(self) -> str:
        """What tells this file from any copy of it: its number in this machine's file system, and the machine."""
        machine = next((path.read_text("ascii").strip() for path in _MACHINE if path.is_file()), "")
        return hashlib.sha256(f"{self.path.stat().st_ino} {machine}".encode()).hexdigest()[:16]

    def _ends(self) -> bool:
        with self.path.open("rb") as file:
            if not file.seek(0, os.SEEK_END):
                return True
            file.seek(-1, os.SEEK_END)
            return file.read() == b"\n"

    def _whole(self) -> int:
        """The size up to the end of the last whole line."""
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return data.rfind(b"\n") + 1

    def _cut(self, size: int) -> None:
        with self.path.open("r+b") as file:
            file.truncate(size)
            os.fsync(file.fileno())
