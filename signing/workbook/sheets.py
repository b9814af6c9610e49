"""Spreadsheet files as plain values: .xlsx, .xls and .csv, each read by a library made for it.

Nothing here knows what the columns mean. Formulas are never worked out and macros never run: the values that the
office program saved are what counts.
"""

import csv
import datetime
import io
from pathlib import Path
from typing import Final

import msgspec
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from signing.messages import _
from signing.workbook import xlsx_parts
from verify.shared.command import Refusal, why

MAX_BYTES: Final = 64 << 20
MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 256

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")

Value = str | int | float | bool | datetime.date | datetime.time | datetime.timedelta | None


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """The first sheet of a file, from its cell A1 on."""

    rows: list[list[Value]]
    formulas: frozenset[str] = frozenset()
    """Cells (``C12``) of formulas that give no text, where the format lets us see that; empty ones lack a result."""
    errors: frozenset[str] = frozenset()
    """Cells that show an error, such as #N/A, likewise."""
    percent: frozenset[str] = frozenset()
    """Cells that show their value as a percentage, likewise."""
    hidden: frozenset[int] = frozenset()
    """Rows (from 1) that the office program hides."""
    name: str = ""
    others: tuple[str, ...] = ()
    """The names of the sheets behind it."""
    concealed: bool = False
    """Whether the office program hides the sheet itself."""
    macros: bool = False

    def __repr__(self) -> str:
        return f"Sheet({len(self.rows)} rows)"


def column_letters(column: int) -> str:
    """The letters of a column counted from 0: ``A``, ``Z``, ``AA``."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell_name(row: int, column: int) -> str:
    """The name of a cell: row from 1, column from 0."""
    return f"{column_letters(column)}{row}"


def read(path: Path) -> Sheet:
    """The first sheet of ``path``. Raises Refusal, with what to do about it."""
    if path.name.startswith("~$"):
        raise Refusal(_("{} is a note that the office program keeps beside an open workbook, not the workbook.")
                      .format(path.name))  # fmt: skip
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Refusal(_("{} is larger than {} MB.").format(path.name, MAX_BYTES >> 20))
        data = path.read_bytes()
    except OSError as error:
        raise Refusal(_("{} cannot be read: {}.").format(path.name, why(error))) from None
    if not data:
        raise Refusal(_("{} is empty: it was not saved to the end.").format(path.name))
    if data.startswith(_ZIP):
        return _xlsx(data, path.name)
    if data.startswith(_OLE):
        return _Opened(_ole(path, data), path.name).sheet()
    if path.suffix.lower() in (".csv", ".txt"):
        return Sheet(rows=_csv(data, path.name))
    raise _no_workbook(path.name)


def _no_workbook(name: str) -> Refusal:
    return Refusal(
        _("{} is no workbook: .xlsx, .xls or .csv is wanted. Open it in the office program and save it as .xlsx.")
        .format(name)
    )  # fmt: skip


def _ole(path: Path, data: bytes) -> Path | io.BytesIO:
    """The content, which opens whatever the file is called; or the path, which alone tells locked from broken."""
    try:
        CalamineWorkbook.from_object(io.BytesIO(data))
    except CalamineError:
        return path
    return io.BytesIO(data)


def _xlsx(data: bytes, name: str) -> Sheet:
    try:
        seen = xlsx_parts.inspect(data, max_rows=MAX_ROWS, max_columns=MAX_COLUMNS)
    except xlsx_parts.TooLarge as error:
        raise Refusal(f"{name}: {error}") from None
    except xlsx_parts.NotWorkbook:
        raise _no_workbook(name) from None
    except xlsx_parts.NoTable:
        text = _("The first sheet of {} is a chart: move the one with the results before it.")
        raise Refusal(text.format(name)) from None
    except xlsx_parts.Damaged:
        raise Refusal(_("{} is damaged or was not saved to the end: open it, save it again.").format(name)) from None
    opened = _Opened(io.BytesIO(data), name).sheet()
    return msgspec.structs.replace(
        opened,
        formulas=seen.formulas,
        errors=seen.errors,
        percent=seen.percent,
        hidden=seen.hidden,
        macros=seen.macros,
    )


class _Opened:
    """A binary workbook in calamine's hands, its complaints turned into ours."""

    def __init__(self, source: Path | io.BytesIO, name: str) -> None:
        self.name = name
        try:
            self.book = CalamineWorkbook.from_object(source)
        except PasswordError:
            raise Refusal(_("{} is locked by a password: save it without one.").format(name)) from None
        except CalamineError:
            raise self._damaged() from None

    def _damaged(self) -> Refusal:
        return Refusal(_("{} is damaged or was not saved to the end: open it, save it again.").format(self.name))

    def sheet(self) -> Sheet:
        if not self.book.sheet_names:
            raise Refusal(_("{} has no sheet.").format(self.name))
        name, *others = self.book.sheet_names
        concealed = self.book.sheets_metadata[0].visible is not SheetVisibleEnum.Visible
        sheet = Sheet(rows=[], name=name, others=tuple(others), concealed=concealed)
        try:
            found = self.book.get_sheet_by_index(0)
        except CalamineError:
            raise self._damaged() from None
        if found.end is None:
            return sheet
        if found.end[0] >= MAX_ROWS or found.end[1] >= MAX_COLUMNS:
            raise Refusal(too_large(self.name, found.end[0] + 1, found.end[1] + 1))
        rows: list[list[Value]] = [
            [None if value == "" else value for value in row] for row in found.to_python(skip_empty_area=False)
        ]
        return msgspec.structs.replace(sheet, rows=rows)


def too_large(name: str, rows: int, columns: int) -> str:
    """Why a sheet of so many rows and columns is refused."""
    return _("{}: the sheet has {} rows and {} columns; at most {} rows and {} columns are taken.").format(
        name, rows, columns, MAX_ROWS, MAX_COLUMNS
    )


def _csv(data: bytes, name: str) -> list[list[Value]]:
    text = _decoded(data, name)
    top = "\n".join(text.splitlines()[:10])  # a title above the header has no separators
    delimiter = max(",;\t", key=top.count)
    rows: list[list[Value]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if len(rows) >= MAX_ROWS or len(row) > MAX_COLUMNS:
                raise Refusal(too_large(name, len(rows) + 1, len(row)))
            rows.append([value or None for value in row])
    except csv.Error:
        raise Refusal(
            _("{}: line {} is not CSV: a quotation mark is not closed.").format(name, len(rows) + 1)
        ) from None
    return rows


def _decoded(data: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Refusal(_("{} is neither UTF-8 nor GB18030 text: save it as .xlsx, or as CSV UTF-8.").format(name))
