"""The marked copy of a workbook: each cell in question coloured and commented, and the totals on a sheet of their own.

Values only: whatever was a formula is what the office program had worked out, and a text that begins like one stays a
text, so that opening the report never runs anything.
"""

import os
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from signing.messages import _
from signing.sheets import column_letters
from signing.workbook import Judged, Reason, Row
from verify.cli import Refusal, progress

_RED, _YELLOW, _BLUE, _GREY = (PatternFill("solid", fgColor=f"FF{c}") for c in ("FFC7CE", "FFEB9C", "DDEBF7", "D9D9D9"))
_ROW_FILL: Final = {"refused": _RED, "corrected": _YELLOW, "accepted": _BLUE, "struck": _GREY}
_CELL_FILL: Final = {"refusal": _RED, "correction": _YELLOW, "remark": _BLUE}
_XLSX: Final = (".xlsx", ".xlsm")


def write(path: Path, book: Path, judged: Judged) -> None:
    """Writes the marked copy of ``book`` to ``path``. Raises Refusal."""
    if path.suffix.lower() != ".xlsx":
        raise Refusal(_("{}: the report is an .xlsx file.").format(path.name))
    if path.exists() and path.samefile(book):
        raise Refusal(_("{} is the workbook itself; give the report another name.").format(path.name))
    copy = _copy(book, judged)
    sheet = copy.worksheets[0]
    width = max((len(row) for row in judged.table.sheet.rows), default=0)
    for column, title in ((width + 1, _("Result")), (width + 2, _("Reasons"))):
        cell = put(sheet, judged.table.header, column, title)
        cell.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = (10, 60)[column - width - 1]
    with progress(_("Marking"), len(judged.rows)) as advance:
        for row in judged.rows:
            _mark(sheet, row, width)
            advance()
    fit_to_page(sheet)
    _totals(copy.create_sheet(_("Totals")), judged)
    save(copy, path)


def _copy(book: Path, judged: Judged) -> openpyxl.Workbook:
    """The workbook with its looks where its format lets us keep them, else its values."""
    if book.suffix.lower() in _XLSX:
        copy = openpyxl.load_workbook(book, data_only=True, keep_links=False)
        for sheet in copy.worksheets[1:]:
            copy.remove(sheet)
        return copy
    copy = openpyxl.Workbook()
    for number, values in enumerate(judged.table.sheet.rows, start=1):
        for column, value in enumerate(values, start=1):
            if value is not None:
                put(copy.worksheets[0], number, column, value)
    return copy


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
    words = {
        "refused": _("refused"),
        "corrected": _("corrected"),
        "accepted": _("accepted"),
        "struck": _("struck out"),
    }
    cell = put(sheet, row.row, width + 1, words[kind])
    if not row.reasons:
        return
    cell.fill = _ROW_FILL[kind]
    put(sheet, row.row, width + 2, "　".join(reason.message for reason in row.reasons))
    remarks: dict[str, list[Reason]] = {}
    for reason in row.reasons:
        if reason.cell is not None:
            remarks.setdefault(reason.cell, []).append(reason)
    for name, reasons in remarks.items():
        marked: Any = sheet[name]
        marked.fill = _CELL_FILL[min((reason.kind for reason in reasons), key=list(_CELL_FILL).index)]
        comment = Comment("\n".join(reason.message for reason in reasons), _("Yinjian"))
        comment.width, comment.height = 280, 40 + 30 * len(reasons)
        marked.comment = comment


def _totals(sheet: Worksheet, judged: Judged) -> None:
    names = {
        "rows": _("Rows"),
        "accepted": _("accepted"),
        "corrected": _("corrected"),
        "refused": _("refused"),
        "passed": _("passed"),
        "failed": _("failed"),
        "absent": _("absent"),
        "disqualified": _("disqualified"),
        "ineligible": _("ineligible"),
        "struck": _("struck out"),
    }
    lines: list[tuple[str, int | None, str]] = [(_("By result"), None, "")]
    lines += [(names[name], count, "") for name, count in judged.totals().items()]
    lines += [("", None, ""), (_("By rule"), None, "")]
    messages = {reason.code: reason.message for row in judged.rows for reason in row.reasons}
    lines += [(messages[code], count, code) for code, count in judged.by_rule().items()]
    for number, (text, count, code) in enumerate(lines, start=1):
        cell = put(sheet, number, 2, text)
        if count is None:
            cell.font = Font(bold=True)
        else:
            put(sheet, number, 1, count)
        put(sheet, number, 3, code)
    for column, width in ((0, 8), (1, 90), (2, 26)):
        sheet.column_dimensions[column_letters(column)].width = width
    fit_to_page(sheet)


def fit_to_page(sheet: Worksheet) -> None:
    """Printed, the sheet is as wide as the page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def save(book: openpyxl.Workbook, path: Path) -> None:
    """Writes a workbook whole, or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        book.save(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
