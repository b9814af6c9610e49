"""What the ledger knows of jobs: what was asked for, which release came of it, and whether that is published.

What is to be called inside a transaction says so.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from signing.ledger.events import Events
from signing.ledger.values import Job, JobKind


class RecordedJobs(Events):
    """Jobs, and how more are recorded."""

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
        found = [job for job in self.jobs() if job.digest and job.published_at is None and job.withdrawn_at is None]
        # What a compromised key had said is signed anew with the keyring that declares it, before anything else.
        return sorted(found, key=lambda job: job.kind != "resign")

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

    def add_notes(self, job: int, notes: Mapping[str, Any]) -> None:
        """Notes more of a job."""
        with self.transaction():
            found = next(one for one in self.jobs() if one.id == job)
            text = msgspec.json.encode(found.notes | dict(notes)).decode()
            self.db.execute("UPDATE job SET notes = ? WHERE id = ?", (text, job))

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
        notes = (found.notes for found in self.jobs() if found.id == job)
        return {row["exam"] for row in rows} | {exam for note in notes for exam in note.get("exams", ())}

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


def _job(row: sqlite3.Row) -> Job:
    fields = dict(row)
    fields["notes"] = msgspec.json.decode(fields["notes"])
    return Job(**fields)
