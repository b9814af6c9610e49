"""Copies of the ledger: made while it is whole, checked before they are put back."""

import os
import sqlite3
from pathlib import Path

from signing.ledger import Ledger
from signing.ledger_file import APPLICATION
from signing.messages import _
from verify.cli import Refusal


def backup(ledger: Ledger, path: Path) -> None:
    """A copy of the ledger at ``path``, which must not be there yet; on disk when this returns. Raises Refusal."""
    if path.exists():
        raise Refusal(_("{} is there already; a backup never overwrites.").format(path))
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        copy = sqlite3.connect(draft)
        try:
            ledger.db.backup(copy)
        finally:
            copy.close()
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    except sqlite3.Error as error:
        raise Refusal(f"{path.name}: {error}") from None
    finally:
        draft.unlink(missing_ok=True)


def check(path: Path) -> None:
    """That ``path`` is a whole ledger. Raises Refusal."""
    try:
        copy = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            application = copy.execute("PRAGMA application_id").fetchone()[0]
            sound = copy.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            copy.close()
    except sqlite3.Error:
        application, sound = 0, ""
    if application != APPLICATION or sound != "ok":
        raise Refusal(_("{} is not a whole backup of a ledger.").format(path.name))


def put_back(path: Path, target: Path, stamp: str) -> Path | None:
    """Puts the backup at ``path`` in the ledger's place; where the ledger that was there is now.

    The caller holds the ledger's lock. Raises Refusal.
    """
    check(path)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.write_bytes(path.read_bytes())
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    aside = None
    if target.exists():
        aside = target.with_name(f"{target.name}.before-{stamp}")
        target.rename(aside)
    draft.replace(target)
    return aside
