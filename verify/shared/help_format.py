"""Help in Chinese: lines as wide as the terminal by what characters take there, and Chinese colons.

Click counts characters and ends lines at spaces: a Chinese text has none, and each of its characters takes two columns
(Unicode Standard Annex 11).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

import click

_PIECE: Final = re.compile(r"\s+|[（“《]*(?:[^\s\u2e80-\uffef“”]+|[\u2e80-\uffef“”])[，。、；：）”》？！]*")
"""What is never broken: a word, or one Chinese character with the marks that begin or end no line of their own."""
_VERBATIM: Final = "\b"
"""Begins a paragraph that stays as it is (click)."""


def columns(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def folded(text: str, width: int) -> Iterator[str]:
    """The text in lines of at most ``width`` columns, where no single piece of it is wider."""
    line = ""
    for piece in _PIECE.findall(" ".join(text.split())):
        if columns(line + piece.rstrip()) > width and line.strip():
            yield line.rstrip()
            line = ""
        line += piece if line or not piece.isspace() else ""
    yield line.rstrip()


class ChineseHelp(click.HelpFormatter):
    """Click's help with Chinese in it."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The usage line; a Chinese colon wants no space behind it."""
        super().write_usage(prog, args, "用法：" if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        """A heading above what is indented."""
        self.write(f"{'':>{self.current_indent}}{heading}：\n")

    def write_text(self, text: str) -> None:
        """Paragraphs at the present indent."""
        for at, paragraph in enumerate(text.split("\n\n")):
            lines = (
                paragraph.split("\n")[1:]
                if paragraph.startswith(_VERBATIM)
                else folded(paragraph, self.width - self.current_indent)
            )
            self.write("\n" if at else "")
            self.write("".join(f"{'':>{self.current_indent}}{line}\n" if line else "\n" for line in lines))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Terms and what they mean, in two columns."""
        rows = list(rows)
        first = min(max((columns(term) for term, _meaning in rows), default=0), col_max) + col_spacing
        beside = max(self.width - first - self.current_indent, 10)
        for term, meaning in rows:
            lines = list(folded(meaning, beside))
            fits = columns(term) <= first - col_spacing
            gap = " " * (first - columns(term)) if fits else f"\n{'':>{first + self.current_indent}}"
            self.write(f"{'':>{self.current_indent}}{term}{gap if meaning else ''}{lines[0]}\n")
            self.write("".join(f"{'':>{first + self.current_indent}}{line}\n" for line in lines[1:]))
