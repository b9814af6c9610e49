"""Where an .xlsx keeps its workbook and its sheets, in the order of its tabs."""

from typing import Final
from xml.etree import ElementTree

import msgspec

from verify.shared.spreadsheet.parts import Parts
from verify.shared.spreadsheet.unreadable import Unreadable

_USUAL: Final = "xl/workbook.xml"


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """One sheet as the workbook names it."""

    name: str
    part: str
    """The normal name of its part."""
    kind: str
    """The last word of its relationship's type: ``worksheet``, ``chartsheet``, ``dialogsheet``."""
    state: str
    """``visible``, ``hidden`` or ``veryHidden``."""


def workbook(parts: Parts) -> str:
    """The part of the workbook itself, by the package's relationships. Raises Unreadable."""
    kinds = dict(parts.related("").values())
    book = kinds.get("officeDocument", _USUAL)
    if book in parts and not book.endswith(".bin"):
        return book
    if "xl/workbook.bin" in parts:
        raise Unreadable("binary_workbook")
    if "content.xml" in parts and "mimetype" in parts:
        raise Unreadable("open_document")
    raise Unreadable("not_a_table" if "[content_types].xml" not in parts or kinds else "damaged_file")


def tabs(parts: Parts, book: str, root: ElementTree.Element) -> list[Tab]:
    """The sheets of the workbook whose part is ``book`` and tree ``root``. Raises Unreadable."""
    related = parts.related(book)
    found = []
    for entry in children(root, "sheets"):
        relation = next((value for name, value in entry.attrib.items() if name.endswith("}id")), "")
        kind, target = related.get(relation, ("", ""))
        if kind == "worksheet" and target not in parts:
            raise Unreadable("damaged_file")
        state = entry.get("state", "visible")
        found.append(Tab(name=entry.get("name", ""), part=target, kind=kind, state=state))
    if not found:
        raise Unreadable("no_sheet")
    return found


def named(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """The children of that name, in whichever namespace: Transitional and Strict differ in nothing else here."""
    return [child for child in root if child.tag.rpartition("}")[2] == name]


def children(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """The children of all children of that name."""
    return [child for part in named(root, name) for child in part]
