"""CSV tables: given back in the same encoding and with the same separators."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Final

from verify.files.refusals import FileRefused
from verify.files.tables import columns
from verify.files.tables.data import Filled, Listed, SheetRead, Triple, Verified
from verify.shared.spreadsheet import Book, Limits, Sheet, column_letters, harmless, open_book

_TOP: Final = 100_000
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
"""A quantity with its sign, which is no formula."""


def read(data: bytes, book: Book, ours: Sequence[Triple]) -> Listed:
    """The rows of a CSV file. Raises FileRefused."""
    sheet = book.sheet(book.sheets[0])
    found = columns.find(sheet, ours)
    if found is None:
        raise FileRefused("no_columns")
    rows = tuple(columns.people(sheet, found, 0))
    places = found.ours or _beyond(sheet, found.header)
    letters = column_letters(found.number), column_letters(found.name)
    without = columns.without(sheet, found)
    read = SheetRead(name="", header=found.header, columns=letters, places=places, found=len(rows), without=without)
    newline = "\r\n" if b"\r\n" in data[:_TOP] or b"\r\0\n" in data[:_TOP] else "\n"
    return Listed(
        kind="csv", rows=rows, sheets=(read,), encoding=book.encoding, delimiter=book.separator, newline=newline
    )


def _beyond(sheet: Sheet, header: int) -> tuple[int, int, int]:
    width = max([sheet.widths[header], *(len(cells) for row, cells in sheet.rows.items() if row >= header)])
    return width, width + 1, width + 2


def fill(data: bytes, listed: Listed, headers: Triple, results: Sequence[Verified], limits: Limits) -> Filled:
    """The file with the columns added; a text that would be taken for a formula gets an apostrophe before it."""
    book = open_book(data, limits)
    sheet = book.sheet(book.sheets[0])
    read = listed.sheets[0]
    encoding = book.encoding or "utf-8"
    added = {result.row: result.words for result in results} | {read.header: headers}
    sink = io.StringIO(newline="")
    if data.decode(encoding)[:10].lstrip("\ufeff").casefold().lstrip('"').startswith("sep="):
        sink.write(f"sep={book.separator}{listed.newline}")
    write = csv.writer(sink, delimiter=listed.delimiter or ",", lineterminator=listed.newline or "\r\n").writerow
    for row in range(1, sheet.last + 1):
        cells = [_harmless("" if value is None else str(value)) for value in sheet.rows.get(row, ())]
        cells += [""] * (sheet.widths.get(row, 0) - len(cells))
        if row in added:
            cells += [""] * (read.places[-1] + 1 - len(cells))
            for place, word in zip(read.places, added[row], strict=True):
                cells[place] = word
        write(cells)
    return Filled(data=sink.getvalue().encode(encoding))


def _harmless(cell: str) -> str:
    if cell.startswith('="') and cell.endswith('"') and cell.count('"') == 2:  # protected already
        return cell
    return cell if _NUMBER.fullmatch(cell) else harmless(cell)
