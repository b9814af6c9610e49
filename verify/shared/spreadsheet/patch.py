"""Cells, notes and sheets added to an .xlsx file in its own XML; whatever nobody here understands comes back untouched.

A library that reads a workbook and writes it again drops what it does not know: pictures, charts, text boxes, the
photographs that WPS keeps in cells, rules, custom properties. Here only the sheets' own parts, the styles and what
names parts are written anew, and there only the places that change; all else is copied as it is packed.

What cannot stand in an .xlsx file goes: macros. Of the rest nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from verify.shared.spreadsheet.cells import cell_name
from verify.shared.spreadsheet.parts import Parts
from verify.shared.spreadsheet.patch_notes import EMPTY, EMPTY_SHAPES, Comments, shapes
from verify.shared.spreadsheet.patch_package import RELATIONS, STRICT_RELATIONS, Rewrite, pieces
from verify.shared.spreadsheet.patch_sheet import Dye, Put, SheetPatch, SheetSplice
from verify.shared.spreadsheet.patch_styles import PLAIN, Styles
from verify.shared.spreadsheet.patch_survey import Survey, survey
from verify.shared.spreadsheet.splice import Splice
from verify.shared.spreadsheet.unreadable import Unreadable
from verify.shared.spreadsheet.xlsx_tabs import workbook

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT: Final = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_TYPES: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_SHAPES_TYPE: Final = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_CELLS_OF_A_RULE: Final = 1000
_PROGRAMS: Final = ("xlMacrosheet", "xlIntlMacrosheet")
"""Sheets of macros, which no .xlsx file may have and which cells may lean on."""


_EMPTY: Final = (
    '<worksheet xmlns="{}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetData/>'
    '<pageSetup orientation="landscape" fitToHeight="0"/></worksheet>'
)
"""A sheet that is printed as wide as the page."""


class NewSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet to add behind the others."""

    name: str
    cells: Mapping[int, Mapping[int, Put | Dye]]
    widths: Mapping[int, float] = {}


def patched(data: bytes, parts: Parts, patches: Sequence[SheetPatch], added: Sequence[NewSheet] = (),
            author: str = "") -> bytes:  # fmt: skip
    """The file with its changes; ``author`` signs notes. Raises Unreadable where it cannot be changed."""
    return _Patching(data, parts, author).done(patches, added)


class _Patching:
    """One file at work."""

    def __init__(self, data: bytes, parts: Parts, author: str) -> None:
        self.parts = parts
        self.author = author
        self.book = workbook(parts)
        self.related = parts.related(self.book)
        self.strict = _space(parts, self.book) == STRICT
        self.package = Rewrite(parts, data, strict=self.strict)
        if any(kind in _PROGRAMS for kind, _part in self.related.values()):
            raise Unreadable("not_a_table")
        self._styles_part = next((part for kind, part in self.related.values() if kind == "styles"), None)
        if self._styles_part is not None and self._styles_part not in parts:
            self._styles_part = None
        plain = PLAIN.format(STRICT if self.strict else MAIN).encode()
        self.styles = Styles(b"".join(pieces(parts, self._styles_part)) if self._styles_part else plain)

    def done(self, patches: Sequence[SheetPatch], added: Sequence[NewSheet]) -> bytes:
        seen = [survey(self.parts, patch.part, header=1) for patch in patches]
        self.styles.reserve(max((one.last_style for one in seen), default=0))
        formulas_lost = [self._sheet(patch, one) for patch, one in zip(patches, seen, strict=True)]
        sheets = [(sheet.name, self._new_sheet(sheet)) for sheet in added]
        bare = {patch.part for patch in patches if patch.bare}
        if sheets or bare:
            keys = {key for key, (_kind, part) in self.related.items() if part in bare}
            self.package.change(self.book, _Book(sheets, keys, self._kinds()).run(pieces(self.parts, self.book)))
        self._write_styles()
        for key, (kind, part) in self.related.items():
            if kind == "vbaProject" or (kind == "calcChain" and any(formulas_lost)):
                self.package.drop(self.book, key, part)
        self.package.drop_macros()
        self.package.retype(self.book, f"{_TYPES}sheet.main+xml")
        return self.package.written()

    def _kinds(self) -> str:
        return STRICT_RELATIONS if self.strict else RELATIONS

    def _sheet(self, patch: SheetPatch, seen: Survey) -> bool:
        """Changes a sheet; whether a formula was written over."""
        inserts: dict[str, Callable[[Splice], str]] = {}
        fills = self._fills(patch) if patch.bare and seen.rules else {}
        if fills:
            inserts["conditionalFormatting"] = lambda splice: self._rules(splice, fills)
        if patch.filter and not (seen.filtered or seen.tables):
            inserts["autoFilter"] = lambda splice: splice.element("autoFilter", {"ref": patch.filter})
        if patch.notes and (key := self._notes(patch, seen)):
            shown = {"xmlns:yj": self._kinds(), "yj:id": key}
            inserts["legacyDrawing"] = lambda splice: splice.element("legacyDrawing", shown)
        splice = SheetSplice(patch, self.styles.number, inserts, rules=len(fills), last_hidden=seen.last_hidden)
        self.package.change(patch.part, splice.run(pieces(self.parts, patch.part)))
        return splice.formulas_lost

    @staticmethod
    def _fills(patch: SheetPatch) -> dict[str, list[str]]:
        """Colour → the cells that have it."""
        fills: dict[str, list[str]] = {}
        for row, cells in patch.edits.items():
            for column, edit in cells.items():
                fill = edit.fill if isinstance(edit, Dye) else edit.look.fill
                if fill is not None:
                    fills.setdefault(fill, []).append(cell_name(row, column))
        return fills

    def _rules(self, splice: Splice, fills: Mapping[str, Sequence[str]]) -> str:
        """Rules before all others, so that no rule of the sheet's paints over a mark."""
        made = []
        for priority, (fill, cells) in enumerate(fills.items(), 1):
            about = {"type": "expression", "dxfId": str(self.styles.rule(fill)), "priority": str(priority)}
            rule = splice.element("cfRule", about | {"stopIfTrue": "1"}, splice.element("formula", {}, "TRUE"))
            made += [
                splice.element("conditionalFormatting", {"sqref": " ".join(cells[at : at + _CELLS_OF_A_RULE])}, rule)
                for at in range(0, len(cells), _CELLS_OF_A_RULE)
            ]
        return "".join(made)

    def _notes(self, patch: SheetPatch, seen: Survey) -> str | None:
        """Writes notes; the relationship of their shapes where the sheet had none."""
        related = self.parts.related(patch.part)
        comments = Comments(patch.notes, self.author)
        part = next((part for kind, part in related.values() if kind == "comments" and part in self.parts), None)
        if part is not None:
            self.package.change(part, comments.run(pieces(self.parts, part)))
        else:
            part = self.package.free_name("xl/comments", ".xml")
            empty = EMPTY.format(STRICT if self.strict else MAIN).encode()
            self.package.add(part, comments.run([empty]), f"{_TYPES}comments+xml")
            self.package.relate(patch.part, "comments", part)
        new = {cell: patch.notes[cell] for cell in sorted(comments.without_shape)}
        part = related.get(seen.notes or "", ("", ""))[1]
        if part in self.parts:
            drawn = shapes(b"".join(pieces(self.parts, part)), new)
            if drawn is not None:
                self.package.change(part, [drawn])
            return None
        part = self.package.free_name("xl/drawings/vmldrawing", ".vml")
        self.package.add(part, [shapes(EMPTY_SHAPES, new) or b""], _SHAPES_TYPE)
        return self.package.relate(patch.part, "vmlDrawing", part)

    def _new_sheet(self, sheet: NewSheet) -> str:
        """Adds a sheet; its relationship."""
        part = self.package.free_name("xl/worksheets/sheet", ".xml")
        empty = _EMPTY.format(STRICT if self.strict else MAIN)
        patch = SheetPatch(part=part, edits=sheet.cells, widths=sheet.widths)
        splice = SheetSplice(patch, self.styles.number, {}, rules=0, last_hidden=0)
        self.package.add(part, splice.run([empty.encode()]), f"{_TYPES}worksheet+xml")
        return self.package.relate(self.book, "worksheet", part)

    def _write_styles(self) -> None:
        if self._styles_part is not None:
            self.package.change(self._styles_part, [self.styles.written()])
            return
        part = "xl/styles.xml"  # the one name that readers take for granted
        if part in self.parts:
            part = self.package.free_name("xl/styles", ".xml")
        self.package.add(part, [self.styles.written()], f"{_TYPES}styles+xml")
        self.package.relate(self.book, "styles", part)


class _Book(Splice):
    """The workbook with sheets added, and some of those it has shown."""

    def __init__(self, added: Sequence[tuple[str, str]], shown: set[str], kinds: str) -> None:
        super().__init__()
        self._added, self._shown, self._kinds = added, shown, kinds
        self._names: set[str] = set()
        self._last = 0

    def opened(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet" and self.depth == 3:
            self._names.add(attributes.get("name", "").casefold())
            self._last = max(self._last, int(attributes.get("sheetId", "0")))
            key = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            if key in self._shown and "state" in attributes:
                self.retag({name: value for name, value in attributes.items() if name != "state"})

    def closed(self, tag: str) -> None:
        if tag == "sheets" and self.depth == 2:
            for at, (name, key) in enumerate(self._added, self._last + 1):
                about = {"name": self._free(name), "sheetId": str(at), "xmlns:yj": self._kinds, "yj:id": key}
                self.put(self.here, self.element("sheet", about))

    def _free(self, name: str) -> str:
        """The name, with a number where the workbook has it."""
        number, free = 2, name
        while free.casefold() in self._names:
            number, free = number + 1, f"{name} {number}"
        self._names.add(free.casefold())
        return free


def _space(parts: Parts, part: str) -> str:
    """The namespace of a part's root element."""
    splice = Splice()
    for _ in splice.run(pieces(parts, part)):
        break
    return splice.space
