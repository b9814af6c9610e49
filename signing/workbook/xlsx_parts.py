"""A look at an .xlsx file before a library opens it: how large it really is, where its formulas and hidden rows are.

A few kilobytes can unpack into gigabytes, and one cell in the last row makes a reader fill a billion empty ones. So
the file is walked through once, in pieces, and given up as soon as it passes a limit.
"""

import io
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, Final
from xml.etree import ElementTree
from xml.parsers import expat

import msgspec

from signing.messages import _

MAX_UNPACKED: Final = 256 << 20
_PIECE: Final = 1 << 18
_WORKBOOK: Final = "xl/workbook.xml"
_STYLES: Final = "xl/styles.xml"
_TABLES: Final = "xl/worksheets/"
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT: Final = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"


class Damaged(Exception):
    """Not a whole .xlsx file."""


class NotWorkbook(Exception):
    """A whole archive, but of another kind of file."""


class NoTable(Exception):
    """The first sheet has no cells: it is a chart or a dialogue."""


class TooLarge(Exception):
    """Larger than we take; the message says how."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the first sheet has beside its values."""

    formulas: frozenset[str]
    """Cells of formulas that give no text: where such a cell reads as empty, nobody has worked it out."""
    errors: frozenset[str]
    """Cells that show an error, such as #N/A."""
    percent: frozenset[str]
    """Cells that show their value as a percentage."""
    hidden: frozenset[int]
    macros: bool


def inspect(data: bytes, max_rows: int, max_columns: int) -> Seen:
    """Walks through an .xlsx file. Raises Damaged, NotWorkbook, NoTable or TooLarge."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
                raise TooLarge(_("unpacked, it is larger than {} MB").format(MAX_UNPACKED >> 20))
            names = archive.namelist()
            if _WORKBOOK not in names:
                raise NotWorkbook
            first = _first_sheet(archive)
            if not first.startswith(_TABLES):
                raise NoTable
            percent_styles = _percent_styles(archive)
            seen: _Sheet | None = None
            for name in names:
                if name.startswith(_TABLES) and name.endswith(".xml"):
                    sheet = _Sheet(max_rows, max_columns, percent_styles)
                    _feed(archive, name, sheet)
                    if name == first:
                        seen = sheet
            if seen is None:
                raise Damaged
            macros = any(name.endswith("vbaProject.bin") for name in names)
            return Seen(
                formulas=frozenset(seen.formulas),
                errors=frozenset(seen.errors),
                percent=frozenset(seen.percent),
                hidden=frozenset(seen.hidden),
                macros=macros,
            )
    # zipfile says NotImplementedError to a compression that it does not know, RuntimeError to a password.
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, expat.ExpatError, ElementTree.ParseError,
            NotImplementedError, RuntimeError, OSError, ValueError):  # fmt: skip
        raise Damaged from None


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """The path of the first sheet in the workbook's own order."""
    book = _small(archive, _WORKBOOK)
    sheets = next((found for space in (_MAIN, _STRICT) if (found := book.find(f"{space}sheets")) is not None), None)
    if sheets is None or not len(sheets):
        raise Damaged
    relation = next(value for name, value in sheets[0].attrib.items() if name.endswith("}id"))
    for entry in _small(archive, _RELATIONS):
        if entry.get("Id") == relation:
            target = entry.attrib["Target"]
            return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    raise Damaged


def _percent_styles(archive: zipfile.ZipFile) -> frozenset[str]:
    """The cell formats that show a percentage, by their place among all (ECMA-376 part 1, 18.8.10 and 18.8.30)."""
    if _STYLES not in archive.namelist():
        return frozenset()
    percent = {"9", "10"}
    styles = _small(archive, _STYLES, limit=16 << 20)
    percent.update(
        entry.attrib["numFmtId"]
        for entry in styles.iter()
        if entry.tag.endswith("}numFmt") and "%" in entry.get("formatCode", "")
    )
    formats = (entry for part in styles if part.tag.endswith("}cellXfs") for entry in part)
    return frozenset(str(place) for place, entry in enumerate(formats) if entry.get("numFmtId") in percent)


def _small(archive: zipfile.ZipFile, name: str, limit: int = 1 << 20) -> ElementTree.Element:
    """A small XML part without a document type, which could multiply its text."""
    if archive.getinfo(name).file_size > limit:
        raise Damaged
    part = archive.read(name)
    if b"<!DOCTYPE" in part:
        raise Damaged
    return ElementTree.fromstring(part)  # noqa: S314 - small, and without the declarations that make XML dangerous


def _feed(archive: zipfile.ZipFile, name: str, sheet: "_Sheet") -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = sheet.start
    parser.StartDoctypeDeclHandler = _no_doctype
    with archive.open(name) as part:
        while piece := part.read(_PIECE):
            parser.Parse(piece, False)
        parser.Parse(b"", True)


def _no_doctype(*_declaration: object) -> None:
    raise Damaged


class _Sheet:
    """Counts rows and columns that hold something, and notes what their values do not say."""

    def __init__(self, max_rows: int, max_columns: int, percent_styles: frozenset[str]) -> None:
        self.formulas: set[str] = set()
        self.errors: set[str] = set()
        self.percent: set[str] = set()
        self.hidden: set[int] = set()
        self._max_rows = max_rows
        self._max_columns = max_columns
        self._row = 0
        self._cells = 0
        self._cell = ""
        self._is_error = self._is_percent = self._is_text_result = False
        self._percent_styles = percent_styles
        self._wide: set[str] = set()
        handlers: dict[str, Callable[[dict[str, str]], None]] = {
            "row": self._row_starts,
            "c": self._cell_starts,
            "v": self._value_starts,
            "is": self._value_starts,
            "f": self._formula_starts,
        }
        self._handlers = handlers

    def start(self, tag: str, attributes: dict[str, Any]) -> None:
        """One XML element begins."""
        handler = self._handlers.get(tag.rpartition(":")[2])
        if handler is not None:
            handler(attributes)

    def _row_starts(self, attributes: dict[str, str]) -> None:
        self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
        self._cells = 0
        if attributes.get("hidden") in ("1", "true"):
            self.hidden.add(self._row)

    def _cell_starts(self, attributes: dict[str, str]) -> None:
        self._cells += 1
        self._cell = attributes.get("r", "")
        self._is_error = attributes.get("t") == "e"
        self._is_text_result = attributes.get("t") == "str"
        self._is_percent = attributes.get("s") in self._percent_styles

    def _value_starts(self, _attributes: dict[str, str]) -> None:
        letters = self._cell.rstrip("0123456789")
        row = int(self._cell[len(letters) :]) if self._cell else self._row
        if row > self._max_rows:
            raise TooLarge(_("the sheet has more than {} rows").format(self._max_rows))
        if letters not in self._wide:
            if self._cells > self._max_columns or _column(letters) > self._max_columns:
                raise TooLarge(_("the sheet has more than {} columns").format(self._max_columns))
            self._wide.add(letters)
        if self._is_error:
            self.errors.add(self._cell)
        if self._is_percent:
            self.percent.add(self._cell)

    def _formula_starts(self, _attributes: dict[str, str]) -> None:
        if not self._is_text_result:  # which may be empty: =IF(J2<0,"缺考","")
            self.formulas.add(self._cell)


def _column(letters: str) -> int:
    """The column of ``letters``, counted from 1; 0 for none."""
    column = 0
    for letter in letters[:8]:
        column = column * 26 + ord(letter.upper()) - ord("A") + 1
    return column
