"""Certificates' QR texts in the cells of a table, wherever they stand; a text file is a table of one column.

Runs in a worker process. A cell counts that holds a QR text, or begins as one and was altered.
"""

from collections.abc import Iterator
from typing import Final

from verify.core import qr_text
from verify.files.findings import MAX_BYTES
from verify.files.refusals import FileRefused
from verify.files.tables.data import Placed, Texts, Without
from verify.files.tables.formats import CODES
from verify.shared.spreadsheet import Limits, Sheet, Unreadable, cell_name, open_book

LIMITS: Final = Limits(size=MAX_BYTES, unpacked=100 << 20, rows=200_000, columns=256, parts=5000)


_MOST_TOLD: Final = 20


def find(data: bytes) -> Texts:
    """Every cell that is one of ours, and the rows without one where others have it. Raises FileRefused."""
    try:
        book = open_book(data, LIMITS)
        found: list[Placed] = []
        without: list[Without] = []
        for named in book.sheets:
            if not named.table:  # a chart has no cells
                continue
            before = f"{named.name}!" if named.name else ""
            texts = _Texts(book.sheet(named))
            found += (Placed(place=before + cell_name(*at), text=text) for at, text in texts.found.items())
            without += texts.without(before)
        return Texts(found=tuple(found), without=tuple(without))
    except Unreadable as error:
        code = "too_many_cells" if error.code == "too_many_rows" else CODES.get(error.code, error.code)
        raise FileRefused(code, line=error.line) from None
    except ModuleNotFoundError:  # the bare wheel does not take what reads an old .xls
        raise FileRefused("encrypted_or_old_excel") from None


class _Texts:
    """Those of one sheet, by row and column."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self.found: Final = {
            (row, column): value
            for row, cells in sheet.rows.items()
            for column, value in enumerate(cells)
            if isinstance(value, str) and qr_text.begins_as_ours(value)
        }

    def without(self, before: str) -> Iterator[Without]:
        """By column, the rows that lack a text: who stands there was not checked."""
        first: dict[int, int] = {}
        for row, column in self.found:
            first.setdefault(column, row)
        for column, at in first.items():
            heading = self._heading(column, at)
            lacking = [row for row in self._sheet.rows if row > heading and not self._has(row, column)]
            if lacking:
                cells = tuple(cell_name(row, column) for row in lacking[:_MOST_TOLD])
                yield Without(beside=before + cell_name(at, column), rows=len(lacking), cells=cells)

    def _has(self, row: int, column: int) -> bool:
        if (row, column) in self.found:
            return True
        value = self._sheet.value(row, column)  # which a merged cell has from above
        return isinstance(value, str) and qr_text.begins_as_ours(value)

    def _heading(self, column: int, at: int) -> int:
        """The row of the column's heading: its first words above its first text; else the row above that."""
        for row in self._sheet.rows:
            value = self._sheet.value(row, column)
            if row < at and isinstance(value, str) and value.strip() and not value.startswith("#"):
                return row
        return at - 1
