"""The texts that the cells of an .xlsx share, and how its XML writes what XML cannot hold."""

import re
from typing import Final

from verify.shared.spreadsheet.parts import Parts

_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


def unescaped(text: str) -> str:
    """A text with the characters that XML cannot hold in their places (ECMA-376 part 1, 22.9.2.19 ST_Xstring).

    They are written in UTF-16; half a character is none.
    """
    if "_x" not in text:
        return text
    whole = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def read_texts(parts: Parts, name: str) -> list[str]:
    """The texts in their order, without what only tells how to pronounce them. Raises Unreadable."""
    reader = _Reader()
    parts.walk(name, reader.start, reader.end, reader.data)
    return reader.texts


class _Reader:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces: list[str] = []
        self._phonetic = 0
        self._taking = False

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "si":
            self._pieces.clear()
        elif tag == "rPh":
            self._phonetic += 1
        elif tag == "t":
            self._taking = not self._phonetic

    def end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "si":
            self.texts.append(unescaped("".join(self._pieces)))
        elif tag == "rPh":
            self._phonetic -= 1
        elif tag == "t":
            self._taking = False

    def data(self, text: str) -> None:
        if self._taking:
            self._pieces.append(text)
