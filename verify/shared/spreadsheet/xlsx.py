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
from verify.shared.spreadsheet.xlsx_texts import read_texts, unescaped

_PARTS: Final = {
    "officeDocument": "xl/workbook.xml",
    "styles": "xl/styles.xml",
    "sharedStrings": "xl/sharedstrings.xml",
}
_TRUE: Final = ("1", "true", "on")


class Xlsx:
    """An open workbook."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self._limits = limits
        self._parts = Parts(data, limits)
        self._book = self._find_book()
        root = self._parts.tree(self._book)
        related = self._parts.related(self._book)
        self._targets: list[str | None] = []
        named = []
        for place, entry in enumerate(_children(root, "sheets")):
            relation = next((value for name, value in entry.attrib.items() if name.endswith("}id")), "")
            kind, target = related.get(relation, ("", ""))
            table = kind == "worksheet" and target in self._parts
            if kind == "worksheet" and not table:
                raise Unreadable("damaged_file")
            self._targets.append(target if table else None)
            hidden = entry.get("state", "visible") != "visible"
            named.append(Named(name=entry.get("name", ""), place=place, hidden=hidden, table=table))
        if not named:
            raise Unreadable("no_sheet")
        self.sheets: tuple[Named, ...] = tuple(named)
        self.macros = any(name.endswith("vbaproject.bin") for name in self._parts.names())
        calculation = next(iter(_found(root, "calcPr")), ElementTree.Element("none"))
        self._uncalculated = (
            calculation.get("fullCalcOnLoad", "0") in _TRUE or calculation.get("calcCompleted", "1") not in _TRUE
        )
        self._by_excel = "calcId" in calculation.attrib
        book = next(iter(_found(root, "workbookPr")), calculation)
        self._epoch = EPOCH_1904 if book.get("date1904") in _TRUE else EPOCH
        styles = self._part(related, "styles")
        self._styles = _styles(self._parts.tree(styles)) if styles else []
        texts = self._part(related, "sharedStrings")
        self._texts = read_texts(self._parts, texts) if texts else []

    def _find_book(self) -> str:
        kinds = dict(self._parts.related("").values())
        book = kinds.get("officeDocument", _PARTS["officeDocument"])
        if book in self._parts and not book.endswith(".bin"):
            return book
        if "xl/workbook.bin" in self._parts:
            raise Unreadable("binary_workbook")
        if "content.xml" in self._parts and "mimetype" in self._parts:
            raise Unreadable("open_document")
        raise Unreadable("not_a_table" if "[content_types].xml" not in self._parts or kinds else "damaged_file")

    def _part(self, related: dict[str, tuple[str, str]], kind: str) -> str | None:
        named = next((target for what, target in related.values() if what == kind and target in self._parts), None)
        return named or (_PARTS[kind] if _PARTS[kind] in self._parts else None)

    def sheet(self, place: int) -> Sheet:
        """A sheet by its place. Raises Unreadable."""
        target = self._targets[place]
        if target is None:
            raise Unreadable("no_table")
        return read_sheet(
            self._parts,
            target,
            self.sheets[place].name,
            self._limits,
            texts=self._texts,
            styles=self._styles,
            epoch=self._epoch,
            calculated=False if self._uncalculated else None if not self._by_excel else True,
        )


def _found(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """The children of that name, in whichever namespace: Transitional and Strict differ in nothing else here."""
    return [child for child in root if child.tag.rpartition("}")[2] == name]


def _children(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [child for part in _found(root, name) for child in part]


def _styles(root: ElementTree.Element) -> list[Style]:
    """The cell formats in their order; a cell names its own by place, and one that is not there means none."""
    codes: dict[str, str] = {str(number): code for number, code in number_formats.BUILT_IN.items()}
    for entry in _children(root, "numFmts"):
        codes[entry.get("numFmtId", "")] = unescaped(entry.get("formatCode", "General"))
    return [Style.of(codes.get(entry.get("numFmtId", "0"), "General")) for entry in _children(root, "cellXfs")]
