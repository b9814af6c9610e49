"""The centre's own book: which number was given to whom, for ever, and what each release holds.

One SQLite file beside the centre's files. It keeps names, the last four characters of ID numbers and lookup keys,
never an ID number. What is to be called inside a transaction says so.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from signing.ledger.events import Events
from signing.ledger.values import Given, IndexHead, Job, JobKind, ListedRow, ListHead, RecordedChange
from verify.core.pass_list import PassList

_GIVEN: Final = (
    "number, exam, holder, id_hint, lookup_key, issued_at, expires_at, kid, job, replaces, statement, paper_date"
)


class Ledger(Events):
    """What the open ledger knows, and how more is recorded."""

    # Jobs.

    def jobs(self) -> list[Job]:
        """Every job, in the order recorded."""
        return [_job(row) for row in self.all("SELECT * FROM job ORDER BY id")]

    def job_of_list(self, exam: str, stage: str | None = None) -> Job | None:
        """The job of the exam's newest list, of one stage or any."""
        rows = self.all(
            "SELECT job.* FROM job JOIN list ON list.job = job.id WHERE exam = ?1 AND (?2 IS NULL OR stage = ?2) "
            "ORDER BY revision DESC LIMIT 1",
            exam,
            stage,
        )
        return _job(rows[0]) if rows else None

    def unreleased(self) -> list[Job]:
        """Jobs recorded whose release was not finished."""
        return [_job(row) for row in self.all("SELECT * FROM job WHERE digest IS NULL ORDER BY id")]

    def add_job(self, kind: JobKind, release: str, request: bytes, recorded_at: int, notes: Mapping[str, Any]) -> int:
        """Records a job and gives its id; inside a transaction."""
        text = msgspec.json.encode(notes).decode()
        cursor = self.db.execute(
            "INSERT INTO job (kind, release, request, recorded_at, notes) VALUES (?, ?, ?, ?, ?)",
            (kind, release, request, recorded_at, text),
        )
        return int(cursor.lastrowid or 0)

    def mark_published(self, release: str, at: int) -> None:
        """Notes that a release is in the registry; nothing where it was noted before or is not known here."""
        with self.transaction():
            self.db.execute("UPDATE job SET published_at = ? WHERE release = ? AND published_at IS NULL", (at, release))

    def waiting(self) -> list[Job]:
        """Releases that were written, and of which nothing is known of their being published, in order."""
        return [job for job in self.jobs() if job.digest and job.published_at is None and job.withdrawn_at is None]

    def withdraw(self, job: int, at: int) -> None:
        """Takes a written release back, which stays on record; its numbers stay given. Inside a transaction."""
        self._empty(job)
        self.db.execute("UPDATE job SET withdrawn_at = ? WHERE id = ?", (at, job))

    def mark_released(self, job: int, digest: bytes) -> None:
        """Notes that the job's release is written, with its SHA-256."""
        with self.transaction():
            self.set_digest(job, digest)

    def set_digest(self, job: int, digest: bytes) -> None:
        """The same, inside a transaction."""
        self.db.execute("UPDATE job SET digest = ? WHERE id = ?", (digest, job))

    def recognise(self, job: int, request: bytes, notes: Mapping[str, Any]) -> None:
        """Notes what a job was asked for that was rebuilt from its release; inside a transaction."""
        text = msgspec.json.encode(notes).decode()
        self.db.execute("UPDATE job SET request = ?, notes = ? WHERE id = ?", (request, text, job))

    def drop_unreleased(self, exams: Iterable[str]) -> None:
        """Takes back the jobs of these exams whose release was never written. Inside a transaction.

        Their numbers stay given, and go to the same people when they are asked for again.
        """
        wanted = set(exams)
        for job in self.unreleased():
            if wanted & self.exams_of(job.id):
                self.drop(job.id)

    def exams_of(self, job: int) -> set[str]:
        """The exams that a job touches."""
        rows = self.all(
            "SELECT exam FROM list WHERE job = ?1 UNION SELECT exam FROM lookup_index WHERE job = ?1 "
            "UNION SELECT exam FROM change JOIN certificate USING (number) WHERE change.job = ?1",
            job,
        )
        return {row["exam"] for row in rows}

    def drop(self, job: int) -> None:
        """Takes one job back that was never written; its numbers stay given. Inside a transaction."""
        self._empty(job)
        self.db.execute("DELETE FROM job WHERE id = ?", (job,))

    def _empty(self, job: int) -> None:
        self.db.execute("UPDATE certificate SET job = NULL, statement = NULL WHERE job = ?", (job,))
        self.db.execute(
            "DELETE FROM list_row WHERE (exam, revision) IN (SELECT exam, revision FROM list WHERE job = ?)", (job,)
        )
        for table in ("list", "lookup_index", "change"):
            self.db.execute(f"DELETE FROM {table} WHERE job = ?", (job,))

    # Lists and lookup indexes.

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

    # Certificates.

    def given(self, number: str) -> Given | None:
        """What a number was given for, None where it is free."""
        rows = self.all(f"SELECT {_GIVEN} FROM certificate WHERE number = ?", number)
        return Given(**dict(rows[0])) if rows else None

    def of_exam(self, exam: str) -> list[Given]:
        """All that was given for an exam."""
        rows = self.all(f"SELECT {_GIVEN} FROM certificate WHERE exam = ? ORDER BY number", exam)
        return [Given(**dict(row)) for row in rows]

    def all_given(self) -> list[Given]:
        """Every number ever given, by exam and number."""
        return [Given(**dict(row)) for row in self.all(f"SELECT {_GIVEN} FROM certificate ORDER BY exam, number")]

    def of_job(self, job: int) -> list[Given]:
        """The certificates that a job issues for the first time, by number."""
        rows = self.all(f"SELECT {_GIVEN} FROM certificate WHERE job = ? ORDER BY number", job)
        return [Given(**dict(row)) for row in rows]

    def unused_replacement(self, number: str) -> str | None:
        """A number that was given to replace ``number`` and never issued."""
        rows = self.all("SELECT number FROM certificate WHERE replaces = ? AND job IS NULL", number)
        return rows[0]["number"] if rows else None

    def last_number(self, prefix: str, length: int) -> str | None:
        """The highest number given that begins with ``prefix`` and has ``length`` characters."""
        rows = self.all(
            "SELECT max(number) AS number FROM certificate "
            "WHERE number >= ?1 AND number < ?1 || '[' AND length(number) = ?2",
            prefix,
            length,
        )
        return rows[0]["number"] if rows else None

    def give(self, certificates: Iterable[Given]) -> None:
        """Records numbers as given; one given before and not issued is taken up again. Inside a transaction.

        A number that was issued is never given again: sqlite3 refuses it, and with it the whole transaction.
        """
        for given in certificates:
            self.db.execute("DELETE FROM certificate WHERE number = ? AND job IS NULL", (given.number,))
            self.db.execute(
                f"INSERT INTO certificate ({_GIVEN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (given.number, given.exam, given.holder, given.id_hint, given.lookup_key, given.issued_at,
                 given.expires_at, given.kid, given.job, given.replaces, given.statement, given.paper_date),
            )  # fmt: skip

    def keep_statements(self, statements: Mapping[str, bytes]) -> None:
        """Keeps the signed bytes of certificates, by number."""
        with self.transaction():
            self.db.executemany(
                "UPDATE certificate SET statement = ? WHERE number = ?",
                ((data, number) for number, data in statements.items()),
            )

    # Changes.

    def changes(self, job: int | None = None, number: str | None = None) -> list[RecordedChange]:
        """Changes in the order recorded, of one job or one number or all."""
        rows = self.all(
            "SELECT number, kid, action, effective_at, reason, replacement, note, job FROM change "
            "WHERE (?1 IS NULL OR job = ?1) AND (?2 IS NULL OR number = ?2) ORDER BY id",
            job,
            number,
        )
        return [RecordedChange(**dict(row)) for row in rows]

    def add_change(self, change: RecordedChange) -> None:
        """Records a change; inside a transaction."""
        self.db.execute(
            "INSERT INTO change (number, kid, action, effective_at, reason, replacement, note, job) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (change.number, change.kid, change.action, change.effective_at, change.reason, change.replacement,
             change.note, change.job),
        )  # fmt: skip

    def holders(self) -> dict[tuple[str, bytes], str]:
        """The name of everybody on any list, by exam and lookup key."""
        rows = self.all("SELECT exam, lookup_key, holder FROM list_row ORDER BY revision")
        return {(row["exam"], row["lookup_key"]): row["holder"] for row in rows}


def _head(row: sqlite3.Row) -> ListHead:
    fields = dict(row)
    made = msgspec.json.decode(fields.pop("head"), type=PassList)
    return ListHead(**fields, made=made)


def _job(row: sqlite3.Row) -> Job:
    fields = dict(row)
    fields["notes"] = msgspec.json.decode(fields["notes"])
    return Job(**fields)
