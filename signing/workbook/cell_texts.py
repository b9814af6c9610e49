"""What a cell says before anybody asks what its column means.

What cannot be taken is refused; what spreadsheets, web pages and PDFs do to texts is undone, and each is said.
"""

import html
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

from signing.messages import _
from signing.workbook.headers import HEADINGS, Column, Table
from signing.workbook.judged import Finding, corrected, refused
from verify.core import identity
from verify.shared.spreadsheet import Error, Formatted, NoResult, Value, without_protection

QUANTITIES: Final[tuple[Column, ...]] = ("theory", "practice", "score", "hours", "years")
_REFERENCE: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NUMBER: Final = re.compile(r"[0-9]+(?:[.][0-9]+)?(?:E[+-]?[0-9]+)?|[.][0-9]+")


def read(table: Table, row: int, values: dict[Column, Value]) -> tuple[dict[Column, Value], list[Finding]]:
    """The cells of a row as their columns are to take them, without those refused, and what was found."""
    found = [*_merged(table, row), *_uneven(table, row)]
    spoilt = {finding.column for finding in found if finding.refuses}
    taken: dict[Column, Value] = {}
    for column, value in values.items():
        if column in spoilt:
            continue
        value, said = _cell(column, value)  # noqa: PLW2901 -- the same cell, put right
        found += said
        if not any(finding.refuses for finding in said):
            taken[column] = value
    return taken, found


def written(value: Value) -> str:
    """What people read in a cell; nothing where they read an error, or what nobody worked out."""
    match value:
        case Formatted():
            return value.shown or ""
        case Error() | NoResult() | None:
            return ""
        case str():
            return without_protection(value).strip()
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


def _cell(column: Column, value: Value) -> tuple[Value, list[Finding]]:
    match value:
        case Error():
            message = _("The cell shows an error, such as #N/A: type what belongs there.")
            return None, [refused(column, "cell_error", message)]
        case NoResult() if column == "name":
            return None, [refused(column, "name_formula", _("A formula stands in place of the name."))]
        case NoResult():
            message = _("A formula without a saved result: open the workbook in the office program and save it.")
            return None, [refused(column, "formula_without_result", message)]
        case Formatted():
            return _formatted(column, value)
        case str():
            return tidied(column, value)
    return value, []


def _formatted(column: Column, value: Formatted) -> tuple[Value, list[Finding]]:
    """A cell whose format shows something else than it holds."""
    held, shown = value.value, value.shown
    if column == "admission" and shown:
        message = _("The cell holds something else than it shows; what it shows is taken.")
        return shown, [corrected(column, "shown_taken", message)]
    if column in QUANTITIES and shown is not None and not isinstance(held, str) and _same(held, shown):
        return held, []
    if column in ("theory", "practice", "score") and shown is not None and "%" in shown:
        message = _("The mark is shown as a percentage: type the mark itself.")
        return None, [refused(column, "mark_not_number", message)]
    message = _("The cell shows something else than it holds: format the column as text and type what is to count.")
    return None, [refused(column, "shown_differently", message)]


def _same(value: float, shown: str) -> bool:
    """Whether people see the number itself, whatever stands around it: ``95.00``, ``95分``."""
    if "%" in shown:
        return False
    numbers = _NUMBER.findall(shown.replace(",", ""))
    try:
        return len(numbers) == 1 and value >= 0 and round(Decimal(repr(value)), 6) == Decimal(numbers[0])
    except InvalidOperation:  # more digits than any quantity has
        return False


def tidied(column: Column, text: str) -> tuple[str, list[Finding]]:
    """A text without what was put around it and into it on its way, and what was found."""
    codes: list[str] = []
    for code, put_right in (
        ("references", _without_references),
        ("protected", without_protection),
        ("radicals", identity.to_ideographs),
        # Names, ID numbers and certificate numbers say this in their own words.
        ("unseen", str if column in ("name", "id_number", "number") else identity.without_unseen),
    ):
        if (after := put_right(text)) != text:
            codes.append(code)
            text = after
    return text, [corrected(column, code, _said(code)) for code in codes]


def _said(code: str) -> str:
    return {
        "references": _("References of web pages (&…;) were made the characters they stand for."),
        "protected": _("The marks that spreadsheets protect texts with were taken off."),
        "radicals": _("Radicals, which only look like characters, were made the characters."),
        "unseen": _("Invisible characters were taken out."),
    }[code]


def _without_references(text: str) -> str:
    """Decoded as often as it was written; what is no reference stays as it is."""
    for _turn in range(3):
        if not _REFERENCE.search(text):
            break
        decoded = _REFERENCE.sub(lambda found: html.unescape(found[0]), text)
        if decoded == text:
            break
        text = decoded
    return text


def _merged(table: Table, row: int) -> Iterable[Finding]:
    """What a row has from merged cells."""
    seen: dict[tuple[int, int], Column] = {}
    for column, place in table.columns.items():
        area = table.area(row, column)
        if area is None or table.value(row, column) is None:
            continue
        if other := seen.get((area.top, area.left)):
            text = _("The merged cell {} stands for “{}” and “{}” at once: split it, and type each.")
            yield refused(column, "merged_columns", text.format(area.name, HEADINGS[other], HEADINGS[column]))
        elif area.bottom > area.top or area.left != place:
            text = _("The value of the merged cell {} was given to each of its rows.")
            yield corrected(column, "merged_value", text.format(area.name))
        seen[area.top, area.left] = column


def _uneven(table: Table, row: int) -> Iterable[Finding]:
    cells = table.sheet.cells
    if row in cells.widths and row in table.uneven:
        text = _("Cells in the row: {}; in the header: {}. A separator is missing or too many.")
        yield refused(None, "row_uneven", text.format(cells.widths[row], cells.widths.get(table.header, 0)))
