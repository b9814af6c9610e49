"""What ``check`` is given: texts, pictures, PDFs, folders and spreadsheets, each taken apart into QR texts.

A file is what its bytes are, whatever its name says. Nothing is left out without a word: what holds no certificate's
code, or cannot be read, is told with its place.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from verify.core import qr_text
from verify.files.findings import MAX_BYTES
from verify.files.refusals import DETAILS as FILE_DETAILS
from verify.files.refusals import FileRefused
from verify.shared.command import LOCALE, messages
from verify.shared.spreadsheet import DETAILS as TABLE_DETAILS
from verify.shared.spreadsheet import Limits, Unreadable, cell_name, open_book

_ = messages(LOCALE)

_SECONDS: Final = 5.0
"""For later looks at one picture."""
_LIMITS: Final = Limits(size=MAX_BYTES, unpacked=100 << 20, rows=200_000, columns=256, parts=5000)
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
_IN_HEAD: Final = 1024


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A QR text, and where it was."""

    source: str
    text: str
    place: str | None = None
    """A page or a cell."""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """What gave no QR text, and why: a code and its sentence."""

    source: str
    code: str
    detail: str


Thing = Found | Unread


class NoThing(Exception):
    """An argument that is neither a file here nor a QR text."""


def names(arguments: tuple[str, ...]) -> tuple[list[str | Path], int]:
    """Each argument as a QR text or a file, folders taken apart; and how many hidden files were passed over.

    Raises NoThing.
    """
    found: list[str | Path] = []
    hidden = 0
    for argument in arguments:
        path = Path(argument) if len(argument) < _IN_HEAD else None
        if path is not None and path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.is_file())
            seen = [one for one in inside if not any(part.startswith(".") for part in one.relative_to(path).parts)]
            hidden += len(inside) - len(seen)
            found += seen
        elif path is not None and path.is_file():
            found.append(path)
        elif qr_text.begins_as_ours(argument) or qr_text.is_ours(argument):
            found.append(argument)
        else:
            raise NoThing(argument)
    return found, hidden


def read(thing: str | Path) -> Iterator[Thing]:
    """The QR texts of one text or file. Raises OSError where the file cannot be read."""
    if isinstance(thing, str):
        yield Found(source="-", text=thing)
        return
    if thing.stat().st_size > MAX_BYTES:
        yield _refused(thing, FileRefused("file_too_large"))
        return
    data = thing.read_bytes()
    if data.startswith(_PICTURES) or b"%PDF-" in data[:_IN_HEAD] or data[4:8] == b"ftyp":
        yield from _pictured(thing, data)
    else:
        yield from _tabled(thing, data)


def _pictured(path: Path, data: bytes) -> Iterator[Thing]:
    from verify.files import documents

    try:
        findings = documents.find(data, _SECONDS)
    except FileRefused as refused:
        yield _refused(path, refused)
        return
    found = [code for code in findings.codes if code.text is not None]
    for code in found:
        place = f"{code.page}" if findings.pages > 1 else None
        yield Found(source=str(path), text=code.text or "", place=place)
    if not found:
        others = [code.kind for code in findings.codes]
        detail = (
            "The file has a QR code, but no certificate's."
            if others
            else "The file has no QR code that can be made out."
        )
        yield Unread(source=str(path), code="other_code" if others else "no_code", detail=detail)


def _tabled(path: Path, data: bytes) -> Iterator[Thing]:
    """Every cell of a table that holds a QR text, or begins as one; a text file is a table of one column."""
    found = False
    try:
        book = open_book(data, _LIMITS)
        for named in book.sheets:
            sheet = book.sheet(named)
            for row, cells in sheet.rows.items():
                for column, value in enumerate(cells):
                    if isinstance(value, str) and qr_text.begins_as_ours(value):
                        found = True
                        where = cell_name(row, column)
                        yield Found(
                            source=str(path), text=value, place=f"{named.name}!{where}" if named.name else where
                        )
    except Unreadable as error:
        yield Unread(source=str(path), code=error.code, detail=FILE_DETAILS.get(error.code, TABLE_DETAILS[error.code]))
        return
    if not found:
        yield Unread(source=str(path), code="no_code", detail=_("No cell holds a certificate's QR text."))


def _refused(path: Path, refused: FileRefused) -> Unread:
    return Unread(source=str(path), code=refused.code, detail=refused.detail)
