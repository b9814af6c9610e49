"""A worksheet's XML with cells put on it; what it has beside them is copied byte for byte (ECMA-376-1, 18.3)."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from verify.shared.spreadsheet.cells import cell_name
from verify.shared.spreadsheet.patch_styles import Look
from verify.shared.spreadsheet.places import area
from verify.shared.spreadsheet.places import column as column_of
from verify.shared.spreadsheet.splice import Splice, escaped

_ORDER: Final = (
    "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
    "protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
    "phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
    "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors",
    "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls",
    "AlternateContent", "webPublishItems", "tableParts", "extLst",
)  # fmt: skip
"""The order of a worksheet's parts (CT_Worksheet). AlternateContent wraps controls, in what Excel writes."""


class Put(msgspec.Struct, frozen=True, kw_only=True):
    """A text or a number in a cell, in the place of what it held."""

    text: str | int
    look: Look = Look()


class Dye(msgspec.Struct, frozen=True, kw_only=True):
    """A colour, RRGGBB, over a cell that else stays what it is."""

    fill: str


Edits = Mapping[int, Mapping[int, Put | Dye]]
"""Row from 1 → column from 0 → what happens to the cell."""


class SheetPatch(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed on a sheet."""

    part: str
    edits: Edits
    widths: Mapping[int, float] = {}
    """Columns' widths, in characters."""
    heights: Mapping[int, float] = {}
    """Least heights of rows with edits, in points."""
    notes: Mapping[tuple[int, int], str] = {}
    filter: str = ""
    """The area of a filter, where the sheet has none and no table, which have their own."""
    bare: bool = False
    """Whether what might hide a cell is taken away: hidden rows and columns, filters, protection, rules' colours."""


class SheetSplice(Splice):
    """Makes the changes. ``number`` gives the number of a look, laid over that of an existing cell or not.

    ``inserts`` are parts of the worksheet to add, by their names; ``rules`` of them come before all others.
    Rows down to ``last_hidden`` may be hidden.
    """

    def __init__(
        self,
        patch: SheetPatch,
        number: Callable[[Look, int | None], int],
        inserts: Mapping[str, Callable[[Splice], str]],
        *,
        rules: int,
        last_hidden: int,
    ) -> None:
        super().__init__()
        self._patch = patch
        self._number = number
        self._inserts = {_ORDER.index(name): made for name, made in inserts.items()}
        self._rules = rules
        self._last_hidden = last_hidden if patch.bare else 0
        self._rows = sorted(patch.edits, reverse=True)
        self._row = 0
        self._column = -1
        self._cells: dict[int, Put | Dye] = {}
        self._put: tuple[int, int, Put] | None = None
        self._columns: list[dict[str, str]] | None = None
        self._had_columns = False
        self._instead = ""
        self.formulas_lost = False
        """Whether a formula stood where a text is put."""

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        """See Splice."""
        if tag == "c" and self.depth == 4:
            self._cell_starts(attributes)
        elif tag == "row" and self.depth == 3:
            self._row_starts(attributes)
        elif tag == "f" and self._put is not None:
            self.formulas_lost = True
        elif self.depth == 2:
            self._part_starts(tag, attributes)
        elif tag == "col" and self._columns is not None:
            self._columns.append(attributes)
        elif tag == "cfRule" and self._rules and attributes.get("priority", "").isdecimal():
            self.retag(attributes | {"priority": str(int(attributes["priority"]) + self._rules)})

    def closed(self, tag: str) -> None:
        """See Splice."""
        if tag == "c" and self._put is not None and self.depth == 4:
            assert self._held is not None  # noqa: S101 -- held since the cell began
            self.replace(self._held, self.end(), self._text_cell(*self._put))
            self.hold(None)
            self._put = None
        elif tag == "row" and self.depth == 3:
            self._row_ends()
        elif tag == "sheetData" and self.depth == 2:
            if not self.was_empty():
                self.put(self.here, self._rows_before(None))
        elif tag == "cols" and self._columns is not None:
            assert self._held is not None  # noqa: S101 -- held since the element began
            self.replace(self._held, self.end(), self._cols(self._columns))
            self.hold(None)
            self._columns = None
        elif self.depth == 2 and self._held is not None:
            self.replace(self._held, self.end(), self._instead)
            self.hold(None)
        elif self.depth == 1:
            self._insert_before(len(_ORDER))

    def _part_starts(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _ORDER:
            self._insert_before(_ORDER.index(tag))
        if tag == "dimension":
            self.retag(attributes | {"ref": self._dimension(attributes.get("ref", ""))})
        elif tag == "cols" and (self._patch.widths or self._patch.bare):
            self.hold(self.here)
            self._columns = []
        elif tag == "sheetData":
            if self._patch.widths and not self._had_columns:
                self.put(self.here, self._cols([]))
            if self.is_empty():
                self.retag(attributes, content=self._rows_before(None))
        elif self._patch.bare and tag in ("sheetProtection", "autoFilter"):
            self._instead = "" if tag == "sheetProtection" else self.element(tag, attributes)
            self.hold(self.here)
        elif self._patch.bare and (hiding := {"zeroHeight", "filterMode"} & attributes.keys()):
            self.retag({name: value for name, value in attributes.items() if name not in hiding})

    def _insert_before(self, order: int) -> None:
        for at in sorted(self._inserts):
            if at <= order:
                self.put(self.here, self._inserts.pop(at)(self))

    def _dimension(self, ref: str) -> str:
        rows = [row for row, cells in self._patch.edits.items() if cells]
        columns = [column for cells in self._patch.edits.values() for column in cells]
        if not rows:
            return ref
        top, left, bottom, right = min(rows), min(columns), max(rows), max(columns)
        try:
            was = area(ref)
        except ValueError:
            was = (top, left, bottom, right)
        first = cell_name(min(top, was[0]), min(left, was[1]))
        return f"{first}:{cell_name(max(bottom, was[2]), max(right, was[3]))}"

    def _rows_before(self, row: int | None) -> str:
        """The rows that are to be before ``row`` and are not there."""
        made = []
        while self._rows and (row is None or self._rows[-1] < row):
            number = self._rows.pop()
            cells = self._patch.edits[number]
            content = "".join(self._cell(number, column, cells[column]) for column in sorted(cells))
            made.append(self.element("row", self._height(number, {"r": str(number)}), content))
        return "".join(made)

    def _row_starts(self, attributes: dict[str, str]) -> None:
        self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
        self._column = -1
        if self._rows and self._rows[-1] < self._row:
            self.put(self.here, self._rows_before(self._row))
        self._cells = {}
        changed = attributes
        if self._rows and self._rows[-1] == self._row:
            self._rows.pop()
            self._cells = dict(self._patch.edits[self._row])
            changed = self._height(self._row, {name: value for name, value in attributes.items() if name != "spans"})
        if self._patch.bare and "hidden" in changed:
            changed = {name: value for name, value in changed.items() if name != "hidden"}
        empty = bool(self._cells) and self.is_empty()
        if empty or changed != attributes:
            self.retag(changed, content=self._cells_before(None) if empty else None)

    def _height(self, row: int, attributes: dict[str, str]) -> dict[str, str]:
        least = self._patch.heights.get(row)
        if least is None or float(attributes.get("ht") or 0) >= least:
            return attributes
        return attributes | {"ht": f"{least:g}", "customHeight": "1"}

    def _row_ends(self) -> None:
        if self._cells:
            self.put(self.here, self._cells_before(None))
        if not self._rows and self._row >= self._last_hidden:
            self.skip_to_end("sheetData")

    def _cells_before(self, column: int | None) -> str:
        columns = [key for key in sorted(self._cells) if column is None or key < column]
        return "".join(self._cell(self._row, key, self._cells.pop(key)) for key in columns)

    def _cell_starts(self, attributes: dict[str, str]) -> None:
        self._column = column_of(attributes["r"]) if "r" in attributes else self._column + 1
        if not self._cells:
            return
        if before := self._cells_before(self._column):
            self.put(self.here, before)
        edit = self._cells.pop(self._column, None)
        if isinstance(edit, Dye):
            style = attributes.get("s", "")
            number = self._number(Look(fill=edit.fill), int(style) if style.isdecimal() else 0)
            self.retag(attributes | {"s": str(number)})
        elif edit is not None:
            self._put = (self._row, self._column, edit)
            self.hold(self.here)

    def _cell(self, row: int, column: int, edit: Put | Dye) -> str:
        if isinstance(edit, Put):
            return self._text_cell(row, column, edit)
        return self.element("c", {"r": cell_name(row, column), "s": str(self._number(Look(fill=edit.fill), None))})

    def _text_cell(self, row: int, column: int, put: Put) -> str:
        attributes = {"r": cell_name(row, column), "s": str(self._number(put.look, None))}
        if isinstance(put.text, int):
            return self.element("c", attributes, self.element("v", {}, str(put.text)))
        attributes["t"] = "inlineStr"
        text = self.element("t", {"xml:space": "preserve"}, escaped(put.text))
        return self.element("c", attributes, self.element("is", {}, text))

    def _cols(self, had: list[dict[str, str]]) -> str:
        """The widths with ours among them; an entry that holds for several columns is split around ours."""
        self._had_columns = True
        made: list[tuple[int, dict[str, str]]] = []
        for entry in had:
            kept = {name: value for name, value in entry.items() if not (self._patch.bare and name == "hidden")}
            at, last = int(entry["min"]), int(entry["max"])
            for column in sorted(column + 1 for column in self._patch.widths if at <= column + 1 <= last):
                if at < column:
                    made.append((at, kept | {"min": str(at), "max": str(column - 1)}))
                at = column + 1
            if at <= last:
                made.append((at, kept | {"min": str(at), "max": str(last)}))
        for column, width in self._patch.widths.items():
            number = str(column + 1)
            made.append((column + 1, {"min": number, "max": number, "width": f"{width:g}", "customWidth": "1"}))
        return self.element("cols", {}, "".join(self.element("col", entry) for _, entry in sorted(made, key=_at)))


def _at(made: tuple[int, dict[str, str]]) -> int:
    return made[0]
