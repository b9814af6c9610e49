"""What a spreadsheet holds: sheets of rows of typed cells, each as what it is and, where that differs, as it looks."""

import datetime
from collections.abc import Iterator, Mapping

import msgspec


class Error(msgspec.Struct, frozen=True):
    """A cell that shows an error, such as #N/A."""

    text: str


class NoResult(msgspec.Struct, frozen=True):
    """A formula that nobody has worked out: without a saved result, or with a placeholder in its place."""


class Formatted(msgspec.Struct, frozen=True):
    """A number or text that its cell format shows as something else."""

    value: int | float | str
    shown: str | None
    """What people see in the cell; None where the format is of a kind that is not followed here."""

    def __repr__(self) -> str:
        return "Formatted()"


Plain = str | int | float | bool | datetime.date | datetime.time | datetime.timedelta
Value = Plain | Error | NoResult | Formatted | None
"""A cell: None where it is empty; ``""`` is the text that a formula gave."""


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """A merged cell. Rows count from 1, columns from 0; both ends belong to it."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def name(self) -> str:
        """As spreadsheets write it: ``M2:M4``."""
        return f"{cell_name(self.top, self.left)}:{cell_name(self.bottom, self.right)}"


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One sheet. ``rows`` has those with content alone; what stands in a merged cell holds for each of its rows."""

    name: str
    rows: dict[int, list[Value]]
    """By number, as spreadsheets count them from 1, in order; own content, each list as long as it needs to be."""
    part: str = ""
    """Of an .xlsx: the normal name of its part."""
    areas: tuple[Area, ...] = ()
    """Merged cells that have a value and reach over at least one other cell."""
    joined: Mapping[int, Mapping[int, Area]] = {}
    """Row → column → merged cell, of the cells in rows with content that lie in one, its first cell included."""
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    widths: Mapping[int, int] = {}
    """Of a text: how many cells each row has, the empty ones included."""
    lines: Mapping[int, int] = {}
    """Of a text: the line on which a row begins, where that is not the row's own number."""

    def __repr__(self) -> str:
        return f"Sheet({len(self.rows)} rows)"

    @property
    def last(self) -> int:
        """The number of the last row with content, 0 where there is none."""
        return next(reversed(self.rows), 0)

    @property
    def width(self) -> int:
        """Columns up to the last that holds anything."""
        return max(map(len, self.rows.values()), default=0)

    def own(self, row: int, column: int) -> Value:
        """What the cell itself holds."""
        values = self.rows.get(row, ())
        return values[column] if column < len(values) else None

    def value(self, row: int, column: int) -> Value:
        """What the cell says: its own content, or that of the merged cell it lies in."""
        area = self.joined.get(row, {}).get(column)
        return self.own(row, column) if area is None else self.own(area.top, area.left)

    def row(self, row: int) -> list[Value]:
        """What the cells of a row say, merged ones included."""
        values = list(self.rows.get(row, ()))
        for column, area in self.joined.get(row, {}).items():
            values += [None] * (column + 1 - len(values))
            values[column] = self.own(area.top, area.left)
        return values

    def uneven(self, header: int) -> Iterator[int]:
        """Rows of a text below ``header`` with another number of cells.

        Empty cells that all rows, or the header alone, have at the end make no difference.
        """
        wanted = self.widths.get(header, 0)
        below = [row for row in self.rows if row > header and row in self.widths]
        if len({self.widths[row] for row in below}) == 1:
            width = self.widths[below[0]]
            if max(map(len, (self.rows[row] for row in [header, *below] if row in self.rows))) <= min(width, wanted):
                return
        yield from (row for row in below if self.widths[row] != wanted)


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet as the workbook's tabs name it. ``place`` counts from 0 in their order."""

    name: str
    place: int
    hidden: bool = False
    table: bool = True
    """Whether it has cells; a chart or a dialogue has none."""


def join(rows: Mapping[int, list[Value]], areas: tuple[Area, ...], columns: int) -> dict[int, dict[int, Area]] | None:
    """Which cells of rows with content lie in a merged one; None where merged cells overlap, as none may.

    Costs what there is of content, however far a merged cell reaches.
    """
    joined: dict[int, dict[int, Area]] = {}
    numbers = list(rows)
    place = 0
    open_areas: list[Area] = []
    waiting = sorted(areas, key=lambda area: area.top)
    for number in numbers:
        while place < len(waiting) and waiting[place].top <= number:
            open_areas.append(waiting[place])
            place += 1
        open_areas = [area for area in open_areas if area.bottom >= number]
        if sum(area.right - area.left + 1 for area in open_areas) > 1 << 14:  # a sheet's columns: some must overlap
            return None
        taken = joined.setdefault(number, {}) if open_areas else {}
        for area in open_areas:
            for column in range(area.left, min(area.right + 1, columns)):
                if column in taken:
                    return None
                taken[column] = area
    return joined


def column_letters(column: int) -> str:
    """The letters of a column counted from 0: ``A``, ``Z``, ``AA``."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell_name(row: int, column: int) -> str:
    """The name of a cell: row from 1, column from 0."""
    return f"{column_letters(column)}{row}"
