"""Rows pasted as text: out of a spreadsheet with or without its header, or typed as number and name on a line."""

import re
from typing import Final

from verify.files.refusals import FileRefused
from verify.files.tables import csv_file
from verify.files.tables.columns import letters
from verify.files.tables.data import MAX_ROWS, MAX_TEXT, Listed, Row

_SEPARATOR: Final = re.compile(r"[\t,，;；、|]+")
_DIGIT: Final = re.compile(r"[0-9０-９]")


def read(text: str) -> Listed:
    """The rows of ``text``, by its header where it has one, else by which part of a line holds digits.

    Rows are counted as lines, from 1. Raises FileRefused.
    """
    try:
        listed = csv_file.read(text.encode())
    except FileRefused as refused:
        if refused.code != "no_columns":
            raise
    else:
        return Listed(kind="json", rows=listed.rows)
    rows: list[Row] = []
    for at, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if len(rows) == MAX_ROWS:
            raise FileRefused("too_many_rows")
        rows.append(_row(at, line[: 10 * MAX_TEXT]))
    if not rows:
        raise FileRefused("no_rows")
    return Listed(kind="json", rows=tuple(rows))


def _row(at: int, line: str) -> Row:
    parts = [part.strip() for part in _SEPARATOR.split(line) if part.strip()]
    if len(parts) == 1:  # only white space between: what is left beside the number is the name
        words = line.split()
        rest = " ".join(word for word in words if not _is_number(word))
        parts = [word for word in words if _is_number(word)][:1] + ([rest] if rest else [])
    number = next(filter(_is_number, parts), None)
    name = next((part for part in parts if not _DIGIT.search(part)), None)
    if number is None:
        return Row(row=at, number="", name=None, problem="number_missing", cell=letters(0) + str(at))
    if name is None:
        return Row(row=at, number=number, name=None, problem="name_missing", cell=letters(1) + str(at))
    return Row(row=at, number=number[:MAX_TEXT], name=name[:MAX_TEXT])


def _is_number(part: str) -> bool:
    return len(_DIGIT.findall(part)) >= 3
