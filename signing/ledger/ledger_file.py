"""The ledger's file: opened for one command alone, written in transactions that are on disk when they return.

SQLite with a rollback journal and synchronous=EXTRA, so that the journal's own removal is on disk as well.
"""

import contextlib
import fcntl
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self, TextIO

from signing.messages import _
from verify.shared.command import Refusal

APPLICATION: Final = 0x594A4C47  # "YJLG"
_SCHEMA: Final = Path(__file__).with_name("ledger.sql")


class LedgerFile:
    """The open ledger. Use it in a ``with``; no other command can work on it meanwhile."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self.lock(path)
        try:
            self._open()
        except BaseException:
            self._lock.close()
            raise

    @staticmethod
    def lock(path: Path) -> TextIO:
        """Keeps other commands from the ledger at ``path`` until it is closed. Raises Refusal."""
        # A record lock ends with its process, whatever kills it, and worker processes do not inherit it.
        lock = path.with_name(f"{path.name}.lock").open("a")
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise Refusal(_("Another command is working on the ledger {}; wait until it is done.").format(
                path.name)) from None  # fmt: skip
        return lock

    def _open(self) -> None:
        with self._translated():
            self.db = sqlite3.connect(self.path, isolation_level=None)
            self.db.row_factory = sqlite3.Row
            self.db.execute("PRAGMA journal_mode = DELETE")
            self.db.execute("PRAGMA synchronous = EXTRA")
            self.db.execute("PRAGMA foreign_keys = ON")
            version = self.db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0 and not self.db.execute("SELECT 1 FROM sqlite_master").fetchone():
                self.db.executescript(
                    f"BEGIN; PRAGMA application_id = {APPLICATION}; {_SCHEMA.read_text('utf-8')} COMMIT;"
                )
            elif version != 1 or self.db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
                raise Refusal(_("{} is not a ledger of this version.").format(self.path.name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets the next command work on the ledger."""
        self.db.close()
        self._lock.close()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
            raise Refusal(_("The ledger {}: {}").format(self.path.name, why(error))) from None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what is written inside, on disk, or nothing."""
        with self._translated():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self.db.execute("ROLLBACK")
                raise

    def all(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Every row that ``query`` gives."""
        with self._translated():
            return self.db.execute(query, values).fetchall()


def why(error: sqlite3.Error) -> str:
    """What SQLite says, in the reader's language where it is one of the usual things."""
    usual = {
        sqlite3.SQLITE_FULL: _("the disk is full; make room and give the same command again."),
        sqlite3.SQLITE_IOERR: _("the disk does not take or give it; is it full?"),
        sqlite3.SQLITE_CANTOPEN: _("the file cannot be opened."),
        sqlite3.SQLITE_READONLY: _("the file can only be read."),
        sqlite3.SQLITE_NOTADB: _("this is no ledger."),
        sqlite3.SQLITE_CORRUPT: _("the file is damaged; `yinjian-sign ledger restore` puts a backup in its place."),
    }
    # The lower byte of SQLite's codes is the kind of fault, what is above it the particulars.
    return usual.get(getattr(error, "sqlite_errorcode", 0) & 0xFF) or str(error)
