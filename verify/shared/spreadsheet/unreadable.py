"""Why a spreadsheet is not read: a stable code and the place, for each room to say in its own words."""

from typing import Final, Literal

import msgspec

Code = Literal[
    "empty_file", "file_too_large", "not_a_table", "damaged_file", "locked", "no_sheet", "no_table",
    "unpacks_too_large", "too_many_parts", "too_many_rows", "too_many_columns",
    "encoding_unknown", "encoding_bad_byte", "encoding_big5", "encoding_utf16", "encoding_utf32",
    "quote_not_closed", "quote_misplaced", "row_over_lines",
    "old_xml", "html_table", "open_document", "binary_workbook",
]  # fmt: skip

DETAILS: Final[dict[Code, str]] = {
    "empty_file": "The file is empty: it was not saved to the end.",
    "file_too_large": "The file is larger than is read.",
    "not_a_table": "The file is neither .xlsx nor .xls nor .csv, whatever its name says.",
    "damaged_file": "The file is damaged or was not saved to the end.",
    "locked": "The workbook is locked by a password.",
    "no_sheet": "The workbook has no sheet.",
    "no_table": "The sheet is a chart or a dialogue and has no cells.",
    "unpacks_too_large": "The workbook unpacks to more than is read.",
    "too_many_parts": "The workbook has more parts than are read.",
    "too_many_rows": "The sheet has more rows than are read.",
    "too_many_columns": "The sheet has more columns than are read.",
    "encoding_unknown": "The text is neither UTF-8 nor UTF-16 nor GB 18030.",
    "encoding_bad_byte": "A byte of the text belongs to no character.",
    "encoding_big5": "The text is in Big5, not in UTF-8 or GB 18030.",
    "encoding_utf16": "The text is in UTF-16 without its byte order mark.",
    "encoding_utf32": "The text is in UTF-32.",
    "quote_not_closed": "A quotation mark is opened and never closed.",
    "quote_misplaced": "Something stands behind the quotation mark that closes a cell.",
    "row_over_lines": "A quotation mark joins several rows into one cell.",
    "old_xml": "The file is an XML spreadsheet of 2003, whatever its name says.",
    "html_table": "The file is a web page, whatever its name says.",
    "open_document": "The file is an OpenDocument spreadsheet.",
    "binary_workbook": "The file is a binary workbook (.xlsb).",
}
"""One English sentence for every code; none has room for what the file says."""


class Unreadable(Exception):
    """A spreadsheet that is not read. The message never holds anything out of the file.

    ``line`` is a line of a text, from 1, where the fault has one; ``encoding`` the encoding it was read by.
    """

    def __init__(self, code: Code, line: int | None = None, encoding: str | None = None) -> None:
        place = "" if line is None else f" Line {line}."
        super().__init__(f"{code}: {DETAILS[code]}{place}")
        self.code: Final = code
        self.line: Final = line
        self.encoding: Final = encoding


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is read. Rows and columns count where there is content, by their place on the sheet."""

    size: int
    """Bytes of the file."""
    unpacked: int
    """Bytes of all its parts together."""
    rows: int
    columns: int
    parts: int = 10_000
