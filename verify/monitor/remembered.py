"""What a monitor has seen: one SQLite file, changed in one transaction at the end of each look, or not at all."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Self

from verify.core.log.tree import Frontier
from verify.shared.command import LOCALE, Refusal, messages

_ = messages(LOCALE)

_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE seen (one INTEGER PRIMARY KEY CHECK (one = 1), root BLOB NOT NULL, address TEXT NOT NULL,
    keyring BLOB NOT NULL, note TEXT NOT NULL, size INTEGER NOT NULL, frontier BLOB NOT NULL) STRICT;
CREATE TABLE entry (place INTEGER PRIMARY KEY, kind INTEGER NOT NULL, digest BLOB NOT NULL) STRICT;
CREATE INDEX entry_digest ON entry (digest);
CREATE TABLE list (digest BLOB PRIMARY KEY, exam TEXT NOT NULL, stage TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE listed (short BLOB PRIMARY KEY, exam TEXT NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
"""


class Remembered:
    """The file, open for one look."""

    def __init__(self, path: Path) -> None:
        """Opens the file, or begins it. Raises Refusal where it is something else."""
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
        except sqlite3.Error:
            raise Refusal(_("{} cannot be opened or made: is its folder there, and yours?").format(path)) from None
        try:
            self._db.execute("BEGIN IMMEDIATE")
            if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
                self._db.execute("ROLLBACK")
                self._db.executescript(f"BEGIN; {_SCHEMA} COMMIT;")
                self._db.execute("BEGIN IMMEDIATE")
            if self._db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                raise Refusal(_("{} is not a monitor's file of this version.").format(path.name))
            row = self._db.execute("SELECT root, address, keyring, note, size, frontier FROM seen").fetchone()
        except sqlite3.DatabaseError:
            self._db.close()
            raise Refusal(_("{} is not a monitor's file, or is in use.").format(path.name)) from None
        self.root: bytes | None = row[0] if row else None
        self.address: str | None = row[1] if row else None
        self.keyring: bytes = row[2] if row else b""
        self.note: str = row[3] if row else ""
        self.size: int = row[4] if row else 0
        self._frontier: bytes = row[5] if row else b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self._db.close()  # what was not kept is rolled back

    def frontier(self) -> Frontier:
        """The tree as it was seen."""
        held = self._frontier
        return Frontier(self.size, [held[place : place + 32] for place in range(0, len(held), 32)])

    def add(self, start: int, entries: Iterable[bytes]) -> None:
        """Takes in entries (33 bytes each) from a log index on."""
        rows = ((start + place, one[0], one[1:]) for place, one in enumerate(entries))
        self._db.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)

    def add_list(self, digest: bytes, exam: str, stage: str, shorts: Iterable[bytes]) -> None:
        """Takes in a list that was shown; whom it names is kept past its term."""
        self._db.execute("INSERT OR IGNORE INTO list VALUES (?, ?, ?)", (digest, exam, stage))
        self._db.executemany("INSERT OR IGNORE INTO listed VALUES (?, ?)", ((short, exam) for short in shorts))

    def knows_list(self, digest: bytes) -> bool:
        """Whether a list was taken in before."""
        return self._db.execute("SELECT 1 FROM list WHERE digest = ?", (digest,)).fetchone() is not None

    def newest_list(self, exam: str) -> int:
        """Where the newest list of an exam that was ever shown stands in the log; -1 without one."""
        of_each = (
            "SELECT coalesce(max(first), -1) FROM"
            " (SELECT min(place) AS first FROM list JOIN entry USING (digest) WHERE exam = ? GROUP BY digest)"
        )
        (place,) = self._db.execute(of_each, (exam,)).fetchone()
        return int(place)

    def places(self, digest: bytes) -> list[int]:
        """The log indexes at which a statement stands."""
        rows = self._db.execute("SELECT place FROM entry WHERE digest = ? ORDER BY place", (digest,))
        return [place for (place,) in rows]

    def has_short(self, short: bytes) -> bool:
        """Whether a certificate's entry begins with these 16 bytes."""
        query = "SELECT 1 FROM entry WHERE kind = 1 AND digest >= ?1 AND digest < ?2"
        return self._db.execute(query, (short, _after(short))).fetchone() is not None

    def certificates(self) -> Iterator[tuple[int, bytes]]:
        """Log index and digest of each certificate's entry."""
        yield from self._db.execute("SELECT place, digest FROM entry WHERE kind = 1 ORDER BY place")

    def entry(self, place: int) -> bytes | None:
        """The digest at a log index."""
        row = self._db.execute("SELECT digest FROM entry WHERE place = ?", (place,)).fetchone()
        return row[0] if row else None

    def entries(self, start: int, stop: int) -> list[bytes]:
        """The entries (33 bytes each) from one log index to before another."""
        rows = self._db.execute(
            "SELECT kind, digest FROM entry WHERE place >= ? AND place < ? ORDER BY place", (start, stop)
        )
        return [bytes([kind]) + digest for kind, digest in rows]

    def exam_of(self, short: bytes) -> str | None:
        """The exam whose list names the certificate that begins with these 16 bytes, None where none does."""
        row = self._db.execute("SELECT exam FROM listed WHERE short = ?", (short,)).fetchone()
        return row[0] if row else None

    def named(self) -> int:
        """How many certificates of the log a list that was ever shown names."""
        query = "SELECT count(*) FROM entry JOIN listed ON short = substr(digest, 1, 16) WHERE kind = 1"
        return int(self._db.execute(query).fetchone()[0])

    def keep(self, *, root: bytes, address: str, keyring: bytes, note: str, frontier: Frontier) -> None:
        """All that was taken in, and where the log stands: on disk when this returns."""
        held = b"".join(frontier.hashes)
        self._db.execute(
            "INSERT OR REPLACE INTO seen VALUES (1, ?, ?, ?, ?, ?, ?)",
            (root, address, keyring, note, frontier.size, held),
        )
        self._db.execute("COMMIT")
        self._db.execute("BEGIN")


def _after(short: bytes) -> bytes:
    """The least digest behind all that begin with these bytes; for the last of them, one behind every digest."""
    following = (int.from_bytes(short) + 1).to_bytes(len(short) + 1)
    return following[1:] if following[0] == 0 else b"\xff" * 33
