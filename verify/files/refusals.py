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
    "too_many_cells": "The table has more cells than are read.",
    "unpacks_too_large": "The workbook unpacks to more than is read.",
    "no_columns": "No row among the first ten names a certificate number column and a name column.",
    "no_rows": "The table has no rows.",
    "unknown_encoding": "The text is neither UTF-8 nor GB 18030.",
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
    """A file that is not read. ``code`` is one of DETAILS; the message never holds anything out of the file."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code}: {DETAILS[code]}")
        self.code = code
        self.detail = DETAILS[code]
