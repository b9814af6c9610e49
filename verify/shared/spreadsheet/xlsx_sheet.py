"""The cells of one .xlsx sheet, read in pieces by expat: what is no content costs nothing."""

import datetime
import re
from typing import Final

from verify.shared.spreadsheet.cell_styles import GENERAL, Style
from verify.shared.spreadsheet.cells import Area, Error, Formatted, NoResult, Sheet, Value, join
from verify.shared.spreadsheet.parts import Parts
from verify.shared.spreadsheet.unreadable import Limits, Unreadable
from verify.shared.spreadsheet.xlsx_tabs import Tab
from verify.shared.spreadsheet.xlsx_texts import unescaped

_AREA: Final = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})")
_CELL: Final = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_MOST_AREAS: Final = 200_000
_TRUE: Final = ("1", "true")


def read_sheet(
    parts: Parts,
    tab: Tab,
    limits: Limits,
    *,
    texts: list[str],
    styles: list[Style],
    epoch: datetime.datetime,
    calculated: bool | None,
) -> Sheet:
    """One sheet. ``calculated``: whether saved results of formulas count; None where the workbook does not say.

    Raises Unreadable.
    """
    reader = _Reader(limits, texts, styles, epoch)
    parts.walk(tab.part, reader.start, reader.end, reader.data)
    if calculated is False or (calculated is None and reader.only_placeholders):
        for row, column in reader.formulas:
            if not isinstance(reader.rows[row][column], Error):
                reader.rows[row][column] = NoResult()
    rows = {}
    for number in sorted(reader.rows) if reader.unordered else reader.rows:
        rows[number] = reader.rows[number]
    areas = tuple(area for area in reader.areas if _holds(rows, area))
    joined = join(rows, areas, limits.columns)
    if joined is None:
        raise Unreadable("damaged_file")
    return Sheet(
        name=tab.name,
        part=tab.part,
        rows=rows,
        areas=areas,
        joined=joined,
        hidden_rows=frozenset(reader.hidden_rows),
        hidden_columns=frozenset(reader.hidden_columns),
    )


def _holds(rows: dict[int, list[Value]], area: Area) -> bool:
    values = rows.get(area.top, ())
    return area.left < len(values) and values[area.left] is not None


class _Reader:
    """Takes a sheet's XML element by element."""

    def __init__(self, limits: Limits, texts: list[str], styles: list[Style], epoch: datetime.datetime) -> None:
        self.rows: dict[int, list[Value]] = {}
        self.formulas: list[tuple[int, int]] = []
        self.only_placeholders = True
        self.areas: list[Area] = []
        self.hidden_rows: set[int] = set()
        self.hidden_columns: set[int] = set()
        self.unordered = False
        self._limits, self._texts, self._styles, self._epoch = limits, texts, styles, epoch
        self._row = self._column = 0
        self._cell: dict[str, str] | None = None
        self._formula = self._valued = self._taking = False
        self._phonetic = 0
        self._pieces: list[str] = []
        self._columns: dict[str, int] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if tag in ("c", "v"):  # as most are, without a prefix
            pass
        elif ":" in tag:
            tag = tag.rpartition(":")[2]
        if tag == "c":
            self._cell_starts(attributes)
        elif tag == "v":
            self._valued = self._taking = True
        elif tag == "row":
            self._row_starts(attributes)
        elif self._cell is not None:
            if tag == "f":
                self._formula = True
            elif tag == "t":
                self._valued = True
                self._taking = not self._phonetic
            elif tag == "rPh":
                self._phonetic += 1
        elif tag == "mergeCell":
            self._merged(attributes.get("ref", ""))
        elif tag == "col" and attributes.get("hidden") in _TRUE:
            first, last = int(attributes["min"]), int(attributes["max"])
            self.hidden_columns.update(range(max(first, 1) - 1, min(last, self._limits.columns)))

    def data(self, text: str) -> None:
        """Characters of an element."""
        if self._taking:
            self._pieces.append(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag not in ("c", "v") and ":" in tag:
            tag = tag.rpartition(":")[2]
        if tag in ("v", "t"):
            self._taking = False
        elif tag == "c" and self._cell is not None:
            if self._valued or self._formula:
                self._put(self._cell, "".join(self._pieces))
            self._cell = None
        elif tag == "rPh":
            self._phonetic -= 1

    def _row_starts(self, attributes: dict[str, str]) -> None:
        number = int(attributes["r"]) if "r" in attributes else self._row + 1
        self.unordered |= number <= self._row
        self._row, self._column = number, -1
        if attributes.get("hidden") in _TRUE and number <= self._limits.rows:
            self.hidden_rows.add(number)

    def _cell_starts(self, attributes: dict[str, str]) -> None:
        self._cell = attributes
        self._formula = self._valued = self._taking = False
        self._pieces.clear()
        place = attributes.get("r")
        if place is None:
            self._column += 1
            return
        match = _CELL.fullmatch(place)
        if match is None or int(match[2]) != self._row:
            raise Unreadable("damaged_file")
        letters = match[1]
        if letters not in self._columns:
            self._columns[letters] = _column(letters)
        self._column = self._columns[letters]

    def _put(self, cell: dict[str, str], text: str) -> None:
        value = self._value(cell.get("t", "n"), text, cell.get("s"))
        if value is None:
            return
        if self._row > self._limits.rows:
            raise Unreadable("too_many_rows")
        if self._column >= self._limits.columns:
            raise Unreadable("too_many_columns")
        values = self.rows.setdefault(self._row, [])
        values += [None] * (self._column + 1 - len(values))
        values[self._column] = value
        if self._formula:
            self.formulas.append((self._row, self._column))
            held = value.value if isinstance(value, Formatted) else value
            self.only_placeholders &= isinstance(value, NoResult) or (not isinstance(held, bool) and held in (0, ""))

    def _value(self, kind: str, text: str, style: str | None) -> Value:
        if kind == "e":
            return Error(text or "#VALUE!")
        if self._formula and (not self._valued or (not text and kind != "str")):
            return NoResult()
        if kind in ("s", "inlineStr", "str"):
            if kind == "s":
                place = int(text) if text else -1
                if not 0 <= place < len(self._texts):
                    raise Unreadable("damaged_file")
                text = self._texts[place]
            else:
                text = unescaped(text)
            if not text:
                return text if self._formula else None
            return self._style(style).text(text)
        if not text.strip():
            return None
        if kind == "b":
            return text.strip() in _TRUE
        if kind == "d":
            return _iso(text.strip())
        return self._style(style).number(float(text), self._epoch)

    def _style(self, style: str | None) -> Style:
        place = int(style) if style else 0
        return self._styles[place] if 0 <= place < len(self._styles) else GENERAL

    def _merged(self, ref: str) -> None:
        match = _AREA.fullmatch(ref.upper())
        if match is None or match[1] + match[2] == match[3] + match[4]:
            return  # one cell, which joins nothing
        left, right = sorted((_column(match[1]), _column(match[3])))
        top, bottom = sorted((int(match[2]), int(match[4])))
        if len(self.areas) >= _MOST_AREAS:
            raise Unreadable("too_many_rows")
        self.areas.append(Area(top=top, left=left, bottom=bottom, right=right))


def _iso(text: str) -> Value:
    """A date of its own kind (ISO 8601), as few programs write them."""
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return text


def _column(letters: str) -> int:
    """The column of ``letters``, counted from 0."""
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1
