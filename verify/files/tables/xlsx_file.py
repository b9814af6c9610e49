"""XLSX workbooks: every sheet with both columns is read, and gets its columns in its own XML."""

from collections.abc import Sequence
from typing import Final

from verify.files.refusals import FileRefused
from verify.files.tables import columns
from verify.files.tables.data import (
    MAX_ROWS,
    Filled,
    Listed,
    Row,
    SheetNotRead,
    SheetRead,
    Triple,
    Verified,
)
from verify.shared.spreadsheet import Book, Limits, Sheet, Unreadable, blank, column_letters
from verify.shared.spreadsheet.parts import Parts
from verify.shared.spreadsheet.patch import patched
from verify.shared.spreadsheet.patch_sheet import Dye, Put, SheetPatch
from verify.shared.spreadsheet.patch_styles import Look
from verify.shared.spreadsheet.patch_survey import survey
from verify.shared.spreadsheet.places import LAST_COLUMN

_MOST_SHEETS: Final = 200
_WIDTHS: Final = (12, 48, 22)
_GOOD, _BAD = "E3F4E8", "FBE3E0"


def read(data: bytes, book: Book, ours: Sequence[Triple], limits: Limits) -> Listed:
    """The rows of every visible sheet that names both columns, or of the hidden ones where only they do.

    That the columns can be added is tried here, before anybody checks anything. Raises FileRefused and Unreadable.
    """
    if len(book.sheets) > _MOST_SHEETS:
        raise FileRefused("too_many_cells")
    parts = Parts(data, limits)
    read: list[SheetRead] = []
    not_read: list[SheetNotRead] = []
    rows: list[Row] = []
    large: Unreadable | None = None
    for named in book.sheets:
        if not named.table:
            not_read.append((named.name, "no_cells"))
            continue
        if named.hidden and read:
            not_read.append((named.name, "hidden"))
            continue
        try:
            sheet = book.sheet(named)
        except Unreadable as error:
            if error.code not in ("too_many_rows", "too_many_columns"):
                raise
            large = error
            not_read.append((named.name, "too_large"))
            continue
        found = columns.find(sheet, ours)
        if found is None:
            not_read.append((named.name, "no_columns"))
            continue
        people = tuple(columns.people(sheet, found, len(read)))
        rows += people
        if len(rows) > MAX_ROWS:
            raise FileRefused("too_many_rows")
        read.append(_sheet(parts, sheet, found, people, hidden=named.hidden))
    if not read:
        raise FileRefused("no_columns") if large is None else large
    listed = Listed(kind="xlsx", rows=tuple(rows), sheets=tuple(read), not_read=tuple(not_read), macros=book.macros)
    if rows:
        nothing = tuple(Verified(row=row.row, sheet=row.sheet, good=False, words=("", "", "")) for row in rows)
        fill(data, listed, ("", "", ""), nothing, limits)
    return listed


def _sheet(parts: Parts, sheet: Sheet, found: columns.Columns, people: Sequence[Row], *, hidden: bool) -> SheetRead:
    try:
        seen = survey(parts, sheet.part, found.header)
    except Unreadable:
        raise FileRefused("cannot_be_filled") from None
    beyond = seen.last_column + 1
    places = found.ours or (beyond, beyond + 1, beyond + 2)
    if places[-1] > LAST_COLUMN:
        raise FileRefused("no_room")
    return SheetRead(
        name=sheet.name,
        header=found.header,
        columns=(column_letters(found.number), column_letters(found.name)),
        part=sheet.part,
        places=places,
        found=len(people),
        without=columns.without(sheet, found),
        hidden=hidden,
        hidden_rows=sum(row.row in sheet.hidden_rows for row in people),
        protected=seen.protected,
    )


def fill(data: bytes, listed: Listed, headers: Triple, results: Sequence[Verified], limits: Limits) -> Filled:
    """The workbook with the columns right of everything on its sheets. Raises FileRefused."""
    patches = []
    for at, sheet in enumerate(listed.sheets):
        titles: dict[int, Put | Dye] = {
            place: Put(text=title, look=Look(bold=True)) for place, title in zip(sheet.places, headers, strict=True)
        }
        edits = {result.row: _words(sheet.places, result) for result in results if result.sheet == at}
        widths = dict(zip(sheet.places, _WIDTHS, strict=True))
        patches.append(SheetPatch(part=sheet.part, edits={sheet.header: titles} | edits, widths=widths))
    try:
        return Filled(data=patched(data, Parts(data, limits), patches))
    except Unreadable:
        raise FileRefused("cannot_be_filled") from None


def _words(places: Sequence[int], result: Verified) -> dict[int, Put | Dye]:
    looks = (Look(fill=_GOOD if result.good else _BAD), Look(wrap=True), Look())
    put = zip(places, result.words, looks, strict=True)
    return {place: Put(text=word, look=look) for place, word, look in put}


def new(listed: Listed, headers: Triple, results: Sequence[Verified], limits: Limits) -> Filled:
    """A workbook of number, name and the columns, for rows that came without a file."""
    title = Look(bold=True)
    titles = ("证书编号 number", "姓名 name", *headers)
    edits: dict[int, dict[int, Put | Dye]] = {1: {at: Put(text=text, look=title) for at, text in enumerate(titles)}}
    for at, (row, result) in enumerate(zip(listed.rows, results, strict=True), 2):
        sent: dict[int, Put | Dye] = {0: Put(text=row.number), 1: Put(text=row.name or "")}
        edits[at] = sent | _words((2, 3, 4), result)
    data = blank.workbook("名单")
    one = SheetPatch(part=blank.SHEET, edits=edits, widths=dict(enumerate((24, 24, *_WIDTHS))))
    return Filled(data=patched(data, Parts(data, limits), [one]))
