"""Which columns of a sheet hold the numbers and the names, and the rows below their header."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import msgspec

from verify.files.tables import entries, titles
from verify.files.tables.data import Row, Triple
from verify.shared.spreadsheet import Sheet, Value, cell_name

HEADER_ROWS: Final = 10
_BLOCK: Final = 16
"""Rows that Excel writes into a CSV file at once, with no more separators than the fullest of them needs."""


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """Where a sheet's header is, counted from 1, and its columns, from 0."""

    header: int
    number: int
    name: int
    ours: tuple[int, int, int] | None
    """The three columns of an earlier check."""


def find(sheet: Sheet, ours: Sequence[Triple] = ()) -> Columns | None:
    """The columns named in the first of the first ten rows that names both; the likelier name wins.

    ``ours`` are the titles of columns that an earlier check has added, in each of our languages.
    """
    for row in sheet.rows:
        if row > HEADER_ROWS:
            return None
        header = sheet.row(row)
        found: dict[titles.Wanted, tuple[int, int]] = {}
        for place, value in enumerate(header):
            for wanted, rank in titles.of(value):
                found[wanted] = min(found.get(wanted, (rank, place)), (rank, place))
        if len(found) == 2:
            return Columns(header=row, number=found["number"][1], name=found["name"][1], ours=_earlier(header, ours))
    return None


def _earlier(header: Sequence[Value], ours: Sequence[Triple]) -> tuple[int, int, int] | None:
    for place in range(len(header) - 2):
        if tuple(header[place : place + 3]) in ours:
            return place, place + 1, place + 2
    return None


def people(sheet: Sheet, columns: Columns, at: int) -> Iterator[Row]:
    """The rows below the header with something in one of the two columns; ``at`` is the sheet's place.

    A row of a text whose cells are not as many as the header's is not believed, except in a block of such rows.
    """
    uneven = _uneven(sheet, columns)
    for row in _below(sheet, columns):
        number, name = (sheet.value(row, column) for column in (columns.number, columns.name))
        if row in uneven:
            yield Row(row=row, sheet=at, number="", name=None, problem="row_uneven", cell=_line(sheet, row))
        elif not (entries.blank(number) and entries.blank(name)):
            cells = cell_name(row, columns.number), cell_name(row, columns.name)
            yield entries.person(row, (cells[0], number), (cells[1], name), sheet=at)


def without(sheet: Sheet, columns: Columns) -> int:
    """How many rows below the header hold something, but in neither column."""
    return sum(
        entries.blank(sheet.value(row, columns.number)) and entries.blank(sheet.value(row, columns.name))
        for row in _below(sheet, columns)
    )


def _below(sheet: Sheet, columns: Columns) -> Iterator[int]:
    """Rows below the header that are neither empty nor the header once more."""
    header = sheet.row(columns.header)
    for row in sheet.rows:
        if row > columns.header and any(
            sheet.value(row, place) != header[place] for place in (columns.number, columns.name)
        ):
            yield row


def _line(sheet: Sheet, row: int) -> str:
    return str(sheet.lines.get(row, row))


def _uneven(sheet: Sheet, columns: Columns) -> frozenset[int]:
    """Rows of a text with another number of cells than the header.

    Excel leaves out separators behind the last cell with content of each sixteen rows, and other programs of all rows:
    where all rows of such a block, or all below the header, are equally short, nothing is amiss.
    """
    odd = frozenset(sheet.uneven(columns.header))
    if not odd:
        return odd

    def alike(rows: Sequence[int]) -> bool:
        widths = {sheet.widths[row] for row in rows}
        return len(widths) == 1 and max(columns.number, columns.name) < min(widths) <= sheet.widths[columns.header]

    rows = [row for row in sheet.rows if row > columns.header]
    if len(rows) > 1 and alike(rows):
        return frozenset()
    blocks = [list(rows) for _, rows in groupby(rows, key=_block)]
    return odd.difference(*(rows for rows in blocks if _block(rows[0]) != _block(columns.header) and alike(rows)))


def _block(row: int) -> int:
    return (row - 1) // _BLOCK
