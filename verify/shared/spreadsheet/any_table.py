"""A file of any kind that offices keep tables in, opened by what its bytes are, whatever its name says."""

from typing import Final, Literal, Protocol

import msgspec

from verify.shared.spreadsheet import separated, text_encodings
from verify.shared.spreadsheet.cells import Named, Sheet
from verify.shared.spreadsheet.unreadable import Limits, Unreadable

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_OLD_BOOKS: Final = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
"""The first record of an .xls without the container around it ([MS-XLS] 2.4.21)."""

Kind = Literal["xlsx", "xls", "csv"]


class _Opened(Protocol):
    @property
    def sheets(self) -> tuple[Named, ...]: ...
    @property
    def macros(self) -> bool: ...
    def sheet(self, place: int) -> Sheet: ...


class Book:
    """An open file: its sheets, the visible ones first, each read when it is asked for."""

    def __init__(self, kind: Kind, opened: _Opened) -> None:
        self.kind: Final = kind
        self.sheets: Final = tuple(sorted(opened.sheets, key=lambda named: named.hidden))
        self.macros: Final = opened.macros
        self.encoding: str | None = None
        """Of a text: as Python names it."""
        self.separator: str | None = None
        """Of a text."""
        self._opened = opened

    def sheet(self, named: Named) -> Sheet:
        """The cells of one of ``sheets``. Raises Unreadable."""
        return self._opened.sheet(named.place)


class _Text(msgspec.Struct, frozen=True):
    sheets: tuple[Named, ...]
    only: Sheet
    macros: bool = False

    def sheet(self, _place: int) -> Sheet:
        return self.only


def open_book(data: bytes, limits: Limits) -> Book:
    """The workbook or table that ``data`` is. Raises Unreadable."""
    if not data.strip(b" \t\r\n\0"):
        raise Unreadable("empty_file")
    if len(data) > limits.size:
        raise Unreadable("file_too_large")
    if data.startswith(_ZIP):
        from verify.shared.spreadsheet.xlsx import Xlsx

        return Book("xlsx", Xlsx(data, limits))
    if data.startswith((_OLE, *_OLD_BOOKS)):
        from verify.shared.spreadsheet.xls import Xls

        return Book("xls", Xls(data, limits))
    _refuse_others(data[:1024])
    text, encoding = text_encodings.decode(data)
    book = open_text(text, limits)
    book.encoding = encoding
    return book


def open_text(text: str, limits: Limits, separators: str = separated.SEPARATORS) -> Book:
    """A table that came as text: of a file, or pasted. Raises Unreadable."""
    sheet, separator = separated.read(text, limits, separators)
    book = Book("csv", _Text((Named(name="", place=0),), sheet))
    book.separator = separator
    return book


def _refuse_others(head: bytes) -> None:
    """Raises Unreadable for what office programs also save under these names."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta")):
        raise Unreadable("html_table")
    if start.startswith(b"<?xml"):
        raise Unreadable("old_xml" if b"excel.sheet" in start or b":spreadsheet" in start else "not_a_table")
    if start.startswith((b"%pdf", b"\x89png", b"\xff\xd8\xff", b"{\\rtf", b"gif8", b"rar!", b"7z\xbc\xaf")):
        raise Unreadable("not_a_table")
