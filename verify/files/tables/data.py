"""What a table of certificate numbers and names holds, and how much of it is read."""

from typing import Final, Literal

import msgspec

from verify.files.refusals import FileRefused

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_ROWS: Final = 5000
MAX_TEXT: Final = 200
"""Characters of a cell that are looked at; no number or name is longer."""
MAX_COLUMNS: Final = 200

RowProblem = Literal["number_missing", "name_missing", "number_as_number", "not_text", "proof_wanted"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One person's row. ``problem`` says why it cannot be checked, and ``cell`` where; both None otherwise."""

    row: int
    number: str
    name: str | None
    problem: RowProblem | None = None
    cell: str | None = None


class Listed(msgspec.Struct, frozen=True, kw_only=True, tag="listed"):
    """The rows of a file, and what is needed to write it again."""

    kind: Literal["xlsx", "csv", "json"]
    rows: tuple[Row, ...]
    header: int = 0
    """The header's row, from 1; 0 where there is none."""
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    newline: str | None = None


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What the three columns say of one row: words of ours, never of the file."""

    row: int
    good: bool
    words: tuple[str, str, str]
    """Outcome, reason, checked at."""


class Filled(msgspec.Struct, frozen=True, kw_only=True, tag="filled"):
    """A file to give back."""

    data: bytes


class JsonRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of a JSON table. Without a name only the number is checked, and the holder's name is not shown."""

    number: str
    name: str | None = None


def of_rows(rows: list[JsonRow]) -> Listed:
    """A table of rows that are there already. Raises FileRefused."""
    if not rows:
        raise FileRefused("no_rows")
    if len(rows) > MAX_ROWS:
        raise FileRefused("too_many_rows")
    return Listed(
        kind="json",
        rows=tuple(Row(row=at, number=row.number, name=row.name) for at, row in enumerate(rows, 1)),
    )
