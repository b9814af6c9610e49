"""Notes at cells as Excel, WPS and LibreOffice show them: a part of texts, and one of VML shapes (ECMA-376-4, 19.4).

Threaded comments are a later addition that WPS and LibreOffice do not show; where a cell has one, it is left alone.
"""

from collections.abc import Mapping
from typing import Final

from verify.shared.spreadsheet.cells import cell_name
from verify.shared.spreadsheet.splice import Splice, escaped

Notes = Mapping[tuple[int, int], str]
"""Row from 1 and column from 0 → text."""

EMPTY: Final = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<comments xmlns="{}"><authors></authors><commentList></commentList></comments>'
)
_SPACES: Final = (
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"'
)
EMPTY_SHAPES: Final = (
    f'<xml {_SPACES}><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout></xml>'
).encode()
_SHAPE_TYPE: Final = (
    f'<v:shapetype {_SPACES} id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    '<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_SHAPE: Final = (
    '<v:shape {spaces} id="_x0000_s{id}" type="#_x0000_t202" '
    'style="position:absolute;width:210pt;height:{height}pt;z-index:1;visibility:hidden" '
    'fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
    '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
    "<x:Anchor>{left}, 15, {top}, 2, {right}, 15, {bottom}, 4</x:Anchor><x:AutoFill>False</x:AutoFill>"
    "<x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_LINE: Final = 24
"""Characters on a line of a note."""


class Comments(Splice):
    """A part of notes with more of them; where a cell has one already, ours stands before it."""

    def __init__(self, notes: Notes, author: str) -> None:
        super().__init__()
        self._waiting = {cell_name(row, column): (row, column, text) for (row, column), text in sorted(notes.items())}
        self._author = author
        self._authors: list[bool] = []  # of each, whether its comments stand for threads
        self._ours: str | None = None
        self.without_shape: set[tuple[int, int]] = set()
        """Cells whose note is new."""
        self._begun = 0

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        """See Splice."""
        if tag == "comment":
            name = attributes.get("ref", "").replace("$", "").upper()
            _, _, self._ours = self._waiting.pop(name, (0, 0, None))
            by = attributes.get("authorId", "")
            if by.isdecimal() and int(by) < len(self._authors) and self._authors[int(by)]:
                self._ours = None
        elif tag == "author":
            self._begun = self.tag_end(self.here)
            self.hold(self._begun)
        elif self._ours is not None and self.depth == 5:
            if tag == "t":
                self.put(self.tag_end(self.here), escaped(f"{self._ours}\n"))
            elif tag == "r":
                self.put(self.here, self._run(f"{self._ours}\n"))
            self._ours = None

    def closed(self, tag: str) -> None:
        """See Splice."""
        if tag == "authors":
            self.put(self.here, self.element("author", {}, escaped(self._author)))
            self._authors.append(False)
        elif tag == "author":
            self._authors.append(self.text(self._begun, self.here).startswith(b"tc="))
            self.hold(None)
        elif tag == "commentList":
            author = {"authorId": str(len(self._authors) - 1)}
            for name, (row, column, text) in self._waiting.items():
                content = self.element("text", {}, self._run(text))
                self.put(self.here, self.element("comment", {"ref": name} | author, content))
                self.without_shape.add((row, column))

    def _run(self, text: str) -> str:
        return self.element("r", {}, self.element("t", {"xml:space": "preserve"}, escaped(text)))


def shapes(data: bytes, notes: Notes) -> bytes | None:
    """A part of VML shapes with one for each note more; None where it is not what it should be.

    It is not read as XML, which what Excel itself writes there sometimes is not.
    """
    before, found, after = data.rpartition(b"</xml>")
    if not found:
        return None
    first = 1 + max((int(digits) for digits in _ids(data)), default=1024)
    kind = "" if b'id="_x0000_t202"' in data else _SHAPE_TYPE
    drawn = "".join(_shape(first + at, row, column, text) for at, ((row, column), text) in enumerate(notes.items()))
    return before + (kind + drawn).encode() + found + after


def _ids(data: bytes) -> list[bytes]:
    found = []
    for piece in data.split(b"_x0000_s")[1:]:
        digits = piece[:9]
        while digits and not digits.isdigit():
            digits = digits[:-1]
        found.append(digits or b"0")
    return found


def _shape(number: int, row: int, column: int, text: str) -> str:
    lines = sum(1 + len(line) // _LINE for line in text.split("\n"))
    top = max(row - 2, 0)
    return _SHAPE.format(
        spaces=_SPACES, id=number, height=20 + 14 * lines, row=row - 1, column=column,
        left=column + 1, right=column + 5, top=top, bottom=top + 2 + lines,
    )  # fmt: skip
