"""What a table of certificate numbers and names holds, and how much of it is read."""

from typing import Final, Literal

import msgspec

from verify.files.refusals import FileRefused

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_ROWS: Final = 5000
MAX_TEXT: Final = 200
"""Characters that a name or number may have; a longer one is handed on longer, so that it is taken for none."""
MAX_NUMBER: Final = 2100
"""Characters of what stands where a number should, which may be a whole QR text."""

RowProblem = Literal[
    "number_missing",
    "name_missing",
    "number_as_number",
    "number_shortened",
    "number_format",
    "not_text",
    "not_computed",
    "cell_error",
    "row_uneven",
    "name_unclear",
    "proof_wanted",
]
ToldCode = Literal["protection_off", "shown_taken", "qr_text"]
Triple = tuple[str, str, str]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was put right or taken to mean something, and in which cell."""

    code: ToldCode
    cell: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One person's row. ``problem`` says why it cannot be checked, and ``cell`` where; both None otherwise."""

    row: int
    number: str
    name: str | None
    sheet: int = 0
    """Its sheet's place among those that were read."""
    problem: RowProblem | None = None
    cell: str | None = None
    told: tuple[Told, ...] = ()

    @property
    def key(self) -> tuple[int, int]:
        """What no other row of the file has."""
        return self.sheet, self.row


class SheetRead(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet or text that was read: where its columns are, and how much stands below its header."""

    name: str
    header: int
    """The header's row, from 1; 0 where there is none."""
    columns: tuple[str, str] | None = None
    """The letters of the number's and the name's column."""
    part: str = ""
    places: tuple[int, int, int] = (0, 0, 0)
    """Where the added columns go, from 0."""
    found: int
    """Rows with something in one of the two columns."""
    without: int = 0
    """Rows with something in neither, but elsewhere: totals, notes."""
    hidden: bool = False
    hidden_rows: int = 0
    """Rows among those found that the office program hides."""
    protected: bool = False


SheetNotRead = tuple[str, Literal["hidden", "no_columns", "no_cells", "too_large"]]
"""A sheet's name, and why it was not read."""


class Listed(msgspec.Struct, frozen=True, kw_only=True, tag="listed"):
    """The rows of a file, and what is needed to write it again."""

    kind: Literal["xlsx", "csv", "json"]
    rows: tuple[Row, ...]
    sheets: tuple[SheetRead, ...] = ()
    not_read: tuple[SheetNotRead, ...] = ()
    macros: bool = False
    """Whether the file has macros, which do not come back."""
    encoding: str | None = None
    delimiter: str | None = None
    newline: str | None = None


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A cell's text, and where it stands: ``C7``, ``Sheet!C7``."""

    place: str
    text: str


class Texts(msgspec.Struct, frozen=True, kw_only=True, tag="texts"):
    """What a table holds, in its order."""

    found: tuple[Placed, ...]
    without: tuple["Without", ...] = ()


class Without(msgspec.Struct, frozen=True, kw_only=True):
    """The rows below its heading in which a column that has QR texts holds none."""

    beside: str
    """The place of the column's first text."""
    rows: int
    cells: tuple[str, ...]
    """Of the first of them."""


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What the three columns say of one row: words of ours, never of the file."""

    row: int
    sheet: int = 0
    good: bool
    words: Triple
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
    return listed("json", tuple(Row(row=at, number=row.number, name=row.name) for at, row in enumerate(rows, 1)))


def listed(kind: Literal["json"], rows: tuple[Row, ...]) -> Listed:
    """Rows that came without a file. Raises FileRefused."""
    if not rows:
        raise FileRefused("no_rows")
    if len(rows) > MAX_ROWS:
        raise FileRefused("too_many_rows")
    return Listed(kind=kind, rows=rows, sheets=(SheetRead(name="", header=0, found=len(rows)),))
