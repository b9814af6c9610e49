"""Reading and filling spreadsheets, their kind judged by their bytes. Runs in a worker process."""

import codecs
from collections.abc import Sequence
from typing import Final

import msgspec

from verify.files.refusals import FileRefused
from verify.files.tables import csv_file, pasted, xlsx_file
from verify.files.tables.data import MAX_BYTES, MAX_ROWS, Filled, JsonRow, Listed, Triple, Verified, of_rows
from verify.shared.spreadsheet import Limits, Unreadable, open_book

LIMITS: Final = Limits(size=MAX_BYTES, unpacked=100 << 20, rows=20 * MAX_ROWS, columns=200, parts=5000)


def read(data: bytes, *, ours: Sequence[Triple] = (), typed: bool = False) -> Listed:
    """The rows of a spreadsheet, its kind judged by its bytes, or of text that was ``typed``. Raises FileRefused.

    ``ours`` are the titles of the columns that an earlier check has added, in each of our languages.
    """
    try:
        listed = _read(data, ours, typed=typed)
    except Unreadable as error:
        code = CODES.get(error.code, error.code)
        raise FileRefused(code, line=error.line) from None
    if not listed.rows:
        raise FileRefused("no_rows")
    if len(listed.rows) > MAX_ROWS:
        raise FileRefused("too_many_rows")
    return listed


CODES: Final = {
    "locked": "encrypted_or_old_excel",
    "too_many_columns": "too_many_cells",
    "too_many_parts": "unpacks_too_large",
    "no_table": "no_columns",
    "no_sheet": "damaged_file",
    "encoding_unknown": "unknown_encoding",
}
"""Where two rooms have a word each for the same."""


def _read(data: bytes, ours: Sequence[Triple], *, typed: bool) -> Listed:
    if len(data) > MAX_BYTES:
        raise FileRefused("file_too_large")
    if typed:
        return pasted.read(data.decode("utf-8", "replace"), LIMITS)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return _read_json(data)
    book = open_book(data, LIMITS)
    if book.kind == "xlsx":
        return xlsx_file.read(data, book, ours, LIMITS)
    if book.kind == "xls":
        raise FileRefused("encrypted_or_old_excel")
    return csv_file.read(data, book, ours)


def fill(data: bytes, listed: Listed, headers: Triple, results: Sequence[Verified]) -> Filled:
    """The file with three columns under ``headers``; those of an earlier check are overwritten.

    Without ``data``, or where it was JSON, a new workbook of number, name and the three columns. Raises FileRefused.
    """
    if listed.kind == "csv" and data:
        return csv_file.fill(data, listed, headers, results, LIMITS)
    if listed.kind == "xlsx" and data:
        return xlsx_file.fill(data, listed, headers, results, LIMITS)
    return xlsx_file.new(listed, headers, results, LIMITS)


def _read_json(data: bytes) -> Listed:
    try:
        rows = msgspec.json.decode(data.removeprefix(codecs.BOM_UTF8), type=list[JsonRow])
    except (ValueError, RecursionError, msgspec.DecodeError):
        raise FileRefused("not_a_table") from None
    return of_rows(rows)
