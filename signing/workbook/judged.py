"""A judged workbook as plain values: what was found in a row, its result and reasons, and the people of all rows."""

from collections import Counter
from typing import Literal

import msgspec

from signing.workbook.headers import Column, Table

Result = Literal["accepted", "corrected", "refused"]
Outcome = Literal["passed", "failed", "absent", "disqualified", "ineligible"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Never holds a name or an ID number."""

    column: Column | None
    code: str
    message: str
    refuses: bool = False
    corrects: bool = False
    cell: str | None = None
    """Where it stands, if not in the row's cell of ``column``."""


def refused(column: Column | None, code: str, message: str) -> Finding:
    """A finding that keeps the row from being signed."""
    return Finding(column=column, code=code, message=message, refuses=True)


def corrected(column: Column | None, code: str, message: str) -> Finding:
    """A finding of something that was put right."""
    return Finding(column=column, code=code, message=message, corrects=True)


def remarked(column: Column | None, code: str, message: str) -> Finding:
    """A finding that changes nothing and is said."""
    return Finding(column=column, code=code, message=message)


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row has its result; ``cell`` is None where the workbook has no such column."""

    cell: str | None
    code: str
    message: str
    kind: Literal["refusal", "correction", "remark"] = "remark"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A person as the workbook registers them for one programme."""

    row: int
    name: str
    id_type: str
    id_key: str
    programme: str
    outcome: Outcome
    number: str | None = None
    """The centre's own certificate number, of a programme with such numbers."""
    paper_date: str | None = None
    """Of a paper from before: the date on it, ``YYYY-MM-DD``."""

    def __repr__(self) -> str:
        return f"Candidate(row={self.row}, outcome={self.outcome})"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One judged row; ``candidate`` is None where it is refused or struck out."""

    row: int
    result: Result
    outcome: Outcome | None
    reasons: tuple[Reason, ...]
    candidate: Candidate | None = None
    struck: bool = False
    why: str | None = None
    """Why it is struck out."""
    by_name: bool = False
    """Whether it is struck out by the name in it, not by its number."""
    person: Candidate | None = None
    """Whom a row that is struck out names, where it can be told."""
    name: str | None = None
    """What a row that is struck out holds for a name."""

    def __repr__(self) -> str:
        return f"Row({self.row}, {self.result})"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A whole workbook."""

    rows: tuple[Row, ...]
    table: Table

    @property
    def refused(self) -> tuple[Row, ...]:
        """Rows that keep the workbook from being signed."""
        return tuple(row for row in self.rows if row.result == "refused" and not row.struck)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Everybody who was neither refused nor struck out, in row order."""
        return tuple(row.candidate for row in self.rows if row.candidate is not None)

    def totals(self) -> dict[str, int]:
        """Rows by result and by outcome."""
        results = Counter[str](row.result for row in self.rows if not row.struck)
        outcomes = Counter[str](row.outcome for row in self.rows if row.outcome is not None and not row.struck)
        names = ("accepted", "corrected", "refused", "passed", "failed", "absent", "disqualified", "ineligible")
        return (
            {"rows": len(self.rows)}
            | {name: results[name] + outcomes[name] for name in names}
            | {"struck": sum(row.struck for row in self.rows)}
        )
