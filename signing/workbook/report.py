"""The marked copy of a workbook: each cell in question coloured and commented, the totals on a sheet of their own.

Values only: whatever was a formula is what the office program had worked out, and a text that begins like one stays a
text, so that opening the report never runs anything.
"""

import io
import os
import unicodedata
import zipfile
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidationList
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from signing.messages import _
from signing.workbook import totals
from signing.workbook.judging import Judged, Reason, Row
from verify.shared import whole_files
from verify.shared.command import Refusal
from verify.shared.progress import Progress, silent
from verify.shared.spreadsheet import Error, Formatted, NoResult, Value

_RED, _YELLOW, _BLUE, _GREY = (PatternFill("solid", fgColor=f"FF{c}") for c in ("FFC7CE", "FFEB9C", "DDEBF7", "D9D9D9"))
_ROW_FILL: Final = {"refused": _RED, "corrected": _YELLOW, "accepted": _BLUE, "struck": _GREY}
_CELL_FILL: Final = {"refusal": _RED, "correction": _YELLOW, "remark": _BLUE}
_WIDTHS: Final = (10, 14, 60)
_LINE: Final = 15
"""The height of a row of one line, in points."""
_WIDEST: Final = 30


def write(path: Path, book: Path, judged: Judged, progress: Progress = silent) -> None:
    """Writes the marked copy of ``book`` to ``path``. Raises Refusal."""
    if path.suffix.lower() != ".xlsx":
        raise Refusal(_("{}: the report is an .xlsx file.").format(path.name))
    if path.exists() and path.samefile(book):
        raise Refusal(_("{} is the workbook itself; give the report another name.").format(path.name))
    with progress(_("Copying the workbook")):
        copy = _copy(book, judged)
    sheet = copy.worksheets[0]
    _open_up(sheet, judged.table.header)
    width = judged.table.sheet.cells.width
    for column, title in enumerate((_("Result"), _("Outcome"), _("Reasons")), start=width + 1):
        cell = put(sheet, judged.table.header, column, title)
        cell.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = _WIDTHS[column - width - 1]
    with progress(_("Marking"), len(judged.rows)) as advance:
        for row in judged.rows:
            _mark(sheet, row, width)
            advance()
    last = max((row.row for row in judged.rows), default=judged.table.header)
    sheet.auto_filter = AutoFilter(ref=f"A{judged.table.header}:{get_column_letter(width + 3)}{last}")
    sheet.freeze_panes = f"A{judged.table.header + 1}"
    fit_to_page(sheet)
    sheet.print_title_rows = f"{judged.table.header}:{judged.table.header}"
    _totals(copy.create_sheet(_("Totals")), judged)
    with progress(_("Writing {}").format(path.name)):
        save(copy, path)


def _copy(book: Path, judged: Judged) -> openpyxl.Workbook:
    """The workbook with its looks where its format lets us keep them, else its values."""
    if zipfile.is_zipfile(book):
        try:
            copy = openpyxl.load_workbook(book, data_only=True, keep_links=False)
        except Exception:  # noqa: BLE001 - it reads less than calamine does, and says so in every way there is
            return _plain(judged)
        for other in copy.sheetnames:
            if other != copy.worksheets[0].title:
                del copy[other]
        copy.defined_names.clear()
        return copy if copy.worksheets[0].max_row >= judged.table.header else _plain(judged)
    return _plain(judged)


def _plain(judged: Judged) -> openpyxl.Workbook:
    """The values alone, each column as wide as they are."""
    copy = openpyxl.Workbook()
    sheet = copy.worksheets[0]
    widths: dict[int, int] = {}
    for number, values in judged.table.sheet.cells.rows.items():
        for column, value in enumerate(values, start=1):
            value = _written(value)  # noqa: PLW2901 -- the same cell, as it is written
            if value is not None:
                put(sheet, number, column, value)
                if number >= judged.table.header:
                    widths[column] = max(widths.get(column, 6), _width(str(value)) + 2)
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = min(width, _WIDEST)
    return copy


def _written(value: Value) -> Any:
    """A cell as people saw it."""
    if isinstance(value, Error):
        return value.text
    if isinstance(value, Formatted):
        return value.value if value.shown is None else value.shown
    return None if isinstance(value, NoResult) else value


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _open_up(sheet: Worksheet, header: int) -> None:
    """Takes away what would keep a mark from being seen: hidden rows and columns, merged cells, protection, rules."""
    for dimensions in (sheet.row_dimensions, sheet.column_dimensions):
        for one in dimensions.values():
            one.hidden = False
    for area in [area for area in sheet.merged_cells.ranges if area.max_row > header]:
        sheet.unmerge_cells(area.coord)
    sheet.tables.clear()  # each has a filter of its own, and two over one cell are a damaged file to Excel
    sheet.sheet_state = "visible"
    sheet.protection.sheet = False
    sheet.conditional_formatting = ConditionalFormattingList()
    sheet.data_validations = DataValidationList()  # their lists may stand on sheets that are not copied


def put(sheet: Worksheet, row: int, column: int, value: Any) -> Any:
    """Writes one value, and never a formula; the cell."""
    cell: Any = sheet.cell(row=row, column=column)
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"
        if value[:1] in "=+-@\t\r":
            cell.quotePrefix = True
    else:
        cell.value = value
    return cell


def _mark(sheet: Worksheet, row: Row, width: int) -> None:
    kind = "struck" if row.struck else row.result
    cell = put(sheet, row.row, width + 1, totals.words(kind))
    if row.outcome is not None and not row.struck:
        put(sheet, row.row, width + 2, totals.words(row.outcome))
    if not row.reasons:
        return
    cell.fill = _ROW_FILL[kind]
    text = "　".join(reason.message for reason in row.reasons)
    put(sheet, row.row, width + 3, text).alignment = Alignment(wrap_text=True, vertical="top")
    # Office programs do not make a row higher by themselves when they open it.
    needed = _LINE * -(-_width(text) // (_WIDTHS[-1] - 2))
    sheet.row_dimensions[row.row].height = max(sheet.row_dimensions[row.row].height or _LINE, needed)
    remarks: dict[str, list[Reason]] = {}
    for reason in row.reasons:
        if reason.cell is not None:
            remarks.setdefault(reason.cell, []).append(reason)
    for name, said in remarks.items():
        marked: Any = sheet[name]
        marked.fill = _CELL_FILL[min((reason.kind for reason in said), key=list(_CELL_FILL).index)]
        lines = [reason.message for reason in said]
        if marked.comment is not None:  # the office's own
            lines.append(marked.comment.text)
        comment = Comment("\n".join(lines), _("Yinjian"))
        comment.width, comment.height = 280, 40 + 30 * len(lines)
        marked.comment = comment


def _totals(sheet: Worksheet, judged: Judged) -> None:
    def heading(row: int, text: str) -> None:
        put(sheet, row, 2, text).font = Font(bold=True)

    legend = (
        ("refusal", _("must be put right, or the row struck out")),
        ("correction", _("was put right for you: please look")),
        ("remark", _("explains, and asks nothing")),
    )
    heading(1, _("Colours"))
    for number, (kind, text) in enumerate(legend, start=2):
        sheet.cell(row=number, column=1).fill = _CELL_FILL[kind]
        put(sheet, number, 2, text)
    number = len(legend) + 3
    heading(number, _("By result"))
    for name, count in judged.totals().items():
        number += 1
        put(sheet, number, 1, count)
        put(sheet, number, 2, totals.words(name))
    number += 2
    heading(number, _("By rule"))
    for rule in totals.rules(judged):
        number += 1
        put(sheet, number, 1, rule.count).fill = _CELL_FILL[rule.kind]
        put(sheet, number, 2, rule.text)
        put(sheet, number, 3, rule.code)
    for letter, width in (("A", 8), ("B", 70), ("C", 26)):
        sheet.column_dimensions[letter].width = width
    fit_to_page(sheet)


def fit_to_page(sheet: Worksheet) -> None:
    """Printed, the sheet is as wide as the page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def save(book: openpyxl.Workbook, path: Path) -> None:
    """Writes a workbook whole, or not at all. Raises Refusal."""
    packed = io.BytesIO()  # onto a full disk, openpyxl would leave an open archive that complains when it is collected
    try:
        book.save(packed)
    except Exception:  # noqa: BLE001 - it writes to the temporary folder by lxml, whose errors are no OSError
        text = _("{} could not be made: is there room in the temporary folder {}?")
        raise Refusal(text.format(path.name, os.environ.get("TMPDIR") or "/tmp")) from None  # noqa: S108 - only named
    whole_files.write(path, packed.getvalue())
