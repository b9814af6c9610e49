"""Workbooks written part by part, so that a test can say exactly what stands in them, as oddly as programs do."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import xlwt

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN: Final = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_RELATIONS: Final = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"


class Cell:
    """A value with a format, or a formula with its saved result."""

    def __init__(self, value: Any, code: str = "General", formula: str | None = None) -> None:
        self.value, self.code, self.formula = value, code, formula


class Raw(str):
    """A cell's XML as it is; ``{r}`` stands for its name."""

    __slots__ = ()


def xlsx(
    rows: Iterable[Iterable[Any]],
    *,
    merged: Iterable[str] = (),
    calculation: str = '<calcPr calcId="191029"/>',
    others: Mapping[str, str] | None = None,
    hidden_rows: Iterable[int] = (),
    columns: str = "",
    strict: bool = False,
    changes: Mapping[str, str | bytes] | None = None,
    book: str = "xl/workbook.xml",
    target: str = "worksheets/sheet1.xml",
    sheet: str = "xl/worksheets/sheet1.xml",
    state: str = "",
) -> bytes:
    """An .xlsx; ``others`` are further sheets, name → state, ``changes`` parts as they are to be."""
    codes: list[str] = ["General"]
    hidden = set(hidden_rows)
    lines = []
    for number, row in enumerate(rows, 1):
        cells = "".join(_cell(value, f"{_letters(at)}{number}", codes) for at, value in enumerate(row))
        shut = ' hidden="1"' if number in hidden else ""
        lines.append(f'<row r="{number}"{shut}>{cells}</row>')
    main, relations = (STRICT_MAIN, STRICT_RELATIONS) if strict else (MAIN, RELATIONS)
    areas = "".join(f'<mergeCell ref="{area}"/>' for area in merged)
    table = (
        f'<worksheet xmlns="{main}">{columns}<sheetData>{"".join(lines)}</sheetData>'
        f"{f'<mergeCells>{areas}</mergeCells>' if areas else ''}</worksheet>"
    )
    seen = f' state="{state}"' if state else ""
    named = f'<sheet name="成绩" sheetId="1" r:id="rId1"{seen}/>'
    also = ""
    parts: dict[str, str | bytes] = {}
    for place, (name, its_state) in enumerate((others or {}).items(), 2):
        named += f'<sheet name={quoteattr(name)} sheetId="{place}" state="{its_state}" r:id="rId{place}"/>'
        also += f'<Relationship Id="rId{place}" Type="{relations}/worksheet" Target="worksheets/sheet{place}.xml"/>'
        parts[f"xl/worksheets/sheet{place}.xml"] = f'<worksheet xmlns="{main}"><sheetData/></worksheet>'
    formats = "".join(f'<numFmt numFmtId="{164 + at}" formatCode={quoteattr(c)}/>' for at, c in enumerate(codes))
    cell_formats = "".join(f'<xf numFmtId="{164 + at}"/>' for at in range(len(codes)))
    folder, _slash, name = book.rpartition("/")
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{relations}/officeDocument" Target="{book}"/></Relationships>',
        book: f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>{named}</sheets>{calculation}</workbook>',
        f"{folder}/_rels/{name}.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{relations}/worksheet" Target="{target}"/><Relationship Id="rId99" Type="{relations}/styles" '
        f'Target="styles.xml"/>{also}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><numFmts>{formats}</numFmts><fills><fill/></fills>'
        f"<cellXfs>{cell_formats}</cellXfs></styleSheet>",
        sheet: table,
        **parts,
        **(changes or {}),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in parts.items():
            archive.writestr(part, text)
    return packed.getvalue()


def _cell(value: Any, name: str, codes: list[str]) -> str:
    if value is None:
        return ""
    if isinstance(value, Raw):
        return value.replace("{r}", name)
    style = formula = ""
    if isinstance(value, Cell):
        if value.code not in codes:
            codes.append(value.code)
        style = f' s="{codes.index(value.code)}"'
        formula = f"<f>{escape(value.formula)}</f>" if value.formula is not None else ""
        value = value.value
    if value is None:
        return f'<c r="{name}"{style}>{formula}</c>'
    if isinstance(value, bool):
        return f'<c r="{name}" t="b"{style}>{formula}<v>{int(value)}</v></c>'
    if isinstance(value, str) and formula:
        return f'<c r="{name}" t="str"{style}>{formula}<v>{escape(value)}</v></c>'
    if isinstance(value, str):
        text = escape(value)
        return f'<c r="{name}" t="inlineStr"{style}><is><t xml:space="preserve">{text}</t></is></c>'
    return f'<c r="{name}"{style}>{formula}<v>{value}</v></c>'


def xls(rows: Iterable[Iterable[Any]], merged: Iterable[tuple[int, int, int, int]] = (), hidden: bool = False) -> bytes:
    """An .xls; ``merged`` are first and last row, first and last column, all from 0."""
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("成绩", cell_overwrite_ok=True)
    if hidden:
        book.get_sheet(0).visibility = 1
        book.add_sheet("second")
        book.set_active_sheet(1)
    areas = list(merged)
    for number, row in enumerate(rows):
        for at, value in enumerate(row):
            if value is None:
                continue
            style = xlwt.XFStyle()
            if isinstance(value, Cell):
                style.num_format_str = value.code
            held = (
                value if not isinstance(value, Cell) else xlwt.Formula(value.formula) if value.formula else value.value
            )
            area = next((area for area in areas if (area[0], area[2]) == (number, at)), None)
            if area:
                sheet.write_merge(*area, held, style)
            else:
                sheet.write(number, at, held, style)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _letters(column: int) -> str:
    return chr(ord("A") + column) if column < 26 else chr(ord("A") + column // 26 - 1) + chr(ord("A") + column % 26)
