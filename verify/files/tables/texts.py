"""Certificates' QR texts in the cells of a table, wherever they stand; a text file is a table of one column.

Runs in a worker process. A cell counts that holds a QR text, or begins as one and was altered.
"""

from collections.abc import Iterator
from typing import Final

from verify.core import qr_text
from verify.files.findings import MAX_BYTES
from verify.files.refusals import FileRefused
from verify.files.tables.data import Placed, Texts
from verify.files.tables.formats import CODES
from verify.shared.spreadsheet import Limits, Unreadable, cell_name, open_book

LIMITS: Final = Limits(size=MAX_BYTES, unpacked=100 << 20, rows=200_000, columns=256, parts=5000)


def find(data: bytes) -> Texts:
    """Every cell that is one of ours. Raises FileRefused."""
    try:
        return Texts(found=tuple(_cells(data)))
    except Unreadable as error:
        code = "too_many_cells" if error.code == "too_many_rows" else CODES.get(error.code, error.code)
        raise FileRefused(code, line=error.line) from None
    except ModuleNotFoundError:  # the bare wheel does not take what reads an old .xls
        raise FileRefused("encrypted_or_old_excel") from None


def _cells(data: bytes) -> Iterator[Placed]:
    book = open_book(data, LIMITS)
    for named in book.sheets:
        for row, cells in book.sheet(named).rows.items():
            for column, value in enumerate(cells):
                if isinstance(value, str) and qr_text.begins_as_ours(value):
                    where = cell_name(row, column)
                    yield Placed(place=f"{named.name}!{where}" if named.name else where, text=value)
