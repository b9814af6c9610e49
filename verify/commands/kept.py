"""What a check goes by without a network: a centre's keyring, snapshot and checkpoint, in a file that fetch keeps.

One file for each centre, named by its host, a zip of what the service gave: it is whole, or it is the one before.
Nothing in it is trusted for lying there: keyring and snapshot are followed from the pinned root anew at every reading.
Only the root's thumbprint is; it came from a person.
"""

import os
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Final

import msgspec

from verify.core import cbor
from verify.core.chain import Chain
from verify.core.errors import LogRefused
from verify.core.log import checkpoint as checkpoints
from verify.core.log.checkpoint import Signed
from verify.core.offline import Knowledge
from verify.shared.command import LOCALE, Refusal, messages, reason

_ = messages(LOCALE)

ROOT: Final = "root.txt"
"""The parts of the file, as this and the next three are called in it."""
KEYRING: Final = "keyring.cbor"
SNAPSHOT: Final = "snapshot.cbor"
CHECKPOINT: Final = "checkpoint.txt"
_SUFFIX: Final = ".zip"
_THUMBPRINT: Final = 64


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is at hand of one centre, believed."""

    name: str
    root: bytes
    """The pinned thumbprint."""
    known: Knowledge
    checkpoint: Signed | None = None
    snapshot: bytes | None = None
    """As it was fetched, believed or not."""

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that the centre's QR codes name, in lower case."""
        return frozenset(host.lower() for host in self.known.chain.newest.hosts)


def folder() -> Path:
    """Where fetch keeps things: ``YINJIAN_KEPT``, or the place that this system has for a program's data."""
    told = os.environ.get("YINJIAN_KEPT")
    if told:
        return Path(told).absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "yinjian"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "yinjian"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "yinjian"


def root_of(text: str | None) -> bytes | None:
    """The thumbprint that somebody wrote, None for nothing. Raises Refusal."""
    if not text or not text.strip():
        return None
    digits = "".join(text.split()).replace(":", "").lower()
    if len(digits) != _THUMBPRINT or not set(digits) <= set("0123456789abcdef"):
        raise Refusal(_("The root's thumbprint has 64 hex digits; this has others."))
    return bytes.fromhex(digits)


def file_of(folder: Path, host: str) -> Path:
    """Where a centre's things are kept; ``host`` may have a port."""
    return folder / f"{host.lower().replace(':', '_')}{_SUFFIX}"


def read(path: Path) -> Kept:
    """What the file ``path`` keeps of one centre. Raises Refusal, and KeyringRefused where it was altered."""
    try:
        with zipfile.ZipFile(path) as whole:
            parts = {name: whole.read(name) for name in whole.namelist()}
    except PermissionError:
        raise
    # zipfile says RuntimeError to a password and to a compression that it does not know.
    except (OSError, zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, ValueError, EOFError):
        parts = {}
    root = root_of(_text(parts.get(ROOT)))
    if root is None or KEYRING not in parts:
        text = _("{} does not hold what `yinjian-verify fetch` keeps: remove it, and fetch again.")
        raise Refusal(text.format(path))
    return of(path.stem, root, parts[KEYRING], parts.get(SNAPSHOT), _text(parts.get(CHECKPOINT)))


def of(name: str, root: bytes, keyring: bytes, snapshot: bytes | None, note: str | None) -> Kept:
    """The same of bytes; a checkpoint that is not believed is refused, a snapshot that is not is told of."""
    chain = Chain.follow([(data, None) for data in cbor.split(keyring)], root)
    signed = believed_checkpoint(note, chain) if note is not None else None
    size = signed.size if signed is not None else None
    known = Knowledge.of(chain, snapshot, size)
    return Kept(name=name, root=root, known=known, checkpoint=signed, snapshot=snapshot)


def believed_checkpoint(note: str, chain: Chain) -> Signed:
    """The checkpoint of a note. Raises Refusal."""
    try:
        return checkpoints.believed(note, chain)
    except LogRefused as error:
        raise Refusal(_("The checkpoint is not to be believed: {}.").format(reason(error))) from None


def is_disowned(signed: Signed, chain: Chain) -> bool:
    """Whether a newer keyring says that this checkpoint's key was compromised before it."""
    try:
        checkpoints.believed(signed.note, chain)
    except LogRefused as error:
        return error.code == "key_compromised"
    return False


def _text(data: bytes | None) -> str | None:
    return data.decode("utf-8", "replace") if data is not None else None


def all_kept(place: Path) -> list[Kept]:
    """Every centre of which ``place`` keeps something, by name. Raises Refusal, KeyringRefused."""
    return [read(one) for one in sorted(place.glob(f"*{_SUFFIX}"))] if place.is_dir() else []
