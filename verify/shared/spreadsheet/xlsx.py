"""Workbooks in .xlsx (Transitional and Strict Office Open XML): sheets, formats and texts, and each sheet's cells.

Only what a table needs is looked at; everything else in the file may be as odd as it likes.
"""

from typing import Final
from xml.etree import ElementTree

from verify.shared.spreadsheet import number_formats
from verify.shared.spreadsheet.cell_styles import EPOCH, EPOCH_1904, Style
from verify.shared.spreadsheet.cells import Named, Sheet
from verify.shared.spreadsheet.parts import Parts
from verify.shared.spreadsheet.unreadable import Limits, Unreadable
from verify.shared.spreadsheet.xlsx_sheet import read_sheet
from verify.shared.spreadsheet.xlsx_tabs import children, named, tabs, workbook
from verify.shared.spreadsheet.xlsx_texts import read_texts, unescaped

_USUAL: Final = {"styles": "xl/styles.xml", "sharedStrings": "xl/sharedstrings.xml"}
_TRUE: Final = ("1", "true", "on")
_NONE: Final = ElementTree.Element("none")


class Xlsx:
    """An open workbook."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._limits = limits
        self.parts: Final = Parts(data, limits)
        book = workbook(self.parts)
        root = self.parts.tree(book)
        self._tabs = tabs(self.parts, book, root)
        self.sheets: Final = tuple(
            Named(name=tab.name, place=place, hidden=tab.state != "visible", table=tab.kind == "worksheet")
            for place, tab in enumerate(self._tabs)
        )
        self.macros: Final = any(name.endswith("vbaproject.bin") for name in self.parts.entries)
        self._calculated = _calculated(next(iter(named(root, "calcPr")), _NONE))
        about = next(iter(named(root, "workbookPr")), _NONE)
        self._epoch = EPOCH_1904 if about.get("date1904") in _TRUE else EPOCH
        related = self.parts.related(book)
        styles = self._part(related, "styles")
        self._styles = _styles(self.parts.tree(styles)) if styles else []
        texts = self._part(related, "sharedStrings")
        self._texts = read_texts(self.parts, texts) if texts else []

    def _part(self, related: dict[str, tuple[str, str]], kind: str) -> str | None:
        found = next((target for what, target in related.values() if what == kind and target in self.parts), None)
        return found or (_USUAL[kind] if _USUAL[kind] in self.parts else None)

    def sheet(self, place: int) -> Sheet:
        """A sheet by its place. Raises Unreadable."""
        tab = self._tabs[place]
        if tab.kind != "worksheet":
            raise Unreadable("no_table")
        return read_sheet(
            self.parts,
            tab,
            self._limits,
            texts=self._texts,
            styles=self._styles,
            epoch=self._epoch,
            calculated=self._calculated,
        )


def _calculated(about: ElementTree.Element) -> bool | None:
    """Whether saved results of formulas count (ECMA-376 part 1, 18.2.2); None where the workbook does not say."""
    if about.get("fullCalcOnLoad", "0") in _TRUE or about.get("calcCompleted", "1") not in _TRUE:
        return False
    return None if about is _NONE else True  # Excel, WPS and LibreOffice, which compute, all write it


def _styles(root: ElementTree.Element) -> list[Style]:
    """The cell formats in their order; a cell names its own by place, and one that is not there means none."""
    codes: dict[str, str] = {str(number): code for number, code in number_formats.BUILT_IN.items()}
    for entry in children(root, "numFmts"):
        codes[entry.get("numFmtId", "")] = unescaped(entry.get("formatCode", "General"))
    return [Style.of(codes.get(entry.get("numFmtId", "0"), "General")) for entry in children(root, "cellXfs")]
