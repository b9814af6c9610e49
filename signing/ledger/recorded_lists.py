"""What the ledger knows of pass lists and lookup indexes: every revision, and who is on it.

What is to be called inside a transaction says so.
"""

import sqlite3
from collections.abc import Iterable

import msgspec

from signing.ledger.recorded_jobs import RecordedJobs
from signing.ledger.values import IndexHead, ListedRow, ListHead
from verify.core.pass_list import PassList


class RecordedLists(RecordedJobs):
    """Lists and lookup indexes, and how more are recorded."""

    def newest_list(self, exam: str, stage: str | None = None, upto: int | None = None) -> ListHead | None:
        """The exam's newest list, of one stage or any, recorded by job ``upto`` or before."""
        rows = self.all(
            "SELECT * FROM list WHERE exam = ?1 AND (?2 IS NULL OR stage = ?2) AND (?3 IS NULL OR job <= ?3) "
            "ORDER BY revision DESC LIMIT 1",
            exam,
            stage,
            upto,
        )
        return _head(rows[0]) if rows else None

    def lists(self, job: int | None = None) -> list[ListHead]:
        """The lists of one job, or all, in the order recorded."""
        rows = self.all("SELECT * FROM list WHERE ?1 IS NULL OR job = ?1 ORDER BY job, exam, revision", job)
        return [_head(row) for row in rows]

    def list_rows(self, exam: str, revision: int) -> list[ListedRow]:
        """The rows of one revision, by serial."""
        rows = self.all(
            "SELECT serial, name, id, holder, lookup_key, number FROM list_row WHERE exam = ? AND revision = ? "
            "ORDER BY serial",
            exam,
            revision,
        )
        return [ListedRow(**dict(row)) for row in rows]

    def add_list(self, head: ListHead, rows: Iterable[ListedRow]) -> None:
        """Records a revision of a list; inside a transaction."""
        self.db.execute(
            "INSERT INTO list (exam, revision, stage, job, kid, head) VALUES (?, ?, ?, ?, ?, ?)",
            (head.exam, head.revision, head.stage, head.job, head.kid, msgspec.json.encode(head.made).decode()),
        )
        self.db.executemany(
            "INSERT INTO list_row (exam, revision, serial, name, id, holder, lookup_key, number) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (head.exam, head.revision, row.serial, row.name, row.id, row.holder, row.lookup_key, row.number)
                for row in rows
            ),
        )

    def name_rows(self, exam: str, revision: int, people: Iterable[tuple[str, bytes]]) -> None:
        """Notes holder and lookup key of everybody on a list, by serial; inside a transaction."""
        self.db.executemany(
            "UPDATE list_row SET holder = ?, lookup_key = ? WHERE exam = ? AND revision = ? AND serial = ?",
            ((holder, key, exam, revision, serial) for serial, (holder, key) in enumerate(people, start=1)),
        )

    def newest_index(self, exam: str) -> IndexHead | None:
        """The exam's newest lookup index."""
        rows = self.all("SELECT * FROM lookup_index WHERE exam = ? ORDER BY revision DESC LIMIT 1", exam)
        return IndexHead(**dict(rows[0])) if rows else None

    def indexes(self, job: int | None = None) -> list[IndexHead]:
        """The lookup indexes of one job, or all."""
        rows = self.all("SELECT * FROM lookup_index WHERE ?1 IS NULL OR job = ?1 ORDER BY exam, revision", job)
        return [IndexHead(**dict(row)) for row in rows]

    def add_index(self, head: IndexHead) -> None:
        """Records a revision of a lookup index; inside a transaction."""
        self.db.execute(
            "INSERT INTO lookup_index (exam, revision, secret_id, kid, job) VALUES (?, ?, ?, ?, ?)",
            (head.exam, head.revision, head.secret_id, head.kid, head.job),
        )

    def index_rows(self, exam: str, upto: int) -> list[tuple[str, bytes]]:
        """Number and lookup key of all that belong in the exam's index as of job ``upto``.

        Whom its newest final list names, then what replaced these later.
        """
        rows = self.all(
            "SELECT number, certificate.lookup_key FROM list_row JOIN certificate USING (number) "
            "WHERE list_row.exam = ?1 AND list_row.revision = "
            "(SELECT max(revision) FROM list WHERE exam = ?1 AND stage = 'final' AND job <= ?2) ORDER BY serial",
            exam,
            upto,
        )
        rows += self.all(
            "WITH RECURSIVE later (number) AS ("
            "SELECT number FROM list_row WHERE exam = ?1 AND revision = "
            "(SELECT max(revision) FROM list WHERE exam = ?1 AND stage = 'final' AND job <= ?2) "
            "UNION SELECT c.number FROM certificate c JOIN later ON c.replaces = later.number WHERE c.job <= ?2) "
            "SELECT number, lookup_key FROM certificate JOIN later USING (number) WHERE number NOT IN "
            "(SELECT number FROM list_row WHERE number IS NOT NULL AND exam = ?1 AND revision = "
            "(SELECT max(revision) FROM list WHERE exam = ?1 AND stage = 'final' AND job <= ?2)) "
            "ORDER BY job, number",
            exam,
            upto,
        )
        return [(row["number"], row["lookup_key"]) for row in rows]

    def holders(self) -> dict[tuple[str, bytes], str]:
        """The name of everybody on any list, by exam and lookup key."""
        rows = self.all("SELECT exam, lookup_key, holder FROM list_row ORDER BY revision")
        return {(row["exam"], row["lookup_key"]): row["holder"] for row in rows}


def _head(row: sqlite3.Row) -> ListHead:
    fields = dict(row)
    made = msgspec.json.decode(fields.pop("head"), type=PassList)
    return ListHead(**fields, made=made)
