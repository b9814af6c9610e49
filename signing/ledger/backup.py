"""Copies of the ledger: made while it is whole, checked before they are put back."""

import contextlib
import filecmp
import sqlite3
from pathlib import Path

from signing.ledger import ledger_file
from signing.ledger.book import Ledger
from signing.ledger.ledger_file import APPLICATION
from signing.messages import _
from verify.shared import whole_files
from verify.shared.command import Refusal


def backup(ledger: Ledger, path: Path) -> None:
    """A copy of the ledger at ``path``, on disk when this returns; nothing that is there is written over.

    The same copy may be there, of a command that was killed when it was done. Raises Refusal.
    """
    if path.exists():
        if not _is_the_same(ledger, path):
            raise Refusal(_("{} is there already; a backup never overwrites.").format(path))
        return
    whole_files.sweep(path.parent, path.name)
    with whole_files.whole(path, durable=True) as draft:
        _copy(ledger, draft, path)


def _copy(ledger: Ledger, draft: Path, meant: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(draft)) as copy:
            copy.execute("PRAGMA journal_mode = OFF")  # a draft that fails goes whole
            ledger.db.backup(copy)
    except sqlite3.Error as error:
        raise Refusal(f"{meant}: {ledger_file.why(error)}") from None


def _is_the_same(ledger: Ledger, path: Path) -> bool:
    """Whether what is at ``path`` is, byte for byte, the copy that would be made."""
    if not path.is_file():
        return False
    with whole_files.aside(path) as folder:
        again = folder / path.name
        _copy(ledger, again, path)
        return filecmp.cmp(again, path, shallow=False)


def check(path: Path, root: bytes) -> None:
    """That ``path`` is a whole ledger, of the centre whose root key has this thumbprint. Raises Refusal."""
    if not path.is_file():
        raise Refusal(_("There is no file {}.").format(path))
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            application = copy.execute("PRAGMA application_id").fetchone()[0]
            sound = copy.execute("PRAGMA integrity_check").fetchone()[0]
            if application == APPLICATION and sound == "ok":
                (found,) = copy.execute("SELECT root FROM origin").fetchone()
                if found == root:
                    return
                raise Refusal(_("{} is the ledger of another centre.").format(path.name))
    except (sqlite3.Error, TypeError):
        pass  # said below, like anything else that is no ledger
    raise Refusal(_("{} is not a whole backup of a ledger.").format(path.name))
