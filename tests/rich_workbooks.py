"""Workbooks with all that offices put into them beside rows, and a strict look at what comes back."""

import io
import posixpath
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree

import openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.packaging.custom import StringProperty
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table
from PIL import Image as Pictures

TEXT_BOX: Final = (
    '<xdr:twoCellAnchor xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:from><xdr:col>1</xdr:col><xdr:colOff>0'
    "</xdr:colOff><xdr:row>20</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>3</xdr:col><xdr:colOff>0"
    "</xdr:colOff><xdr:row>23</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to><xdr:sp macro='' textlink=''><xdr:nvSpPr>"
    '<xdr:cNvPr id="99" name="TextBox"/><xdr:cNvSpPr txBox="1"/></xdr:nvSpPr><xdr:spPr><a:xfrm><a:off x="0" y="0"/>'
    '<a:ext cx="1800000" cy="540000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></xdr:spPr><xdr:txBody>'
    "<a:bodyPr/><a:p><a:r><a:t>人事部盖章处</a:t></a:r></a:p></xdr:txBody></xdr:sp><xdr:clientData/>"
    "</xdr:twoCellAnchor>"
)
CELL_IMAGES: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<etc:cellImages xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><etc:cellImage><etc:pic '
    'r:embed="rId1" name="ID_1"/></etc:cellImage></etc:cellImages>'
)


def picture(color: str = "red") -> bytes:
    """A small PNG."""
    file = io.BytesIO()
    Pictures.new("RGB", (64, 64), color).save(file, "PNG")
    return file.getvalue()


def bytes_of(book: openpyxl.Workbook) -> bytes:
    """A workbook as a file."""
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def plain(*rows: Sequence[Any]) -> bytes:
    """A workbook of one sheet of rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    return bytes_of(book)


def rich(*rows: Sequence[Any]) -> bytes:
    """Rows with a chart, a logo on a cover sheet, a text box, in-cell photographs of WPS, rules, notes and the like."""
    book = openpyxl.Workbook()
    sheet: Any = book.worksheets[0]
    sheet.title = "名单"
    for row in rows:
        sheet.append(row)
    width, last = max(map(len, rows)), len(rows)
    letter = get_column_letter(width)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{letter}{last}"
    rule: Any = CellIsRule
    area = f"A2:{letter}{last}"
    sheet.conditional_formatting.add(area, rule("notEqual", ["0"], fill=PatternFill(bgColor="FFCCFFCC")))
    sheet.add_data_validation(DataValidation(type="list", formula1='"是,否"', sqref=f"{letter}2:{letter}99"))
    sheet["A2"].comment = Comment("办公室的批注", "office")
    sheet.protection.sheet = True
    sheet.column_dimensions["A"].width = 22
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=1, min_row=1, max_row=last), titles_from_data=True)
    sheet.add_chart(chart, "B26")
    cover: Any = book.create_sheet("封面")
    cover["A1"] = "2022 年持证人员"
    cover.add_image(Image(io.BytesIO(picture())), "B2")
    other: Any = book.create_sheet("汇总")
    for row in (("部门", "人数"), ("研发部", 2)):
        other.append(row)
    other.add_table(Table(displayName="表1", ref="A1:B2"))
    book.custom_doc_props.append(  # type: ignore[attr-defined]  # not in the stubs
        StringProperty(name="档号", value="2022-07")
    )
    data = bytes_of(book)
    data = with_parts(data, {"xl/drawings/drawing1.xml": lambda xml: before(xml, b"</wsDr>", TEXT_BOX.encode())})
    return with_parts(
        data,
        {
            "xl/_rels/workbook.xml.rels": lambda xml: before(
                xml,
                b"</Relationships>",
                b'<Relationship Id="rIdWps" Type="http://www.wps.cn/officeDocument/2020/cellImage" '
                b'Target="cellimages.xml"/>',
            ),
            "[Content_Types].xml": lambda xml: before(
                xml,
                b"</Types>",
                b'<Override PartName="/xl/cellimages.xml" '
                b'ContentType="application/vnd.wps-officedocument.cellimage+xml"/>',
            ),
        },
        {
            "xl/cellimages.xml": CELL_IMAGES.encode(),
            "xl/_rels/cellimages.xml.rels": (
                b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
                b'Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
                b'Target="media/wps1.png"/></Relationships>'
            ),
            "xl/media/wps1.png": picture("blue"),
        },
    )


def before(xml: bytes, mark: bytes, new: bytes) -> bytes:
    """``xml`` with something put in before the last ``mark``, which must be there."""
    assert mark in xml
    head, _, tail = xml.rpartition(mark)
    return head + new + mark + tail


def with_parts(
    data: bytes,
    changes: Mapping[str, Callable[[bytes], bytes]],
    added: Mapping[str, bytes] | None = None,
    *,
    names: Callable[[str], str] = str,
    without: Sequence[str] = (),
) -> bytes:
    """A package with parts changed by functions, added, renamed or left out."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        assert set(changes) <= set(source.namelist()), set(changes) - set(source.namelist())
        for name in source.namelist():
            if name not in without:
                part = source.read(name)
                target.writestr(names(name), changes[name](part) if name in changes else part)
        for name, part in (added or {}).items():
            target.writestr(names(name), part)
    return file.getvalue()


def parts_of(data: bytes) -> dict[str, bytes]:
    """Every part of a package."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def assert_strict(data: bytes) -> None:
    """Every part is XML where it says so, every relationship leads to a part, and every part has a kind."""
    parts = parts_of(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == len(set(archive.namelist()))
    for name, part in parts.items():
        if name.endswith((".xml", ".rels", ".vml")):
            ElementTree.fromstring(part)  # noqa: S314 -- made here
        if name.endswith(".rels"):
            folder = posixpath.dirname(posixpath.dirname(name))
            seen = set()
            for relation in ElementTree.fromstring(part):  # noqa: S314 -- made here
                assert relation.get("Id") not in seen
                seen.add(relation.get("Id"))
                if relation.get("TargetMode") != "External":
                    target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
                    assert target in parts, (name, target)
    kinds = ElementTree.fromstring(parts["[Content_Types].xml"])  # noqa: S314 -- made here
    known = {kind.get("PartName", "").lstrip("/") for kind in kinds if kind.tag.endswith("Override")}
    endings = {f".{kind.get('Extension', '')}".casefold() for kind in kinds if kind.tag.endswith("Default")}
    for name in parts:
        assert name in known or name.casefold().endswith(tuple(endings)) or name.startswith("["), name
    assert known <= set(parts), known - set(parts)
