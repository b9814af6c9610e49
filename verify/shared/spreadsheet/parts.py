"""The parts of an .xlsx file, found as Excel finds them: by their relationships, whatever they are called.

Part names count without case, with slashes of either kind, and relative to the part that names them (ECMA-376 part 2,
6.2.2 and 6.5.3). A few kilobytes can unpack into gigabytes, so sizes are asked before anything is unpacked.
"""

import io
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Final
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.parsers import expat

from verify.shared.spreadsheet.unreadable import Limits, Unreadable

_PIECE: Final = 1 << 18
_SMALL: Final = 16 << 20
"""Bytes of a part that is read as a tree."""


class Parts:
    """An open .xlsx file."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        with damaged():
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        entries = self._archive.infolist()
        if len(entries) > limits.parts:
            raise Unreadable("too_many_parts")
        if sum(entry.file_size for entry in entries) > limits.unpacked:
            raise Unreadable("unpacks_too_large")
        if sum(entry.compress_size for entry in entries) > len(data):  # parts that lie over one another
            raise Unreadable("damaged_file")
        self.entries: Final = {normal_name(entry.filename): entry for entry in entries}
        """By normal name, in the file's order."""

    def __contains__(self, name: str) -> bool:
        return normal_name(name) in self.entries

    def open(self, name: str) -> IO[bytes]:
        """A part to read in pieces. Raises Unreadable."""
        with damaged():
            entry = self.entries[normal_name(name)]
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Unreadable("damaged_file")
            return self._archive.open(entry)

    def tree(self, name: str) -> ElementTree.Element:
        """A part as a tree; it has no document type, which could multiply its text. Raises Unreadable."""
        with damaged():
            entry = self.entries[normal_name(name)]
            if entry.file_size > _SMALL:
                raise Unreadable("damaged_file")
            parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314 -- small, and without a document type
            with self.open(name) as part:
                parser.feed(part.read())
            root: ElementTree.Element = parser.close()
            return root

    def walk(
        self,
        name: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None],
        data: Callable[[str], None],
    ) -> None:
        """Goes through a part in pieces, however large, element by element. Raises Unreadable."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
        parser.StartDoctypeDeclHandler = _no_doctype
        with damaged(), self.open(name) as part:
            while piece := part.read(_PIECE):
                parser.Parse(piece, False)
            parser.Parse(b"", True)

    def related(self, name: str) -> dict[str, tuple[str, str]]:
        """What a part (``""``: the package) names: relationship id → the last word of its type, and the part."""
        folder, base = posixpath.split(normal_name(name)) if name else ("", "")
        rels = posixpath.join(folder, "_rels", f"{base}.rels")
        if rels not in self.entries:
            return {}
        found = {}
        for entry in self.tree(rels):
            if entry.get("TargetMode", "Internal") != "External":
                target = entry.get("Target", "").replace("\\", "/")
                kind = entry.get("Type", "").rpartition("/")[2]
                found[entry.get("Id", "")] = (kind, normal_name(posixpath.join("/", folder, target)))
        return found


class _Builder(ElementTree.TreeBuilder):
    """Makes a tree of a part without a document type."""

    def doctype(self, *_declaration: object) -> None:
        """A document type begins, which no part of a workbook has."""
        _no_doctype()


def _no_doctype(*_declaration: object) -> None:
    raise Unreadable("damaged_file")


def normal_name(name: str) -> str:
    """The name that all writings of a part's name have in common, without a slash before it."""
    return posixpath.normpath("/" + unquote(name).replace("\\", "/")).lstrip("/").casefold()


@contextmanager
def damaged() -> Iterator[None]:
    """Turns whatever a broken archive or XML raises into Unreadable."""
    try:
        yield
    # zipfile says NotImplementedError to a compression that it does not know, RuntimeError to a password, and expat
    # LookupError to an encoding that is of no text.
    except (zipfile.BadZipFile, struct.error, zlib.error, LookupError, EOFError, expat.ExpatError,
            ElementTree.ParseError, NotImplementedError, RuntimeError, OSError, ValueError, UnicodeError):  # fmt: skip
        raise Unreadable("damaged_file") from None
