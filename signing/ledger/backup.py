"""Copies of the ledger: made while it is whole, checked before they are put back."""

import contextlib
import sqlite3
from pathlib import Path

from signing.ledger import ledger_file
from signing.ledger.book import Ledger
from signing.ledger.ledger_file import APPLICATION
from signing.messages import _
from verify.shared import whole_files
from verify.shared.command import Refusal


def backup(ledger: Ledger, path: Path) -> None:
    """A copy of the ledger at ``path``, which must not be there yet; on disk when this returns. Raises Refusal."""
    if path.exists():
        raise Refusal(_("{} is there already; a backup never overwrites.").format(path))
    try:
        with whole_files.whole(path) as draft:
            with contextlib.closing(sqlite3.connect(draft)) as copy:
                copy.execute("PRAGMA journal_mode = OFF")  # a draft that fails goes whole
                ledger.db.backup(copy)
            whole_files.to_disk(draft)
    except sqlite3.Error as error:
        raise Refusal(f"{path}: {ledger_file.why(error)}") from None


def check(path: Path) -> None:
    """That ``path`` is a whole ledger. Raises Refusal."""
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as copy:
            application = copy.execute("PRAGMA application_id").fetchone()[0]
            sound = copy.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error:
        application, sound = 0, ""
    if application != APPLICATION or sound != "ok":
        raise Refusal(_("{} is not a whole backup of a ledger.").format(path.name))


def put_back(path: Path, target: Path, stamp: str) -> Path | None:
    """Puts the backup at ``path`` in the ledger's place; where the ledger that was there is now.

    The caller holds the ledger's lock. Raises Refusal.
    """
    check(path)
    aside = None
    with whole_files.whole(target) as draft:
        draft.write_bytes(path.read_bytes())
        whole_files.to_disk(draft)
        if target.exists():
            aside = target.with_name(f"{target.name}.before-{stamp}")
            target.rename(aside)
    return aside
