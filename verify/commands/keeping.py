"""How fetch keeps what it was given: believed, not behind what was kept before, whole on disk, one fetch at a time."""

import contextlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from verify.commands import kept
from verify.commands.kept import Kept
from verify.core import cbor, offline
from verify.core.chain import Chain
from verify.core.errors import NotBelieved
from verify.core.snapshot import Snapshot
from verify.shared import locks, whole_files
from verify.shared.command import LOCALE, Refusal, messages, reason, why

_ = messages(LOCALE)


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


def replace(path: Path, root: bytes, keyring: bytes, snapshot: bytes | None, note: str | None) -> None:
    """Keeps what was fetched and believed, as one file, on disk when this returns. Raises Refusal."""
    parts = {
        kept.ROOT: f"{root.hex()}\n".encode(),
        kept.KEYRING: keyring,
        kept.SNAPSHOT: snapshot,
        kept.CHECKPOINT: note.encode() if note is not None else None,
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as whole:
        for name, data in parts.items():
            if data is not None:
                whole.writestr(zipfile.ZipInfo(name), data)
    with whole_files.whole(path, durable=True) as draft:
        draft.write_bytes(held.getvalue())


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
    ours = before.known.snapshot if before is not None else None
    try:
        return offline.taken(served, chain, log_size, ours)
    except NotBelieved as error:
        raise Refusal(_("The snapshot is not taken: {}.").format(reason(error))) from None
