"""Which columns of a table hold the numbers and the names, and what one row of them says."""

import datetime
import unicodedata
from collections.abc import Sequence
from typing import Final

import msgspec

from verify.files.refusals import FileRefused
from verify.files.tables.data import MAX_ROWS, MAX_TEXT, Row

HEADER_ROWS: Final = 10

_NUMBER_NAMES: Final = (
    "证书编号", "证书号", "证书号码", "证书代码", "编号", "号码",
    "certificatenumber", "certificateno", "certificateno.", "certificateid", "certno", "certno.", "certnumber",
    "number", "no", "no.",
)  # fmt: skip
_NAME_NAMES: Final = ("姓名", "持证人姓名", "持证人", "员工姓名", "名字", "name", "holder", "fullname", "holdername")
_EXACT: Final = 10**15
"""Whole numbers below this are exact in Excel; the digits of longer ones are lost."""

Cell = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta | None


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Where a table's header is, and its two columns; all count from 0."""

    header: int
    number: int
    name: int


def find(rows: Sequence[Sequence[Cell]]) -> Columns | None:
    """The columns named in the first row among the first ten that names both; the likelier name wins."""
    for at, row in enumerate(rows[:HEADER_ROWS]):
        titles = [_title(cell) for cell in row]
        number = next((titles.index(name) for name in _NUMBER_NAMES if name in titles), None)
        name = next((titles.index(name) for name in _NAME_NAMES if name in titles), None)
        if number is not None and name is not None:
            return Columns(header=at, number=number, name=name)
    return None


def _title(cell: Cell) -> str:
    """A header as it is compared: without what stands in brackets, white space and the like."""
    if not isinstance(cell, str):
        return ""
    text = unicodedata.normalize("NFKC", cell[:MAX_TEXT]).casefold().partition("(")[0]
    return "".join(character for character in text if not character.isspace() and character not in "_-:*'\"\ufeff")


def people(rows: Sequence[Sequence[Cell]], columns: Columns) -> tuple[Row, ...]:
    """The rows below the header that are not empty in both columns. Raises FileRefused."""
    found: list[Row] = []
    for at, row in enumerate(rows[columns.header + 1 :], columns.header + 2):
        number = row[columns.number] if columns.number < len(row) else None
        name = row[columns.name] if columns.name < len(row) else None
        if _blank(number) and _blank(name):
            continue
        if len(found) == MAX_ROWS:
            raise FileRefused("too_many_rows")
        found.append(_person(at, number, name, columns))
    if not found:
        raise FileRefused("no_rows")
    return tuple(found)


def _person(at: int, number: Cell, name: Cell, columns: Columns) -> Row:
    number_cell, name_cell = f"{letters(columns.number)}{at}", f"{letters(columns.name)}{at}"
    if _blank(number):
        return Row(row=at, number="", name=None, problem="number_missing", cell=number_cell)
    if _blank(name):
        return Row(row=at, number="", name=None, problem="name_missing", cell=name_cell)
    if isinstance(number, int | float) and not isinstance(number, bool):
        if number != int(number) or abs(number) >= _EXACT:
            return Row(row=at, number="", name=None, problem="number_as_number", cell=number_cell)
        number = str(int(number))
    if not isinstance(number, str):
        return Row(row=at, number="", name=None, problem="not_text", cell=number_cell)
    if not isinstance(name, str):
        return Row(row=at, number="", name=None, problem="not_text", cell=name_cell)
    return Row(row=at, number=number[:MAX_TEXT], name=name.strip()[:MAX_TEXT])


def _blank(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def letters(column: int) -> str:
    """The name that spreadsheets give a column counted from 0: A, B … Z, AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
