"""Text to rows: cells parted by commas, semicolons or tabs, quotation marks as Excel reads them.

A stray quotation mark can make one cell of thousands of rows, and another that closes it can make the result look
whole. So a cell that runs over lines may hold no separator, what is opened must be closed, and nothing but white
space stands between the closing mark and the next separator. Each refusal has its line.
"""

import re
from collections import Counter
from typing import Final

from verify.shared.spreadsheet.cells import Sheet, Value
from verify.shared.spreadsheet.unreadable import Limits, Unreadable

SEPARATORS: Final = ",;\t"
_NAMED: Final = re.compile(r'"?sep=(.)"?[,;\t]*\r?(?:\n|\Z)', re.IGNORECASE)
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_JUDGED: Final = 20
"""Lines by which the separator is judged."""


def read(text: str, limits: Limits, separators: str = SEPARATORS) -> tuple[Sheet, str]:
    """The rows of ``text``, and what parts its cells. Raises Unreadable.

    A first line ``sep=;`` names the separator, as Excel has it, and is no row.
    """
    text = text.removeprefix("\ufeff")
    named = _NAMED.match(text)
    first_line = 1
    if named is not None:
        text, first_line = text[named.end() :], 2
    separator = named[1] if named is not None else _separator(text, separators)
    rows: dict[int, list[Value]] = {}
    widths: dict[int, int] = {}
    lines: dict[int, int] = {}
    reader = _Reader(text, separator, first_line)
    number = 0
    while reader.place < len(text):
        number += 1
        if reader.line != number:
            lines[number] = reader.line
        cells = reader.row()
        width = len(cells)
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        if number > limits.rows:
            raise Unreadable("too_many_rows")
        if len(cells) > limits.columns:
            raise Unreadable("too_many_columns", reader.line)
        rows[number] = [cell or None for cell in cells]
        widths[number] = width
    return Sheet(name="", rows=rows, widths=widths, lines=lines), separator


class _Reader:
    """Goes through a text row by row."""

    def __init__(self, text: str, separator: str, line: int) -> None:
        self.text, self.separator, self.line = text, separator, line
        self.place = 0
        # White space may stand around quotation marks, but a tab that separates is none.
        blank = "[ \\t]*" if separator != "\t" else "[ ]*"
        self._opening = re.compile(f'{blank}"')
        self._closed = re.compile(f'((?:[^"]++|"")*+)"({blank})')

    def row(self) -> list[str]:
        """The cells of the row that begins here; afterwards ``place`` and ``line`` are the next one's."""
        end = _LINE_END.search(self.text, self.place)
        stop, after = (end.start(), end.end()) if end else (len(self.text), len(self.text))
        plain = self.text[self.place : stop]
        if '"' not in plain:
            self.place = after
            self.line += 1
            return plain.split(self.separator)
        cells = []
        while True:
            if self._opening.match(self.text, self.place):
                cells.append(self._quoted())
            else:
                cells.append(self._unquoted())
            if self.place >= len(self.text):
                self.line += 1
                return cells
            met = self.text[self.place]
            self.place += 1
            if met != self.separator:
                if met == "\r" and self.text[self.place : self.place + 1] == "\n":
                    self.place += 1
                self.line += 1
                return cells

    def _unquoted(self) -> str:
        stop = self.place
        while stop < len(self.text) and self.text[stop] not in (self.separator, "\r", "\n"):
            stop += 1
        cell, self.place = self.text[self.place : stop], stop
        return cell

    def _quoted(self) -> str:
        opening = self._opening.match(self.text, self.place)
        assert opening is not None  # noqa: S101 -- the caller has looked
        closed = self._closed.match(self.text, opening.end())
        if closed is None:
            raise Unreadable("quote_not_closed", self.line)
        inner, behind = closed[1], closed[2]
        begun = self.line
        breaks = len(_LINE_END.findall(inner))
        if breaks and self.separator in inner:
            raise Unreadable("row_over_lines", begun)
        self.place = closed.end()
        if self.text[self.place : self.place + 1] not in ("", self.separator, "\r", "\n"):
            raise Unreadable("quote_misplaced", begun + breaks)
        self.line += breaks
        return inner.replace('""', '"') + behind


def _separator(text: str, separators: str) -> str:
    """The one by which most of the first lines have the same number of cells, more than one; then that with more."""
    end = 0
    lines = []
    for _ in range(_JUDGED):
        found = _LINE_END.search(text, end)
        lines.append(text[end : found.start() if found else len(text)])
        if found is None:
            break
        end = found.end()
    lines = [line[:10_000] for line in lines if line.strip()]

    def fit(separator: str) -> tuple[int, int]:
        counts = Counter(len(_bare(line).split(separator)) for line in lines)
        counts.pop(1, None)
        return max(((many, width) for width, many in counts.items()), default=(0, 0))

    return max(separators, key=fit)


def _bare(line: str) -> str:
    """A line without what stands between quotation marks."""
    return re.sub(r'"[^"]*"', "", line)
