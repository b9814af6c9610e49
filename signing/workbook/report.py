"""The marked copy of a workbook: each cell in question coloured and noted, the totals on a sheet of their own.

It is the office's own file: its pictures, formulas, rules and other sheets are in it as they were, without what would
hide a mark, and without macros. Of files that are not .xlsx it has the values.
"""

import unicodedata
from pathlib import Path
from typing import Any, Final

import openpyxl
from openpyxl.utils import get_column_letter

from signing.messages import _
from signing.workbook import fresh, sheets, totals
from signing.workbook.judging import Judged, Reason, Row
from verify.shared import whole_files
from verify.shared.command import Refusal, why
from verify.shared.progress import Progress, silent
from verify.shared.spreadsheet import Error, Formatted, NoResult, Unreadable, Value, column_letters
from verify.shared.spreadsheet.blank import SHEET
from verify.shared.spreadsheet.parts import Parts
from verify.shared.spreadsheet.patch import NewSheet, patched
from verify.shared.spreadsheet.patch_sheet import Dye, Put, SheetPatch
from verify.shared.spreadsheet.patch_styles import Look
from verify.shared.spreadsheet.patch_survey import survey
from verify.shared.spreadsheet.places import place

_RED, _YELLOW, _BLUE, _GREY = "FFC7CE", "FFEB9C", "DDEBF7", "D9D9D9"
_ROW_FILL: Final = {"refused": _RED, "corrected": _YELLOW, "accepted": _BLUE, "struck": _GREY}
_CELL_FILL: Final = {"refusal": _RED, "correction": _YELLOW, "remark": _BLUE}
_BOLD: Final = Look(bold=True)
_WIDTHS: Final = (10, 14, 60)
_LINE: Final = 15
"""The height of a row of one line, in points."""
_WIDEST: Final = 30
_MOST_NOTES: Final = 20_000
"""Notes that an office program opens without a long wait; beyond them the column of reasons says the same."""


def write(path: Path, book: Path, judged: Judged, progress: Progress = silent) -> None:
    """Writes the marked copy of ``book`` to ``path``. Raises Refusal."""
    if path.suffix.lower() != ".xlsx":
        raise Refusal(_("{}: the report is an .xlsx file.").format(path.name))
    if path.exists() and path.samefile(book):
        raise Refusal(_("{} is the workbook itself; give the report another name.").format(path.name))
    with progress(_("Marking")):
        copy = _copy(path.name, book, judged)
    with progress(_("Writing {}").format(path.name)):
        whole_files.write(path, copy)


def _copy(name: str, book: Path, judged: Judged) -> bytes:
    """The marked file: the office's own where it is an .xlsx that can be changed, else one of its values."""
    if judged.table.sheet.kind == "xlsx":
        try:
            return _marked(book.read_bytes(), judged.table.sheet.cells.part, judged)
        except OSError as error:
            raise Refusal(_("{} cannot be read: {}.").format(book.name, why(error))) from None
        except Unreadable:
            pass  # it can be read, but there is no place in it for more
    return _marked(_plain(name, judged), SHEET, judged)


def _plain(name: str, judged: Judged) -> bytes:
    """The values alone, each column as wide as they are."""
    copy = openpyxl.Workbook()
    sheet = copy.worksheets[0]
    widths: dict[int, int] = {}
    for number, values in judged.table.sheet.cells.rows.items():
        for column, value in enumerate(values, start=1):
            value = _written(value)  # noqa: PLW2901 -- the same cell, as it is written
            if value is not None:
                fresh.put(sheet, number, column, value)
                if number >= judged.table.header:
                    widths[column] = max(widths.get(column, 6), _width(str(value)) + 2)
    for column, width in widths.items():
        sheet.column_dimensions[get_column_letter(column)].width = min(width, _WIDEST)
    sheet.freeze_panes = f"A{judged.table.header + 1}"
    fresh.fit_to_page(sheet)
    sheet.print_title_rows = f"{judged.table.header}:{judged.table.header}"
    return fresh.packed(copy, name)


def _written(value: Value) -> Any:
    """A cell as people saw it."""
    if isinstance(value, Error):
        return value.text
    if isinstance(value, Formatted):
        return value.value if value.shown is None else value.shown
    return None if isinstance(value, NoResult) else value


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _marked(data: bytes, part: str, judged: Judged) -> bytes:
    """The file with its marks. Raises Unreadable where they have no place in it."""
    parts = Parts(data, sheets.LIMITS)
    header = judged.table.header
    beyond = max(survey(parts, part, header).last_column + 1, judged.table.sheet.cells.width)
    titles = (_("Result"), _("Outcome"), _("Reasons"))
    edits: dict[int, dict[int, Put | Dye]] = {
        header: {beyond + at: Put(text=title, look=_BOLD) for at, title in enumerate(titles)}
    }
    heights: dict[int, float] = {}
    notes: dict[tuple[int, int], str] = {}
    for row in judged.rows:
        edits.setdefault(row.row, {}).update(_words(row, beyond))
        lines = -(-_width(_text(row)) // (_WIDTHS[-1] - 2))
        if lines > 1:  # office programs do not make a row higher by themselves when they open it
            heights[row.row] = _LINE * lines
        for (at, column), said in _cells(row, judged).items():
            fill = _CELL_FILL[min((reason.kind for reason in said), key=list(_CELL_FILL).index)]
            edits.setdefault(at, {}).setdefault(column, Dye(fill=fill))
            if (at, column) in notes or len(notes) < _MOST_NOTES:
                text = "\n".join(reason.message for reason in said)
                notes[at, column] = "\n".join(dict.fromkeys((*notes.get((at, column), "").split("\n"), text))).strip()
    last = max((row.row for row in judged.rows), default=header)
    patch = SheetPatch(
        part=part,
        edits=edits,
        widths={beyond + at: width for at, width in enumerate(_WIDTHS)},
        heights=heights,
        notes=notes,
        filter=f"A{header}:{column_letters(beyond + 2)}{last}",
        bare=True,
    )
    return patched(data, parts, [patch], [_totals(judged)], author=_("Yinjian"))


def _words(row: Row, beyond: int) -> dict[int, Put | Dye]:
    """What stands beside a row."""
    kind = "struck" if row.struck else row.result
    look = Look(fill=_ROW_FILL[kind]) if row.reasons else Look()
    found: dict[int, Put | Dye] = {beyond: Put(text=totals.words(kind), look=look)}
    if row.outcome is not None and not row.struck:
        found[beyond + 1] = Put(text=totals.words(row.outcome))
    if row.reasons:
        found[beyond + 2] = Put(text=_text(row), look=Look(wrap=True))
    return found


def _text(row: Row) -> str:
    return "　".join(reason.message for reason in row.reasons)


def _cells(row: Row, judged: Judged) -> dict[tuple[int, int], list[Reason]]:
    """The cells in question; of a merged cell its first, as the others are not seen."""
    joined = judged.table.sheet.cells.joined
    found: dict[tuple[int, int], list[Reason]] = {}
    for reason in row.reasons:
        if reason.cell is not None:
            at, column = place(reason.cell)
            area = joined.get(at, {}).get(column)
            found.setdefault((at, column) if area is None else (area.top, area.left), []).append(reason)
    return found


def _totals(judged: Judged) -> NewSheet:
    lines: list[dict[int, Put | Dye]] = [{1: Put(text=_("Colours"), look=_BOLD)}]
    for kind, text in (
        ("refusal", _("must be put right, or the row struck out")),
        ("correction", _("was put right for you: please look")),
        ("remark", _("explains, and asks nothing")),
    ):
        lines.append({0: Dye(fill=_CELL_FILL[kind]), 1: Put(text=text)})
    lines += [{}, {1: Put(text=_("By result"), look=_BOLD)}]
    lines += [{0: Put(text=count), 1: Put(text=totals.words(name))} for name, count in judged.totals().items()]
    lines += [{}, {1: Put(text=_("By rule"), look=_BOLD)}]
    for rule in totals.rules(judged):
        count = Put(text=rule.count, look=Look(fill=_CELL_FILL[rule.kind]))
        lines.append({0: count, 1: Put(text=rule.text), 2: Put(text=rule.code)})
    return NewSheet(name=_("Totals"), cells=dict(enumerate(lines, 1)), widths={0: 8, 1: 70, 2: 26})
