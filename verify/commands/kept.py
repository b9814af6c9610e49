"""What a check goes by without a network: a centre's keyring, snapshot and checkpoint, in a file that fetch keeps.

One file for each centre, named by its host, a zip of what the service gave: it is whole, or it is the one before.
Nothing in it is trusted for lying there: keyring and snapshot are followed from the pinned root anew at every reading.
Only the root's thumbprint is; it came from a person.
"""

import contextlib
import io
import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from verify.core import cbor, offline
from verify.core.chain import Chain
from verify.core.errors import LogRefused, NotBelieved
from verify.core.log import checkpoint as checkpoints
from verify.core.log.checkpoint import Signed
from verify.core.offline import Knowledge
from verify.core.snapshot import Snapshot
from verify.shared import locks, whole_files
from verify.shared.command import LOCALE, Refusal, messages, why

_ = messages(LOCALE)

_ROOT: Final = "root.txt"
_KEYRING: Final = "keyring.cbor"
_SNAPSHOT: Final = "snapshot.cbor"
_CHECKPOINT: Final = "checkpoint.txt"
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


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """No other fetch works on this file meanwhile; what a killed one left is taken away. Raises Refusal."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = locks.take(path.with_suffix(".lock"))
    except OSError as error:
        raise Refusal(f"{path.parent}: {why(error)}") from None
    except locks.Held:
        raise Refusal(_("Another fetch of this centre is under way.")) from None
    try:
        for draft in path.parent.glob(f".{path.name}.*"):
            draft.unlink(missing_ok=True)
        yield
    finally:
        lock.release()


def read(path: Path) -> Kept:
    """What the file ``path`` keeps of one centre. Raises Refusal, and KeyringRefused where it was altered."""
    try:
        with zipfile.ZipFile(path) as whole:
            parts = {name: whole.read(name) for name in whole.namelist()}
    except (OSError, zipfile.BadZipFile, ValueError, EOFError):
        parts = {}
    root = root_of(_text(parts.get(_ROOT)))
    if root is None or _KEYRING not in parts:
        text = _("{} does not hold what `yinjian-verify fetch` keeps: remove it, and fetch again.")
        raise Refusal(text.format(path))
    return of(path.stem, root, parts[_KEYRING], parts.get(_SNAPSHOT), _text(parts.get(_CHECKPOINT)))


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
        raise Refusal(_("The checkpoint is not to be believed: {} ({}).").format(_(error.detail), error.code)) from None


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


def replace(path: Path, root: bytes, keyring: bytes, snapshot: bytes | None, note: str | None) -> None:
    """Keeps what was fetched and believed, as one file, on disk when this returns. Raises Refusal."""
    parts = {
        _ROOT: f"{root.hex()}\n".encode(),
        _KEYRING: keyring,
        _SNAPSHOT: snapshot,
        _CHECKPOINT: note.encode() if note is not None else None,
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as whole:
        for name, data in parts.items():
            if data is not None:
                whole.writestr(zipfile.ZipInfo(name), data)
    with whole_files.whole(path) as draft:
        draft.write_bytes(held.getvalue())
        whole_files.to_disk(draft)


def newer_chain(served: bytes, root: bytes, before: Kept | None) -> Chain:
    """The chain that a service gives, which goes on from the one that was kept. Raises KeyringRefused, Refusal."""
    chain = Chain.follow([(data, None) for data in cbor.split(served)], root)
    ours = [version.statement.data for version in before.known.chain.versions] if before is not None else []
    theirs = [version.statement.data for version in chain.versions]
    if theirs[: len(ours)] != ours[: len(theirs)]:
        raise Refusal(_("The service gives another keyring than the one kept here: ask the centre, and trust neither."))
    if len(theirs) < len(ours):
        raise Refusal(_("The service gives an older keyring than the one kept here (version {} after {}).").format(
            len(theirs), len(ours)))  # fmt: skip
    return chain


def newer_snapshot(served: bytes, chain: Chain, log_size: int | None, before: Kept | None) -> Snapshot:
    """The snapshot that a service gives, not behind the one that was kept. Raises Refusal."""
    kept = before.known.snapshot if before is not None else None
    try:
        return offline.taken(served, chain, log_size, kept)
    except NotBelieved as error:
        raise Refusal(_("The snapshot is not taken: {} ({}).").format(_(error.detail), error.code)) from None
