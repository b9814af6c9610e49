"""A look over a worksheet's XML before cells are put on it: where there is room, and what it has already."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from verify.shared.spreadsheet import places
from verify.shared.spreadsheet.parts import Parts, damaged
from verify.shared.spreadsheet.patch_package import pieces
from verify.shared.spreadsheet.places import LAST_COLUMN, area
from verify.shared.spreadsheet.splice import local, parser, utf8

_EMU_OF_A_COLUMN: Final = 609_600
_EMU_OF_A_ROW: Final = 190_500
"""English metric units of a column and a row of usual size, 64 and 20 pixels."""


class Survey(msgspec.Struct, kw_only=True):
    """What a worksheet has. Rows count from 1, columns from 0; -1 where there is none."""

    last_row: int = 0
    """The last row with content."""
    last_column: int = -1
    """The last column with content, with a merged cell that reaches below the header, or under a drawing there."""
    last_hidden: int = 0
    """The last row that is hidden."""
    last_style: int = 0
    """The highest number of a cell style that is named."""
    protected: bool = False
    rules: bool = False
    """Whether it has conditional formatting."""
    tables: bool = False
    filtered: bool = False
    """Whether it has a filter of its own."""
    notes: str | None = None
    """The relationship of its VML drawing."""
    drawings: list[str] = msgspec.field(default_factory=list)


def survey(parts: Parts, part: str, header: int) -> Survey:
    """Looks over a sheet whose header stands in row ``header``.

    Raises Unreadable, also for rows or cells that are not in order, where a cell put in would have no place.
    """
    found = Survey()
    row = column = 0
    content = -1

    def on_row(attributes: dict[str, str]) -> None:
        nonlocal row, column
        before, row = row, int(attributes["r"]) if "r" in attributes else row + 1
        column = -1
        if "hidden" in attributes:
            found.last_hidden = row
        if row <= before:
            raise ValueError("rows out of their order")

    def on_cell(attributes: dict[str, str]) -> None:
        nonlocal column
        before, column = column, places.column(attributes["r"]) if "r" in attributes else column + 1
        if column <= before:
            raise ValueError("cells out of their order")
        style = attributes.get("s")
        if style is not None and int(style) > found.last_style:
            found.last_style = int(style)

    def on_content(_attributes: dict[str, str]) -> None:
        nonlocal content
        found.last_row = max(found.last_row, row)
        content = max(content, column)

    def on_merged(attributes: dict[str, str]) -> None:
        _top, _left, bottom, right = area(attributes["ref"])
        if bottom >= header:
            found.last_column = max(found.last_column, right)

    def sets(name: str) -> Callable[[dict[str, str]], None]:
        return lambda _attributes: setattr(found, name, True)

    def on_shapes(attributes: dict[str, str]) -> None:
        found.notes = _id(attributes)

    def on_drawing(attributes: dict[str, str]) -> None:
        found.drawings.append(_id(attributes))

    known: dict[str, Callable[[dict[str, str]], None]] = {
        "row": on_row, "c": on_cell, "v": on_content, "f": on_content, "is": on_content, "mergeCell": on_merged,
        "sheetProtection": sets("protected"), "cfRule": sets("rules"), "tablePart": sets("tables"),
        "autoFilter": sets("filtered"), "legacyDrawing": on_shapes, "drawing": on_drawing,
    }  # fmt: skip
    with damaged():
        _feed(parts, part, known)
        found.last_column = max(found.last_column, content, _under_drawings(parts, part, found.drawings, header))
    return found


def _id(attributes: dict[str, str]) -> str:
    return next((value for name, value in attributes.items() if local(name) == "id"), "")


def _feed(parts: Parts, part: str, known: dict[str, Callable[[dict[str, str]], None]]) -> None:
    by_tag: dict[str, Callable[[dict[str, str]], None] | None] = {}

    def start(tag: str, attributes: dict[str, Any]) -> None:
        if tag not in by_tag:
            by_tag[tag] = known.get(local(tag))
        handler = by_tag[tag]
        if handler is not None:
            handler(attributes)

    reader = parser()
    reader.StartElementHandler = start
    for piece in utf8(pieces(parts, part)):
        reader.Parse(piece, False)
    reader.Parse(b"", True)


def _under_drawings(parts: Parts, part: str, drawings: list[str], header: int) -> int:
    """The last column that a picture or chart covers from the header's row on; words under it would not be seen."""
    last = -1
    related = parts.related(part)
    for key in drawings:
        if key not in related or related[key][1] not in parts:
            continue
        for anchor in parts.tree(related[key][1]):
            corners = {local_of(child.tag): child for child in anchor}
            if (start := _corner(corners.get("from"))) is None:
                continue
            end = _corner(corners.get("to"))
            if end is None:
                size = corners.get("ext")
                wide, high = (0, 0) if size is None else (int(size.get(name, "0")) for name in ("cx", "cy"))
                end = (start[0] + high // _EMU_OF_A_ROW, start[1] + wide // _EMU_OF_A_COLUMN)
            if end[0] + 1 >= header and end[1] < LAST_COLUMN:
                last = max(last, end[1])
    return last


def _corner(corner: Any) -> tuple[int, int] | None:
    """Row and column, both from 0."""
    if corner is None:
        return None
    numbers = {local_of(child.tag): child.text or "" for child in corner}
    try:
        return int(numbers["row"]), int(numbers["col"])
    except (KeyError, ValueError):
        return None


def local_of(tag: str) -> str:
    """A tree's tag without its namespace."""
    return tag.rpartition("}")[2]
