"""The announcement as an editable Word document, for the newspaper's own desk."""

import datetime
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from typing import Final

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle

from signing.print.announcement import Announcement, Listed
from verify.core.china_time import local

_WIDTH: Final = 158
"""Millimetres between the margins."""
_POINT: Final = 0.3528
_NAME_SIZE: Final = 10.5
_GAP: Final = "\u2002"
"""Stands behind a name before its tab stop: a name that ends beside a stop goes on to the next, and runs into none."""
_USUAL: Final = 3
"""Characters of a usual name."""
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP entry can have: the file's own time must not depend on when it was written."""


def docx(paper: Announcement) -> bytes:
    """The announcement as DOCX; the same announcement gives the same bytes."""
    document = Document()
    columns = _columns(paper)
    _set_up(document, paper, columns)
    heading = document.add_heading("".join(paper.title), level=1)
    heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for words in paper.lead:
        document.add_paragraph(words, style="Body Text")
    for part in paper.sections:
        document.add_heading(part.heading, level=2).alignment = WD_ALIGN_PARAGRAPH.CENTER
        for line in _lines(part.names, columns):
            document.add_paragraph(line, style="List")
    for words in paper.close:
        document.add_paragraph(words, style="Body Text")
    for words in (*paper.issuers, paper.date):
        document.add_paragraph(words, style="Signature")
    out = io.BytesIO()
    document.save(out)
    return _steady(out.getvalue())


def _set_up(document: DocumentObject, paper: Announcement, columns: int) -> None:
    at = local(paper.issued_at)
    properties = document.core_properties
    properties.title = "".join(paper.title)
    properties.author = properties.last_modified_by = "、".join(paper.issuers)
    properties.language = "zh-CN"
    properties.comments = ""
    # python-docx writes naive times, as UTC.
    properties.created = properties.modified = at.astimezone(datetime.UTC).replace(tzinfo=None)
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(26)
    page.top_margin, page.bottom_margin = Mm(32), Mm(28)
    _page_number(document)
    defaults = document.styles.element.find(f"{qn('w:docDefaults')}//{qn('w:lang')}")
    if defaults is not None:
        defaults.set(qn("w:eastAsia"), "zh-CN")  # by which Word sets punctuation as on the mainland
    body = _style(document, "Body Text", 12)
    body.paragraph_format.first_line_indent = Pt(24)
    body.paragraph_format.line_spacing = 1.5
    names = _style(document, "List", _NAME_SIZE)
    names.paragraph_format.left_indent = names.paragraph_format.first_line_indent = Mm(0)
    names.paragraph_format.line_spacing = 1.4
    names.paragraph_format.space_after = Pt(0)
    for column in range(1, columns):
        names.paragraph_format.tab_stops.add_tab_stop(Mm(_WIDTH * column / columns))
    signature = document.styles.add_style("Signature", 1)
    signature.base_style = document.styles["Normal"]
    _style(document, "Signature", 12).paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _style(document, "Heading 1", 18).paragraph_format.space_after = Pt(18)
    _style(document, "Heading 2", 13).paragraph_format.space_after = Pt(6)


def _style(document: DocumentObject, name: str, size: float) -> ParagraphStyle:
    """The style ``name`` in Song type, black."""
    style = document.styles[name]
    if not isinstance(style, ParagraphStyle):
        raise TypeError(f"the style {name} is not one of paragraphs")
    style.font.size = Pt(size)
    style.font.name = "Times New Roman"
    style.font.color.rgb = None
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(key), None)
    fonts.set(qn("w:eastAsia"), "宋体")
    return style


def _page_number(document: DocumentObject) -> None:
    paragraph = document.sections[0].footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)  # python-docx has no fields of its own


def _columns(paper: Announcement) -> int:
    """As many as are asked for, or fewer: a name of up to three characters has room in one behind its serial."""
    usual = [_width(_spread(one) + _GAP) for part in paper.sections for one in part.names if len(one.name) <= _USUAL]
    return max(1, min(paper.columns, int(_WIDTH / max(usual, default=1))))


def _lines(names: Iterable[Listed], columns: int) -> Iterator[str]:
    """Lines of names between tab stops; a name that is wider than a column takes the room of two or more."""
    column = _WIDTH / columns
    line, used = "", 0
    for name in map(_spread, names):
        room = 1 + int(_width(name + _GAP) // column)
        if used and used + room > columns:
            yield line.removesuffix(_GAP + "\t")
            line, used = "", 0
        # The stop behind a long name is the first that it has not passed.
        line += name + _GAP + "\t"
        used += room
    if line:
        yield line.removesuffix(_GAP + "\t")


def _spread(one: Listed) -> str:
    """The name behind its serial; one of two characters is as wide as one of three, as newspapers set it."""
    before = "" if one.serial is None else f"{one.serial} "
    if len(one.name) == 2 and all(unicodedata.east_asian_width(character) == "W" for character in one.name):
        return f"{before}{one.name[0]}\u3000{one.name[1]}"
    return before + one.name


def _width(name: str) -> float:
    """About how many millimetres a name takes."""
    wide = sum(1.0 if unicodedata.east_asian_width(character) in "WF" else 0.55 for character in name)
    return wide * _NAME_SIZE * _POINT


def _steady(data: bytes) -> bytes:
    """The same ZIP with fixed times."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name, _EPOCH), source.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
