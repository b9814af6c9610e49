"""The one reader of spreadsheets for both rooms: .xlsx, .xls, .csv and pasted text in, sheets of typed cells out.

``open_book`` gives a ``Book`` of ``sheets`` (the visible ones first, the hidden ones told); ``Book.sheet`` reads one. A
cell is a plain value, or an ``Error``, a formula with ``NoResult``, or a ``Formatted`` number or text that people see
as something else. What stands in a merged cell holds for each of its rows and columns (``Sheet.value``, ``Sheet.row``).
Nothing here knows what columns mean; formulas are never worked out and macros never run. Every limit is the caller's
(``Limits``), and counts what has content. ``Unreadable`` says why a file is not read, with the line where it is text.
"""

from verify.shared.spreadsheet.any_table import Book, Kind, open_book, open_text
from verify.shared.spreadsheet.cells import (
    Area,
    Error,
    Formatted,
    Named,
    NoResult,
    Sheet,
    Value,
    cell_name,
    column_letters,
)
from verify.shared.spreadsheet.protection import harmless
from verify.shared.spreadsheet.protection import off as without_protection
from verify.shared.spreadsheet.unreadable import DETAILS, Limits, Unreadable

__all__ = [
    "DETAILS",
    "Area",
    "Book",
    "Error",
    "Formatted",
    "Kind",
    "Limits",
    "Named",
    "NoResult",
    "Sheet",
    "Unreadable",
    "Value",
    "cell_name",
    "column_letters",
    "harmless",
    "open_book",
    "open_text",
    "without_protection",
]
