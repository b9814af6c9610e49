"""What happened, in order: objections, printings, copies; and what people said of it, in rows that can be emptied.

An event names numbers, releases and exams, never a person; a reason stands in ``said`` alone. So events can be chained,
and what a person is named by can still be forgotten.
"""

from collections.abc import Iterable
from typing import Literal

from signing.ledger.ledger_file import LedgerFile
from signing.ledger.values import Event, Objection

Printing = Literal["printed", "reprinted", "labelled", "in_batch"]


class Events(LedgerFile):
    """What the open ledger knows of events, and how more are recorded."""

    def say(self, text: str) -> int:
        """Keeps what somebody said and gives its id; inside a transaction."""
        return int(self.db.execute("INSERT INTO said (text) VALUES (?)", (text,)).lastrowid or 0)

    def said(self, wanted: int | None) -> str | None:
        """What was said; None where nothing was, and '' where it was forgotten."""
        rows = self.all("SELECT text FROM said WHERE id = ?", wanted)
        return (rows[0]["text"] or "") if rows else None

    def events(self) -> list[Event]:
        """Every event, in the order recorded."""
        rows = self.all(
            "SELECT at, what, subject, text AS reason FROM event LEFT JOIN said ON said.id = said ORDER BY event.id"
        )
        return [Event(**dict(row)) for row in rows]

    def add_event(self, at: int, what: str, subject: str, reason: str | None = None) -> None:
        """Notes something worth knowing later, such as a restored backup; on disk when this returns."""
        with self.transaction():
            self.note(at, what, [subject], reason)

    def note(self, at: int, what: str, subjects: Iterable[str], reason: str | None = None) -> None:
        """The same for each of ``subjects``, inside a transaction."""
        said = None if reason is None else self.say(reason)
        self.db.executemany(
            "INSERT INTO event (at, what, subject, said) VALUES (?, ?, ?, ?)",
            ((at, what, subject, said) for subject in subjects),
        )

    def first_printed(self, *kinds: Printing) -> dict[str, int]:
        """When each certificate was first printed in these ways, by number; not what a withdrawn release had said."""
        rows = self.all(
            "SELECT what, subject, at FROM event JOIN certificate ON number = subject WHERE at >= issued_at "
            "ORDER BY event.id"
        )
        found: dict[str, int] = {}
        for row in rows:
            if row["what"] in kinds:
                found.setdefault(row["subject"], row["at"])
        return found

    def struck(self, exam: str) -> dict[bytes, Objection]:
        """Who is struck out of an exam, by lookup key: by an objection, or with a row of the workbook."""
        standing = {one.lookup_key: one for one in self.objections(exam)}
        return {key: one for key, one in standing.items() if one.struck}

    def objections(self, exam: str | None = None) -> list[Objection]:
        """Everybody who was struck out or taken in again, of one exam or all, in the order recorded."""
        rows = self.all(
            "SELECT exam, lookup_key, struck, row, text AS reason, recorded_at FROM objection "
            "LEFT JOIN said ON said.id = said WHERE ?1 IS NULL OR exam = ?1 ORDER BY objection.id",
            exam,
        )
        return [
            Objection(**{**dict(row), "struck": bool(row["struck"]), "reason": row["reason"] or ""}) for row in rows
        ]

    def add_objections(self, found: Iterable[Objection]) -> None:
        """Records who is struck out or taken in again: all of them, or none."""
        with self.transaction():
            self.record_objections(found)

    def record_objections(self, found: Iterable[Objection]) -> None:
        """The same, inside a transaction."""
        self.db.executemany(
            "INSERT INTO objection (exam, lookup_key, struck, row, said, recorded_at) VALUES (?, ?, ?, ?, ?, ?)",
            [(o.exam, o.lookup_key, int(o.struck), o.row, self.say(o.reason), o.recorded_at) for o in found],
        )
