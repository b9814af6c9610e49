"""Workbooks changed in their own XML: what is added stands in its place, and nothing else is touched or lost."""

import io
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.drawing.image import Image

from tests.rich_workbooks import assert_strict, before, bytes_of, parts_of, picture, plain, rich, with_parts
from verify.shared.spreadsheet import patch, splice
from verify.shared.spreadsheet.parts import Parts
from verify.shared.spreadsheet.patch import NewSheet
from verify.shared.spreadsheet.patch_sheet import Dye, Put, SheetPatch, SheetSplice
from verify.shared.spreadsheet.patch_styles import Look
from verify.shared.spreadsheet.patch_survey import survey
from verify.shared.spreadsheet.unreadable import Limits, Unreadable

LIMITS = Limits(size=1 << 26, unpacked=1 << 28, rows=1 << 20, columns=1 << 14)
SHEET = "xl/worksheets/sheet1.xml"
ROWS = [("证书编号", "姓名", "备注"), *((f"CEM{n}", "王莉", n) for n in range(1, 8))]
WORDS = {1: {3: Put(text="结果", look=Look(bold=True))}} | {
    row: {3: Put(text=f"真 {row}", look=Look(fill="E3F4E8"))} for row in range(2, 9)
}


def filled(data: bytes, edits: Any = None, part: str = SHEET, **more: Any) -> bytes:
    """The file with a column of words, every relationship of it followed."""
    one = SheetPatch(part=part, edits=WORDS if edits is None else edits, widths={3: 12}, **more)
    out = patch.patched(data, Parts(data, LIMITS), [one])
    assert_strict(out)
    return out


def opened(data: bytes) -> Any:
    """The first sheet, by a strict reader."""
    return openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]


def column(sheet: Any, letter: str = "D") -> list[Any]:
    """The values of a column, down to the last word."""
    return [sheet[f"{letter}{row}"].value for row in range(1, 9)]


EXPECTED = ["结果", *(f"真 {row}" for row in range(2, 9))]


def test_nothing_but_the_sheet_its_styles_and_the_list_of_kinds_is_written_anew() -> None:
    """Pictures, chart, text box, in-cell photographs, notes, rules and properties come back byte for byte."""
    data = rich(*ROWS)
    was, now = parts_of(data), parts_of(filled(data))
    assert {name for name in was if now[name] != was[name]} <= {SHEET, "xl/styles.xml", "[Content_Types].xml"}
    assert set(now) == set(was)
    for kept in (b"<conditionalFormatting", b"<dataValidations", b"<sheetProtection", b"<autoFilter", b"<pane",
                 b"<drawing", b"<legacyDrawing"):  # fmt: skip
        assert kept in now[SHEET]
    assert {"xl/cellimages.xml", "xl/media/wps1.png", "xl/charts/chart1.xml", "docProps/custom.xml"} <= set(now)
    sheet = opened(filled(data))
    assert column(sheet) == EXPECTED
    assert sheet["D2"].fill.fgColor.rgb == "FFE3F4E8"
    assert sheet["D1"].font.b
    assert sheet.column_dimensions["D"].width == 12
    assert sheet.column_dimensions["A"].width == 22
    assert sheet.dimensions == "A1:D8"
    assert [cell.value for cell in sheet[3]][:3] == ["CEM2", "王莉", 2]


def test_what_is_taken_out_again_leaves_the_sheet_as_it_was() -> None:
    """Without the new cells, the width and the dimension, the sheet's XML is the very same."""
    data = rich(*ROWS)
    was, now = parts_of(data)[SHEET].decode(), parts_of(filled(data))[SHEET].decode()
    now = re.sub(r'<c r="D\d+" s="\d+" t="inlineStr">.*?</c>', "", now).replace('ref="A1:D8"', 'ref="A1:C8"')
    assert now.replace('<col min="4" max="4" width="12" customWidth="1"/>', "") == was.replace(' spans="1:3"', "")


STYLES = "xl/styles.xml"


def swapped(part: str, *pairs: tuple[str, str]) -> Callable[[bytes], bytes]:
    """Replaces texts in a part, each of which must be there."""

    def change(xml: bytes) -> bytes:
        for old, new in pairs:
            assert old.encode() in xml, (part, old)
            xml = xml.replace(old.encode(), new.encode())
        return xml

    return change


def odd_sheet(*pairs: tuple[str, str]) -> bytes:
    """The rows with the sheet's XML changed."""
    return with_parts(plain(*ROWS), {SHEET: swapped(SHEET, *pairs)})


def without_names(xml: bytes) -> bytes:
    """A sheet whose rows and cells do not say where they are."""
    return re.sub(rb'<(row|c) r="[A-Z0-9]+"', rb"<\1", xml)


def prefixed(xml: bytes) -> bytes:
    """The same XML with a prefix on every element."""
    xml = re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", xml)
    return xml.replace(b' xmlns="', b' xmlns:x="')


def strict(data: bytes) -> bytes:
    """A workbook in the namespaces of ISO 29500 Strict."""

    def change(xml: bytes) -> bytes:
        return xml.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        ).replace(
            b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            b"http://purl.oclc.org/ooxml/officeDocument/relationships",
        )

    return with_parts(data, {name: change for name in parts_of(data) if name.endswith((".xml", ".rels"))})


def of_utf16(xml: bytes) -> bytes:
    """A part in UTF-16, as some programs write it."""
    text = xml.decode()
    text = text.partition("?>")[2] if text.startswith("<?xml") else text
    return ('<?xml version="1.0" encoding="UTF-16"?>' + text).encode("utf-16")


RAW: dict[str, Callable[[], bytes]] = {
    "empty fill": lambda: with_parts(
        plain(*ROWS), {STYLES: swapped(STYLES, ("<fill><patternFill/></fill>", "<fill/>"))}
    ),
    "font family 34": lambda: with_parts(
        plain(*ROWS), {STYLES: swapped(STYLES, ('<family val="2"', '<family val="34"'))}
    ),
    "style 99": lambda: odd_sheet(('<c r="B3" ', '<c r="B3" s="99" ')),
    "style 1": lambda: odd_sheet(('<c r="B3" ', '<c r="B3" s="1" ')),
    "no dimension": lambda: odd_sheet(('<dimension ref="A1:C8"/>', "")),
    "a dimension of one cell": lambda: odd_sheet(('ref="A1:C8"', 'ref="A1"')),
    "a dimension of nothing": lambda: odd_sheet(('ref="A1:C8"', 'ref=""')),
    "no names": lambda: with_parts(plain(*ROWS), {SHEET: without_names}),
    "a prefix": lambda: with_parts(plain(*ROWS), {SHEET: prefixed, STYLES: prefixed}),
    "strict": lambda: strict(plain(*ROWS)),
    "UTF-16": lambda: with_parts(plain(*ROWS), {SHEET: of_utf16}),
    "an empty row": lambda: odd_sheet(("</sheetData>", '<row r="9"/><row r="12" ht="30"/></sheetData>')),
    "every column wide": lambda: odd_sheet(
        ("<sheetData>", '<cols><col min="1" max="16384" width="9"/></cols><sheetData>')
    ),
    "formatted to the last column": lambda: odd_sheet(('<row r="8">', '<row r="8" spans="1:16384" s="0">')),
    "a bad date": lambda: with_parts(
        plain(*ROWS), {"docProps/core.xml": lambda xml: re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"yesterday", xml)}
    ),
    "a property without a name": lambda: with_parts(
        rich(*ROWS), {"docProps/custom.xml": lambda xml: re.sub(rb' name="[^"]*"', b"", xml)}
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", RAW)
def test_what_excel_opens_is_filled(kind: str) -> None:
    """Cells are read here by what the XML says, as some of these are nothing that a strict reader opens."""
    data = RAW[kind]()
    xml = parts_of(filled(data))[SHEET].decode()
    cells = re.findall(
        r'<(?:x:)?c r="D(\d)" s="\d+" t="inlineStr"><(?:x:)?is><(?:x:)?t xml:space="preserve">([^<]*)<', xml
    )
    assert [text for _, text in cells] == EXPECTED
    assert [int(row) for row, _ in cells] == list(range(1, 9))
    if kind not in ("empty fill", "font family 34", "style 99", "style 1", "strict", "a bad date", "UTF-16",
                    "a property without a name", "a dimension of nothing"):  # fmt: skip
        assert column(opened(filled(data))) == EXPECTED


def renamed(data: bytes, names: Callable[[str], str], *, rels: tuple[str, str] | None = None) -> bytes:
    """A package whose entries are called otherwise."""
    changes = {} if rels is None else {"xl/_rels/workbook.xml.rels": swapped("rels", rels)}
    return with_parts(data, changes, names=names)


NAMES: dict[str, Callable[[], bytes]] = {
    "backslashes": lambda: renamed(rich(*ROWS), lambda name: name.replace("/", "\\")),
    "a leading slash": lambda: renamed(rich(*ROWS), lambda name: f"/{name}"),
    "capitals": lambda: renamed(rich(*ROWS), lambda name: name.replace("workbook.xml", "Workbook.xml")),
    "a capital folder": lambda: renamed(
        rich(*ROWS), lambda name: name.replace("worksheets/sheet1", "Worksheets/Sheet1")
    ),
    "a dot": lambda: renamed(rich(*ROWS), str, rels=("/xl/worksheets/sheet1.xml", "./worksheets/sheet1.xml")),
    "two dots": lambda: renamed(rich(*ROWS), str, rels=("/xl/worksheets/sheet1.xml", "../xl/worksheets/sheet1.xml")),
    "a backslash target": lambda: renamed(
        rich(*ROWS), str, rels=("/xl/worksheets/sheet1.xml", "worksheets\\sheet1.xml")
    ),
    "workbook2": lambda: with_parts(
        rich(*ROWS),
        {
            "_rels/.rels": swapped("rels", ("xl/workbook.xml", "xl/workbook2.xml")),
            "[Content_Types].xml": swapped("types", ("xl/workbook.xml", "xl/workbook2.xml")),
        },
        names=lambda name: name.replace("workbook.xml", "workbook2.xml"),
    ),
}


@pytest.mark.parametrize("kind", NAMES)
def test_parts_are_found_as_excel_finds_them_and_given_back_as_strict_readers_want_them(kind: str) -> None:
    """Whatever the archive calls them."""
    assert column(opened(filled(NAMES[kind]()))) == EXPECTED


def test_a_workbook_without_styles_gets_some() -> None:
    """And no number that its cells name means one of ours."""
    data = with_parts(
        plain(*ROWS),
        {
            SHEET: swapped(SHEET, ('<c r="B3" ', '<c r="B3" s="2" ')),
            "xl/_rels/workbook.xml.rels": lambda xml: re.sub(rb"<Relationship [^>]*styles.xml[^>]*/>", b"", xml),
            "[Content_Types].xml": lambda xml: re.sub(rb"<Override [^>]*styles.xml[^>]*/>", b"", xml),
        },
        without=["xl/styles.xml"],
    )
    sheet = opened(filled(data))
    assert column(sheet) == EXPECTED
    assert sheet["B3"].fill.patternType is None
    assert sheet["D3"].fill.fgColor.rgb == "FFE3F4E8"


def test_cells_go_where_they_belong_among_others() -> None:
    """Before cells that stand right of them, in the place of those that are there, in rows that are not there yet."""
    book = openpyxl.Workbook()
    sheet: Any = book.worksheets[0]
    for cell, value in {"A2": "a", "B2": "old", "D2": "d", "A5": "e"}.items():
        sheet[cell] = value
    edits = {row: {1: Put(text=f"b{row}"), 2: Put(text=f"c{row}")} for row in (1, 2, 4, 7)}
    out = opened(filled(bytes_of(book), edits))
    assert [out[cell].value for cell in ("B1", "A2", "B2", "C2", "D2", "C4", "A5", "B7")] == [
        "b1", "a", "b2", "c2", "d", "c4", "e", "b7",
    ]  # fmt: skip
    xml = parts_of(filled(bytes_of(book), edits))[SHEET].decode()
    assert re.findall(r'<row r="(\d)"', xml) == ["1", "2", "4", "5", "7"]
    assert re.findall(r'<c r="(.)2"', xml) == ["A", "B", "C", "D"]


def test_an_empty_sheet_takes_rows() -> None:
    """Its sheetData is one empty tag."""
    assert opened(filled(bytes_of(openpyxl.Workbook()), {2: {0: Put(text="x")}}))["A2"].value == "x"


def test_shared_formulas_stay_and_a_formula_written_over_leaves_the_order_of_calculation() -> None:
    """Excel calls a file damaged whose calcChain names a cell without a formula."""
    chain = (
        b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="D2" i="1"/></calcChain>'
    )
    rels, kinds = b"</Relationships>", b"</Types>"
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    type_ = b"application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    shared = '<f t="shared" ref="C2:C8" si="0">LEN(A2)</f>'

    def made(*pairs: tuple[str, str]) -> bytes:
        return with_parts(
            plain(*ROWS),
            {
                SHEET: swapped(SHEET, *pairs),
                "xl/_rels/workbook.xml.rels": lambda xml: before(
                    xml, rels, b'<Relationship Id="rIdC" Type="' + kind + b'" Target="calcChain.xml"/>'
                ),
                "[Content_Types].xml": lambda xml: before(
                    xml, kinds, b'<Override PartName="/xl/calcChain.xml" ContentType="' + type_ + b'"/>'
                ),
            },
            {"xl/calcChain.xml": chain},
        )

    now = parts_of(filled(made(('<c r="C2" t="n"><v>1</v>', f'<c r="C2">{shared}<v>1</v>'))))
    assert shared.encode() in now[SHEET]
    assert "xl/calcChain.xml" in now
    over = made(('<c r="C2" t="n"><v>1</v></c>', '<c r="C2"/><c r="D2"><f>LEN(A2)</f><v>4</v></c>'))
    assert "xl/calcChain.xml" not in parts_of(filled(over))


def test_macros_do_not_come_back_and_the_kind_of_file_is_said_right() -> None:
    """An .xlsx file that says that it has macros is not opened by Excel."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macro = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    data = with_parts(
        plain(*ROWS),
        {
            "xl/_rels/workbook.xml.rels": lambda xml: before(
                xml,
                b"</Relationships>",
                b'<Relationship Id="rIdV" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" '
                b'Target="vbaProject.bin"/>',
            ),
            "[Content_Types].xml": lambda xml: before(
                xml.replace(kind.encode(), macro.encode()),
                b"</Types>",
                b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>',
            ),
        },
        {"xl/vbaProject.bin": b"Sub Auto_Open()"},
    )
    now = parts_of(filled(data))
    assert not [name for name in now if "vba" in name]
    assert macro.encode() not in now["[Content_Types].xml"]
    assert b"vbaProject" not in now["xl/_rels/workbook.xml.rels"]


def test_marks_notes_and_a_sheet_are_added_and_no_rule_of_the_sheet_paints_over_a_mark() -> None:
    """A cell keeps its looks under its colour, and an office's note its words under ours."""
    data = rich(*ROWS)
    edits: dict[int, dict[int, Put | Dye]] = {
        2: {0: Dye(fill="FFC7CE"), 9: Dye(fill="FFEB9C")},
        3: {4: Put(text="x")},
        40: {1: Dye(fill="FFC7CE")},
    }
    one = SheetPatch(part=SHEET, edits=edits, notes={(2, 0): "编号 <错>", (3, 1): "姓名"}, heights={3: 44.5}, bare=True)
    words = {1: {0: Put(text="合计", look=Look(bold=True))}, 3: {1: Put(text="=1+1")}}
    out = patch.patched(data, Parts(data, LIMITS), [one], [NewSheet(name="汇总", cells=words)], author="印鉴")
    assert_strict(out)
    book = openpyxl.load_workbook(io.BytesIO(out))
    assert book.sheetnames == ["名单", "封面", "汇总", "汇总 2"]
    assert (book["汇总 2"]["B3"].value, book["汇总 2"]["B3"].data_type) == ("=1+1", "s")
    sheet: Any = book.worksheets[0]
    assert sheet["A2"].fill.fgColor.rgb == sheet["B40"].fill.fgColor.rgb == "FFFFC7CE"
    assert sheet["A2"].value == "CEM1"
    assert sheet["A2"].comment.text == "编号 <错>\n办公室的批注"
    assert (sheet["B3"].comment.text, sheet["B3"].comment.author) == ("姓名", "印鉴")
    assert sheet.row_dimensions[3].height == 44.5
    assert not sheet.protection.sheet
    rules = {str(area.sqref): [rule.priority for rule in area.rules] for area in sheet.conditional_formatting}
    assert rules == {"A2 B40": [1], "J2": [2], "A2:C8": [3]}
    now = parts_of(out)
    shapes = now["xl/drawings/commentsDrawing1.vml"]
    assert shapes.count(b'ObjectType="Note"') == 2
    assert b"<cellImage" in now["xl/cellimages.xml"] or b"cellImage" in now["xl/cellimages.xml"]


def test_a_sheet_without_notes_gets_its_first() -> None:
    """With the part of texts, the part of shapes and what names them."""
    data = plain(*ROWS)
    sheet = opened(filled(data, {2: {0: Dye(fill="FFC7CE")}}, notes={(2, 0): "看这里"}))
    assert sheet["A2"].comment.text == "看这里"
    data = with_parts(data, {SHEET: lambda xml: before(xml, b"</worksheet>", b"<tableParts/><extLst/>")})
    xml = parts_of(filled(data, {2: {0: Dye(fill="FFC7CE")}}, notes={(2, 0): "看这里"}))[SHEET]
    assert xml.index(b"<legacyDrawing") < xml.index(b"<tableParts")


def test_what_hides_a_mark_is_taken_away_only_where_that_is_asked() -> None:
    """Hidden rows and columns, a filter's choice, and protection."""
    book = openpyxl.load_workbook(io.BytesIO(plain(*ROWS)))
    sheet: Any = book.worksheets[0]
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["B"].hidden = True
    sheet.auto_filter.ref = "A1:C8"
    sheet.auto_filter.add_filter_column(0, ["CEM1"])
    sheet.protection.sheet = True
    book.create_sheet("x")
    book.active = 1
    sheet.sheet_state = "hidden"
    data = bytes_of(book)
    one = opened(filled(data))
    assert (one.row_dimensions[3].hidden, one.column_dimensions["B"].hidden, one.protection.sheet) == (True, True, True)
    assert len(one.auto_filter.filterColumn) == 1
    one = opened(filled(data, bare=True))
    assert (one.row_dimensions[3].hidden, one.column_dimensions["B"].hidden, one.protection.sheet) == (False,) * 3
    assert (one.auto_filter.ref, one.auto_filter.filterColumn, one.sheet_state) == ("A1:C8", [], "visible")


def test_room_is_right_of_cells_merges_and_pictures_beside_the_rows() -> None:
    """A title above, or formats to the last column, take no room; a chart beside the rows would cover the words."""

    def last(data: bytes, header: int = 1) -> int:
        return survey(Parts(data, LIMITS), SHEET, header).last_column

    assert last(plain(*ROWS)) == 2
    assert last(rich(*ROWS)) > 5
    book = openpyxl.load_workbook(io.BytesIO(plain(("标题",), *ROWS)))
    sheet: Any = book.worksheets[0]
    sheet.merge_cells("A1:Z1")
    sheet["XFD9"].font = openpyxl.styles.Font(bold=True)
    assert last(bytes_of(book), header=2) == 2
    sheet.merge_cells("C5:F6")
    assert last(bytes_of(book), header=2) == 5
    sheet.add_image(Image(io.BytesIO(picture())), "K3")
    data = bytes_of(book)
    assert last(data, header=2) == 11
    assert last(data, header=9) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: xml[:200],
        lambda xml: b"<!DOCTYPE x>" + xml,
        lambda xml: xml.replace(b'r="B3"', b'r="3B"'),
        lambda xml: b'<?xml version="1.0" encoding="klingon"?>' + xml,
        lambda xml: b'<?xml version="1.0" encoding="bz2"?>' + xml,
        lambda xml: xml.replace(b"<sheetData>", b'<cols><col width="9"/></cols><sheetData>'),
    ],
    ids=[
        "cut",
        "a document type",
        "a name of no cell",
        "an encoding that is none",
        "an encoding of no text",
        "columns that are none",
    ],
)
def test_a_sheet_that_cannot_be_changed_is_refused(change: Callable[[bytes], bytes]) -> None:
    """And never comes back half."""
    with pytest.raises(Unreadable):
        filled(with_parts(plain(*ROWS), {SHEET: change}))


def test_a_picture_without_a_size_is_a_damaged_file() -> None:
    """As it is told by no number."""
    drawing = "xl/drawings/drawing1.xml"
    data = with_parts(rich(*ROWS), {drawing: lambda xml: re.sub(rb' cx="\d+"', b' cx="wide"', xml)})
    assert data != rich(*ROWS)
    with pytest.raises(Unreadable, match="damaged_file"):
        filled(data)


def test_parts_that_lie_over_one_another_or_outside_the_file_are_a_damaged_file() -> None:
    """What is copied as it is packed would be copied as often as it is named: a small file made a huge one."""
    data = with_parts(plain(*ROWS), {}, {f"a{n}": b"" for n in range(9)})
    entry = data.index(b"PK\x01\x02")
    for at, new in ((20, b"\xff\xff\xff\x7f"), (42, b"\xff\xff\xff\x7f")):  # size as packed, place
        odd = data[: entry + at] + new + data[entry + at + 4 :]
        with pytest.raises(Unreadable, match="damaged_file"):
            filled(odd)


def test_changes_at_each_of_many_places_cost_what_the_part_is_long() -> None:
    """They are taken off their list together: one by one from its front, each moved all the others."""

    class Marked(splice.Splice):
        def opened(self, tag: str, attributes: dict[str, str]) -> None:
            if tag == "b":
                self.retag(attributes)

    xml = b"<a>" + b"<b/>" * 200_000 + b"</a>"
    begun = time.process_time()
    assert Marked().whole(xml) == xml
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("kind", ["plain", "a prefix", "no names", "strict"])
def test_where_a_part_is_cut_into_pieces_makes_no_difference(kind: str) -> None:
    """A tag may lie over any number of pieces, and what is not changed is not changed at all."""
    xml = parts_of(rich(*ROWS) if kind == "plain" else RAW[kind]())[SHEET]
    for size in (1, 2, 3, 7, 50, 333, 5000):
        pieces = [xml[at : at + size] for at in range(0, len(xml), size)]
        assert b"".join(splice.Splice().run(pieces)) == xml
        one = SheetPatch(part=SHEET, edits=WORDS, widths={3: 12}, bare=True)
        made = [
            b"".join(SheetSplice(one, lambda _look, _over: 1, {}, rules=0, last_hidden=9).run(cut))
            for cut in (pieces, [xml])
        ]
        assert made[0] == made[1]


def test_what_comes_back_opens_in_libreoffice(tmp_path: Path) -> None:
    """With its words, and the sheets and pictures beside them."""
    (tmp_path / "b.xlsx").write_bytes(filled(rich(*ROWS)))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "ods"]
    subprocess.run([*command, "b.xlsx"], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    parts = parts_of((tmp_path / "b.ods").read_bytes())
    text = parts["content.xml"].decode()
    assert "真 8" in text
    assert "人事部盖章处" in text
    assert text.count("<table:table ") == 3
    assert [name for name in parts if name.startswith("Pictures/")]
    assert [name for name in parts if name.startswith("Object 1/")]
