"""Why a file of the public's is refused: a stable code, and the place in the file where there is one."""

from typing import Final

DETAILS: Final[dict[str, str]] = {
    "empty_file": "The file is empty.",
    "file_too_large": "The file is larger than 10 MB.",
    "unsupported_type": "The file is not a PNG, JPEG, WebP or PDF, whatever its name says.",
    "heic_picture": "The picture is in Apple's HEIC format: save or share it as JPEG.",
    "not_a_table": "The file is not an XLSX, CSV or JSON table, whatever its name says.",
    "damaged_file": "The file is damaged or incomplete.",
    "encrypted_pdf": "The PDF asks for a password.",
    "encrypted_or_old_excel": "The workbook is an old .xls or asks for a password: save it as .xlsx without one.",
    "too_many_pages": "The PDF has more than 50 pages.",
    "too_many_pixels": "The picture has more pixels than are read.",
    "too_many_rows": "The table has more than 5,000 rows.",
    "too_many_cells": "The table has more cells or sheets than are read.",
    "unpacks_too_large": "The workbook unpacks to more than is read.",
    "no_columns": (
        "No sheet has, in one row among its first ten, a column for the number, such as 证书编号, 证书号, certificate "
        "number or number, and one for the name, such as 姓名, 持证人, name or holder."
    ),
    "no_room": "There is no room for three columns right of the table.",
    "cannot_be_filled": (
        "The workbook can be read, but no columns can be added to it: open it in the office program, save it again as "
        ".xlsx and send that."
    ),
    "no_rows": "The table has no rows.",
    "unknown_encoding": "The text is neither UTF-8 nor GB 18030.",
    "encoding_bad_byte": "A byte of the text belongs to no character: save it as CSV UTF-8.",
    "encoding_big5": "The text is in Big5, not in UTF-8 or GB 18030: save it as CSV UTF-8.",
    "encoding_utf16": "The text is in UTF-16 without its byte order mark: save it as CSV UTF-8.",
    "encoding_utf32": "The text is in UTF-32: save it as CSV UTF-8.",
    "quote_not_closed": "A quotation mark is opened and never closed, so that it is not clear where its cell ends.",
    "quote_misplaced": "Something stands behind the quotation mark that closes a cell.",
    "row_over_lines": "A quotation mark joins several rows into one cell.",
    "old_xml": "The file is an XML spreadsheet of 2003, whatever its name says: save it as .xlsx.",
    "html_table": "The file is a web page, whatever its name says: save it as .xlsx.",
    "open_document": "The file is an OpenDocument spreadsheet: save it as .xlsx.",
    "binary_workbook": "The file is a binary workbook (.xlsb): save it as .xlsx.",
    "took_too_long": "Reading the file took too long.",
    "took_too_much_memory": "Reading the file took too much memory.",
    "reader_failed": "The file made its reader fail.",
    "reader_lost": "The reader stopped in the middle, through no fault of the file: try again.",
    "busy": "Too many files are being read: try again in a moment.",
}
"""One English sentence for every code; none has room for what the file says."""

PASSING: Final = frozenset({"reader_lost", "busy"})
"""Refusals that say nothing of the file: the same file may be read a moment later."""


class FileRefused(Exception):
    """A file that is not read. ``code`` is one of DETAILS; the message never holds anything out of the file.

    ``line`` is a line of a text, from 1, where the fault has one.
    """

    def __init__(self, code: str, *, line: int | None = None) -> None:
        super().__init__(f"{code}: {DETAILS[code]}")
        self.code = code
        self.detail = DETAILS[code]
        self.line = line
