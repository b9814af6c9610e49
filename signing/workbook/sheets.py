"""The workbook of an office as the one reader gives it, and why another file is refused, in the office's words."""

from pathlib import Path
from typing import Final

import msgspec

from signing.messages import _
from verify.shared import spreadsheet
from verify.shared.command import Refusal, why
from verify.shared.spreadsheet import Limits, Unreadable

LIMITS: Final = Limits(size=64 << 20, unpacked=256 << 20, rows=200_000, columns=256)


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """The first sheet that people see, or the first of all where they see none."""

    cells: spreadsheet.Sheet
    kind: spreadsheet.Kind
    others: tuple[str, ...] = ()
    """The names of the sheets that were not read."""
    concealed: bool = False
    """Whether the office program hides the sheet itself."""
    macros: bool = False
    encoding: str | None = None
    """Of a CSV file."""

    def __repr__(self) -> str:
        return f"Sheet({self.cells!r})"


def read(path: Path) -> Sheet:
    """The sheet of ``path`` that counts. Raises Refusal, with what to do about it."""
    name = path.name
    if name.startswith("~$"):
        raise Refusal(_("{} is a note that the office program keeps beside an open workbook, not the workbook.")
                      .format(name))  # fmt: skip
    try:
        if path.stat().st_size > LIMITS.size:
            raise Refusal(_("{} is larger than {} MB.").format(name, LIMITS.size >> 20))
        data = path.read_bytes()
    except OSError as error:
        raise Refusal(_("{} cannot be read: {}.").format(name, why(error))) from None
    try:
        book = spreadsheet.open_book(data, LIMITS)
        if book.kind == "csv" and path.suffix.lower() not in (".csv", ".txt", ".tsv"):
            raise Unreadable("not_a_table")
        first, *others = book.sheets
        cells = book.sheet(first)
    except Unreadable as error:
        raise Refusal(_words(name, error)) from None
    return Sheet(
        cells=cells,
        kind=book.kind,
        others=tuple(other.name for other in others),
        concealed=first.hidden,
        macros=book.macros,
        encoding=book.encoding,
    )


def _words(name: str, error: Unreadable) -> str:
    """What an office reads of a file that was not."""
    texts = {
        "empty_file": _("{} is empty: it was not saved to the end."),
        "damaged_file": _("{} is damaged or was not saved to the end: open it, save it again."),
        "locked": _("{} is locked by a password: save it without one."),
        "no_sheet": _("{} has no sheet."),
        "no_table": _("The first sheet of {} is a chart: move the one with the results before it."),
        "unpacks_too_large": _("{}: unpacked, it is larger than {unpacked} MB."),
        "too_many_parts": _("{} has more parts than a workbook has: save it anew."),
        "too_many_rows": _("{}: the sheet has more than {rows} rows."),
        "too_many_columns": _("{}: the sheet has more than {columns} columns."),
        "encoding_unknown": _("{} is neither UTF-8 nor UTF-16 nor GB18030 text: save it as .xlsx, or as CSV UTF-8."),
        "encoding_bad_byte": _("{}, line {line}: a byte there is no character of {encoding}. Save it as .xlsx."),
        "encoding_big5": _("{} is in Big5, the traditional Chinese encoding: save it as .xlsx, or as CSV UTF-8."),
        "encoding_utf16": _("{} is in UTF-16 without its byte order mark: save it as .xlsx, or as CSV UTF-8."),
        "encoding_utf32": _("{} is in UTF-32: save it as .xlsx, or as CSV UTF-8."),
        "quote_not_closed": _("{}: line {line} is not CSV: a quotation mark is not closed."),
        "quote_misplaced": _("{}, line {line}: something stands behind the quotation mark that closes a cell."),
        "row_over_lines": _("{}, line {line}: a quotation mark joins this row to those below: take it out."),
        "old_xml": _("{} is an XML spreadsheet of 2003, whatever its name says: open it and save it as .xlsx."),
        "html_table": _("{} is a web page, whatever its name says: open it and save it as .xlsx."),
        "open_document": _("{} is an OpenDocument spreadsheet: save it as .xlsx."),
        "binary_workbook": _("{} is a binary workbook (.xlsb): save it as .xlsx."),
    }  # fmt: skip
    text = texts.get(error.code) or _(
        "{} is no workbook: .xlsx, .xls or .csv is wanted. Open it in the office program and save it as .xlsx."
    )
    return text.format(
        name,
        line=error.line,
        encoding=error.encoding,
        unpacked=LIMITS.unpacked >> 20,
        rows=LIMITS.rows,
        columns=LIMITS.columns,
    )
