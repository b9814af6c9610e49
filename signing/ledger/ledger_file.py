"""The ledger's file: opened for one command alone, written in transactions that are on disk when they return.

SQLite with a rollback journal and synchronous=EXTRA, so that the journal's own removal is on disk as well. A file
that is not there is never made by opening it: signing.ledger.opening says when a ledger may begin.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import msgspec
from filelock import BaseFileLock

from signing.messages import _
from verify.shared import locks, whole_files
from verify.shared.command import Refusal

APPLICATION: Final = 0x594A4C47  # "YJLG"
_VERSION: Final = 3
_SCHEMA: Final = Path(__file__).with_name("ledger.sql")
_TAKEN_OVER: Final = 2
"""The version that is taken over: it knew no snapshots and nothing that is signed anew, which ``job`` refused."""


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Whose ledger one is, and since when."""

    root: bytes
    """The thumbprint of the centre's first root key."""
    begun_at: int


class LedgerFile:
    """The open ledger. Use it in a ``with``."""

    def __init__(self, path: Path, lock: BaseFileLock | None = None) -> None:
        """Opens the ledger at ``path``, which is there; ``lock`` is released when it closes. Raises Refusal."""
        self.path = path
        self._lock = lock
        if not is_there(path):
            raise Refusal(_("There is no ledger {}.").format(path))
        with self._translated():
            self.db = sqlite3.connect(path, isolation_level=None)
            try:
                self._begin()
            except BaseException:
                self.db.close()
                raise

    @staticmethod
    def lock(path: Path) -> BaseFileLock:
        """Keeps other commands from the ledger at ``path`` until it is released. Raises Refusal."""
        try:
            return locks.take(path.with_name(f"{path.name}.lock"))
        except locks.Held:
            text = _("Another command is working on the ledger {}; wait until it is done.")
            raise Refusal(text.format(path.name)) from None

    def _begin(self) -> None:
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode = DELETE")
        self.db.execute("PRAGMA synchronous = EXTRA")
        self.db.execute("PRAGMA foreign_keys = ON")
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        application = self.db.execute("PRAGMA application_id").fetchone()[0]
        if application == APPLICATION and version == _TAKEN_OVER:
            self._take_over()
        elif (version, application) != (_VERSION, APPLICATION):
            text = _(
                "{} is not a ledger of this version: use the program that wrote it, or move it away and let "
                "`yinjian-sign ledger rebuild` make it from the releases."
            )
            raise Refusal(text.format(self.path.name))

    def _take_over(self) -> None:
        """Makes a ledger of the version before one of this, in one transaction; every row stays as it is."""
        schema = _SCHEMA.read_text("utf-8")
        table = schema[schema.index("CREATE TABLE job (") : schema.index("CREATE TABLE list (")]
        self.db.execute("PRAGMA foreign_keys = OFF")  # other tables name this one, which is for a moment not there
        with self.transaction():
            self.db.execute(table.replace("TABLE job (", "TABLE job_taken_over ("))
            self.db.execute("INSERT INTO job_taken_over SELECT * FROM job")
            self.db.execute("DROP TABLE job")
            self.db.execute("ALTER TABLE job_taken_over RENAME TO job")
            self.db.execute(f"PRAGMA user_version = {_VERSION}")
        self.db.execute("PRAGMA foreign_keys = ON")

    @property
    def origin(self) -> Origin:
        """Whose ledger it is."""
        return Origin(**dict(self.all("SELECT root, begun_at FROM origin")[0]))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets the next command work on the ledger."""
        self.db.close()
        if self._lock is not None:
            self._lock.release()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
            raise Refusal(_("The ledger {}: {}").format(whole_files.meant(self.path), why(error))) from None

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


def is_there(path: Path) -> bool:
    """Whether there is a ledger at ``path``; an empty file, which SQLite would take for a new one, is none."""
    return path.is_file() and path.stat().st_size > 0


def make(path: Path, origin: Origin) -> None:
    """An empty ledger at ``path``, whole and on disk when this returns, or none. Raises Refusal."""
    with whole_files.whole(path, durable=True) as draft:
        draft.unlink(missing_ok=True)
        make_draft(draft, origin)


def make_draft(path: Path, origin: Origin) -> None:
    """An empty ledger in a file that is not in its place yet. Raises Refusal."""
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = OFF")  # a draft that fails goes whole
            db.executescript(f"PRAGMA application_id = {APPLICATION}; {_SCHEMA.read_text('utf-8')}")
            db.execute("INSERT INTO origin VALUES (1, ?, ?)", (origin.root, origin.begun_at))
    except sqlite3.Error as error:
        raise Refusal(_("The ledger {}: {}").format(whole_files.meant(path), why(error))) from None


def why(error: sqlite3.Error) -> str:
    """What SQLite says, in the reader's language where it is one of the usual things."""
    usual = {
        sqlite3.SQLITE_BUSY: _(
            "another program has it open and is changing it: close that, and give the command again."
        ),
        sqlite3.SQLITE_LOCKED: _(
            "another program has it open and is changing it: close that, and give the command again."
        ),
        sqlite3.SQLITE_FULL: _("the disk is full; make room and give the same command again."),
        sqlite3.SQLITE_IOERR: _("the disk does not take or give it; is it full?"),
        sqlite3.SQLITE_CANTOPEN: _("the file cannot be opened."),
        sqlite3.SQLITE_READONLY: _("the file can only be read."),
        sqlite3.SQLITE_NOTADB: _("this is no ledger."),
        sqlite3.SQLITE_CORRUPT: _("the file is damaged; `yinjian-sign ledger restore` puts a backup in its place."),
    }
    # The lower byte of SQLite's codes is the kind of fault, what is above it the particulars.
    return usual.get(getattr(error, "sqlite_errorcode", 0) & 0xFF) or str(error)
