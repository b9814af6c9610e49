"""What a check goes by without a network: a centre's keyring, snapshot and checkpoint, as files that fetch keeps.

One folder for each centre, named by its host. Nothing in it is trusted for lying there: keyring and snapshot are
followed from the pinned root anew at every reading. Only the root's thumbprint is; it came from a person.
"""

import os
import sys
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
from verify.shared import whole_files
from verify.shared.command import LOCALE, Refusal, messages

_ = messages(LOCALE)

ROOT: Final = "root.txt"
KEYRING: Final = "keyring.cbor"
SNAPSHOT: Final = "snapshot.cbor"
CHECKPOINT: Final = "checkpoint.txt"
_THUMBPRINT: Final = 64


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is at hand of one centre, believed."""

    name: str
    known: Knowledge
    checkpoint: Signed | None = None

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


def read(place: Path) -> Kept:
    """What the folder ``place`` keeps of one centre. Raises Refusal, and KeyringRefused where it was altered."""
    root = root_of(_text(place / ROOT))
    keyring = _bytes(place / KEYRING)
    if root is None or keyring is None:
        raise Refusal(_("{} does not hold what `yinjian-verify fetch` keeps.").format(place))
    return of(place.name, root, keyring, _bytes(place / SNAPSHOT), _text(place / CHECKPOINT))


def of(name: str, root: bytes, keyring: bytes, snapshot: bytes | None, note: str | None) -> Kept:
    """The same of bytes; a checkpoint that is not believed is refused, a snapshot that is not is told of."""
    chain = Chain.follow([(data, None) for data in cbor.split(keyring)], root)
    signed = believed_checkpoint(note, chain) if note is not None else None
    size = signed.size if signed is not None else None
    return Kept(name=name, known=Knowledge.of(chain, snapshot, size), checkpoint=signed)


def believed_checkpoint(note: str, chain: Chain) -> Signed:
    """The checkpoint of a note. Raises Refusal."""
    try:
        return checkpoints.believed(note, chain)
    except LogRefused as error:
        raise Refusal(_("The checkpoint is not to be believed: {} ({}).").format(_(error.detail), error.code)) from None


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _text(path: Path) -> str | None:
    data = _bytes(path)
    return data.decode("utf-8", "replace") if data is not None else None


def all_kept(place: Path) -> list[Kept]:
    """Every centre of which ``place`` keeps something, by name. Raises Refusal, KeyringRefused."""
    found = sorted(one.parent for one in place.glob(f"*/{ROOT}")) if place.is_dir() else []
    return [read(one) for one in found]


def replace(place: Path, root: bytes, keyring: bytes, snapshot: bytes | None, note: str | None) -> None:
    """Keeps what was fetched and believed, each file whole; whatever was written first holds alone. Raises Refusal."""
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(_("{}: {}").format(place, error.strerror)) from None
    whole_files.write(place / ROOT, f"{root.hex()}\n".encode())
    whole_files.write(place / KEYRING, keyring)
    if note is not None:
        whole_files.write(place / CHECKPOINT, note.encode())
    if snapshot is not None:
        whole_files.write(place / SNAPSHOT, snapshot)


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


def newer_checkpoint(note: str, chain: Chain, before: Kept | None) -> Signed:
    """The checkpoint that a service gives, not behind the one that was kept. Raises Refusal."""
    signed = believed_checkpoint(note, chain)
    last = before.checkpoint if before is not None else None
    if last is not None and signed.size < last.size:
        raise Refusal(_("The service gives an older log than the one known here (size {} after {}).").format(
            signed.size, last.size))  # fmt: skip
    if last is not None and signed.size == last.size and signed.root != last.root:
        raise Refusal(_("The service gives another log of the same size than the one known here: it was rewritten."))
    return signed


def newer_snapshot(served: bytes, chain: Chain, log_size: int | None, before: Kept | None) -> Snapshot:
    """The snapshot that a service gives, not behind the one that was kept. Raises Refusal."""
    kept = before.known.snapshot if before is not None else None
    try:
        return offline.taken(served, chain, log_size, kept)
    except NotBelieved as error:
        raise Refusal(_("The snapshot is not taken: {} ({}).").format(_(error.detail), error.code)) from None
