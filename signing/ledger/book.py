"""The centre's own book: which number was given to whom, for ever, and what each release holds.

One SQLite file beside the centre's files. It keeps names, the last four characters of ID numbers and lookup keys,
never an ID number. What is to be called inside a transaction says so.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from signing.ledger.recorded_lists import RecordedLists
from signing.ledger.values import Given, RecordedChange

_GIVEN: Final = (
    "number, exam, holder, id_hint, lookup_key, issued_at, expires_at, kid, job, replaces, statement, paper_date"
)


class Ledger(RecordedLists):
    """What the open ledger knows, and how more is recorded."""

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
