"""Workbooks made anew: values and never formulas, as wide as the page, written whole or not at all."""

import io
import os
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from signing.messages import _
from verify.shared import whole_files
from verify.shared.command import Refusal


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


def fit_to_page(sheet: Worksheet) -> None:
    """Printed, the sheet is as wide as the page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def packed(book: openpyxl.Workbook, name: str) -> bytes:
    """The workbook as a file, which will be called ``name``. Raises Refusal."""
    file = io.BytesIO()  # onto a full disk, openpyxl would leave an open archive that complains when it is collected
    try:
        book.save(file)
    except Exception:  # noqa: BLE001 - it writes to the temporary folder by lxml, whose errors are no OSError
        text = _("{} could not be made: is there room in the temporary folder {}?")
        raise Refusal(text.format(name, os.environ.get("TMPDIR") or "/tmp")) from None  # noqa: S108 - only named
    return file.getvalue()


def save(book: openpyxl.Workbook, path: Path) -> None:
    """Writes a workbook. Raises Refusal."""
    whole_files.write(path, packed(book, path.name))
