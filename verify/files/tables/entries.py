"""What one row's number and name say, and why they say nothing: each refusal and each correction has its cell."""

import re
import unicodedata
from typing import Final

from verify.core import qr_text
from verify.files.tables.data import MAX_NUMBER, MAX_TEXT, Row, RowProblem, Told
from verify.shared.spreadsheet import Error, Formatted, NoResult, Value, without_protection

_EXACT: Final = 10**15
"""Whole numbers below this are exact in Excel; the digits of longer ones are lost."""
_SHORTENED: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?e[+-]\d+|\d+[.,]0+|#{2,}|.*(?:\.{3}|…)", re.IGNORECASE | re.DOTALL)
"""A number as spreadsheets shorten it, saved as text: 2.2E+20, 22.0, ####."""
_GROUPED: Final = re.compile(r"\d{1,3}(?:[,， ']\d{3})+(?:[.,]\d+)?")


def person(row: int, number: tuple[str, Value], name: tuple[str, Value], *, sheet: int = 0) -> Row:
    """A row out of two cells, each with its name (``B2``) and what it holds."""
    told: list[Told] = []
    try:
        found_number = _number(*number, told)
        found_name = _name(*name, told)
    except _Unread as unread:
        return Row(row=row, sheet=sheet, number="", name=None, problem=unread.problem, cell=unread.cell)
    return Row(row=row, sheet=sheet, number=found_number, name=found_name, told=tuple(told))


def blank(value: Value) -> bool:
    """Whether a cell holds nothing that anybody sees."""
    return value is None or (isinstance(value, str) and not value.strip())


def is_shortened(text: str) -> bool:
    """Whether a text is a number as spreadsheets shorten it."""
    return _SHORTENED.fullmatch(_plain(text)) is not None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:MAX_TEXT]).strip()


class _Unread(Exception):
    def __init__(self, problem: RowProblem, cell: str) -> None:
        super().__init__(problem)
        self.problem, self.cell = problem, cell


def _number(cell: str, value: Value, told: list[Told]) -> str:
    value = _seen(cell, value, told, missing="number_missing")
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value != int(value) or abs(value) >= _EXACT:
            raise _Unread("number_as_number", cell)
        return str(int(value))
    if not isinstance(value, str):
        raise _Unread("not_text", cell)
    text = _bare(cell, value, told)
    if qr_text.begins_as_ours(text):
        told.append(Told(code="qr_text", cell=cell))
        return text[:MAX_NUMBER]
    if is_shortened(text):
        raise _Unread("number_shortened", cell)
    if _GROUPED.fullmatch(_plain(text)):
        raise _Unread("number_format", cell)
    return text[: MAX_TEXT + 1]


def _name(cell: str, value: Value, told: list[Told]) -> str:
    value = _seen(cell, value, told, missing="name_missing")
    if not isinstance(value, str):
        raise _Unread("not_text", cell)
    return _bare(cell, value, told).strip()[: MAX_TEXT + 1]


def _seen(cell: str, value: Value, told: list[Told], missing: RowProblem) -> Value:
    """What people see in the cell."""
    if isinstance(value, NoResult):
        raise _Unread("not_computed", cell)
    if isinstance(value, Error):
        raise _Unread("cell_error", cell)
    if isinstance(value, Formatted):
        if value.shown is None:
            raise _Unread("number_format", cell)
        told.append(Told(code="shown_taken", cell=cell))
        value = value.shown
    if blank(value):
        raise _Unread(missing, cell)
    return value


def _bare(cell: str, text: str, told: list[Told]) -> str:
    """The text without the marks that keep it a text in spreadsheets."""
    bare = without_protection(text)
    if bare != text:
        told.append(Told(code="protection_off", cell=cell))
    return bare if bare.strip() else text
