"""XLSX workbooks: rows read by calamine, columns added by openpyxl, and no temporary file anywhere."""

import io
import zipfile
from collections.abc import Sequence
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import python_calamine
from openpyxl.cell.cell import Cell as XlsxCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from verify.files.refusals import FileRefused
from verify.files.tables import columns
from verify.files.tables.columns import Cell, Columns
from verify.files.tables.data import MAX_COLUMNS, MAX_ROWS, Filled, Listed, Verified

_MOST_SHEETS: Final = 20
_MOST_LINES: Final = 20 * MAX_ROWS
_WIDTHS: Final = (12, 48, 22)
_GOOD, _BAD = PatternFill("solid", fgColor="E3F4E8"), PatternFill("solid", fgColor="FBE3E0")


def read(data: bytes) -> Listed:
    """The rows of the first sheet that names both columns. Raises FileRefused."""
    try:
        with python_calamine.load_workbook(io.BytesIO(data)) as book:
            for about in book.sheets_metadata[:_MOST_SHEETS]:
                if about.typ is not python_calamine.SheetTypeEnum.WorkSheet:
                    continue
                sheet = book.get_sheet_by_name(about.name)
                if not columns.find(_cells(sheet, columns.HEADER_ROWS)):
                    continue
                if sheet.total_height > _MOST_LINES or sheet.total_width > MAX_COLUMNS:
                    raise FileRefused("too_many_rows" if sheet.total_height > _MOST_LINES else "too_many_cells")
                return _listed(about.name, sheet)
    except python_calamine.PasswordError:
        raise FileRefused("encrypted_or_old_excel") from None
    except (python_calamine.CalamineError, OSError, ValueError):
        raise FileRefused("damaged_file") from None
    raise FileRefused("no_columns")


def _cells(sheet: python_calamine.CalamineSheet, count: int | None = None) -> list[list[Cell]]:
    return [list(row) for row in sheet.to_python(skip_empty_area=False, nrows=count)]


def _listed(name: str, sheet: python_calamine.CalamineSheet) -> Listed:
    rows = _cells(sheet)
    found = columns.find(rows)
    if found is None:
        raise FileRefused("no_columns")
    _spread(rows, sheet.merged_cell_ranges or [], found)
    return Listed(
        kind="xlsx",
        rows=columns.people(rows, found),
        header=found.header + 1,
        sheet=name,
    )


def _spread(rows: list[list[Cell]], ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]], found: Columns) -> None:
    """Gives every row of a merged cell the value that stands in its first: one person with several certificates."""
    for (top, left), (bottom, right) in ranges:
        if top <= found.header or top >= len(rows) or left >= len(rows[top]):
            continue
        for column in {found.number, found.name} & set(range(left, right + 1)):
            for row in rows[top : min(bottom + 1, len(rows))]:
                row[column] = rows[top][left]


def fill(data: bytes, listed: Listed, headers: tuple[str, str, str], results: tuple[Verified, ...]) -> Filled:
    """The workbook with the columns right of everything on its sheet. Raises FileRefused."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), rich_text=True)
        sheet = book[listed.sheet or ""]
    except (KeyError, ValueError, TypeError, OSError, AttributeError, IndexError, zipfile.BadZipFile):
        raise FileRefused("damaged_file") from None
    titles = {cell.value: cell.column for cell in sheet[listed.header] if isinstance(cell, XlsxCell)}
    beyond = max([sheet.max_column, *(merged.max_col for merged in sheet.merged_cells.ranges)]) + 1
    places = []
    for title in headers:
        places.append(titles.get(title) or beyond)
        beyond += places[-1] == beyond
    _write(sheet, listed.header, places, headers, results)
    return Filled(data=_saved(book))


def new(listed: Listed, headers: tuple[str, str, str], results: tuple[Verified, ...]) -> Filled:
    """A workbook of number, name and the columns, for rows that came without a file."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for column, title in enumerate(("证书编号 number", "姓名 name"), 1):
        _put(sheet, 1, column, title).font = Font(bold=True)
        sheet.column_dimensions[columns.letters(column - 1)].width = 24
    for at, row in enumerate(listed.rows, 2):
        _put(sheet, at, 1, row.number)
        _put(sheet, at, 2, row.name or "")
    moved = tuple(Verified(row=at, good=result.good, words=result.words) for at, result in enumerate(results, 2))
    _write(sheet, 1, [3, 4, 5], headers, moved)
    sheet.freeze_panes = "A2"
    return Filled(data=_saved(book))


def _write(
    sheet: Worksheet,
    header: int,
    places: Sequence[int],
    headers: tuple[str, str, str],
    results: Sequence[Verified],
) -> None:
    for place, title, width in zip(places, headers, _WIDTHS, strict=True):
        _put(sheet, header, place, title).font = Font(bold=True)
        sheet.column_dimensions[columns.letters(place - 1)].width = width
    for result in results:
        for at, (place, word) in enumerate(zip(places, result.words, strict=True)):
            cell = _put(sheet, result.row, place, word)
            if at == 0:
                cell.fill = _GOOD if result.good else _BAD
            cell.alignment = Alignment(vertical="top", wrap_text=at == 1)


def _put(sheet: Worksheet, row: int, column: int, text: str) -> XlsxCell:
    """A cell that holds ``text`` as a text, also where it begins with = (openpyxl would make it a formula)."""
    cell = sheet.cell(row, column)
    if not isinstance(cell, XlsxCell):
        raise FileRefused("damaged_file")
    cell.value = "".join(character for character in text if character >= " ")
    cell.data_type = "s"
    return cell


class _InMemory(ExcelWriter):
    """openpyxl's writer, which else puts every sheet through a named temporary file."""

    _archive: ZipFile

    def write_worksheet(self, ws: Any) -> None:
        """Writes one sheet into the archive."""
        out = io.BytesIO()
        writer: Any = WorksheetWriter(ws, out)
        writer.write()
        ws._rels = writer._rels
        self._archive.writestr(ws.path[1:], out.getvalue())
        self.manifest.append(ws)


def _saved(book: Workbook) -> bytes:
    file = io.BytesIO()
    _InMemory(book, ZipFile(file, "w", ZIP_DEFLATED)).save()
    return file.getvalue()
