"""The one reader of spreadsheets: .xlsx and .xls as programs really write them, down to what people see in a cell."""

import datetime
from typing import Any

import pytest

from tests.conftest import HANGS
from tests.xlsx_files import Cell, Raw, xls, xlsx
from verify.shared import spreadsheet
from verify.shared.spreadsheet import Error, Formatted, Limits, NoResult, Sheet, Unreadable

LIMITS = Limits(size=1 << 24, unpacked=1 << 26, rows=200_000, columns=256)


def read(data: bytes, place: int = 0) -> Sheet:
    """One sheet, in the order of ``Book.sheets``."""
    book = spreadsheet.open_book(data, LIMITS)
    return book.sheet(book.sheets[place])


@pytest.mark.parametrize(
    ("value", "code", "expected"),
    [
        (12345, "00000000", Formatted(12345, "00012345")),
        (20220004, '"ZB"00000000', Formatted(20220004, "ZB20220004")),
        (20220004, "\\Z\\B00000000", Formatted(20220004, "ZB20220004")),
        (7, "???", 7),
        (95, "0", 95),
        (95, "0_ ", 95),
        (95, "0_);[Red]\\(0\\)", 95),
        (-5, "0_);[Red]\\(0\\)", Formatted(-5, "(5)")),
        (95, "@", 95),
        (95, "G/通用格式", 95),
        (95, "0.00", Formatted(95, "95.00")),
        (89.6, "0", Formatted(89.6, "90")),
        (89.6, "0.0", 89.6),
        (0, "#", Formatted(0, "")),
        (0, "0;-0;;@", Formatted(0, "")),
        (95, ";;;", Formatted(95, "")),
        (1234567, "#,##0", Formatted(1234567, "1,234,567")),
        (1234567, "0,", Formatted(1234567, "1235")),
        (0.95, "0%", Formatted(0.95, "95%")),
        (95, "0.00E+00", Formatted(95, "9.50E+01")),
        (95, '0"分"', Formatted(95, "95分")),
        (1, '[=1]"违纪";[=2]"缺考";0', Formatted(1, "违纪")),
        (89, '[<90]"不合格";"合格"', Formatted(89, "不合格")),
        (95, "# ?/?", Formatted(95, None)),
        (5, "[DBNum1]0", Formatted(5, None)),
        (5, "[>1.2.3]0", Formatted(5, None)),
        (1e299, "0.00" + "%" * 210, Formatted(1e299, None)),
        (1234567890123, "000-0000-000000", Formatted(1234567890123, "123-4567-890123")),
        (44674, "yyyy-mm-dd", datetime.date(2022, 4, 23)),
        (44674.5, 'yyyy"年"m"月"d"日" h:mm', datetime.datetime(2022, 4, 23, 12)),  # noqa: DTZ001 -- of no zone
        (0.25, "h:mm", datetime.time(6)),
        ("三", '"张"@', Formatted("三", "张三")),
        ("三", ";;;", Formatted("三", "")),
        ("三", "0;0;0;@", "三"),
        ("三", "00000000", "三"),
    ],
)
def test_a_cell_is_what_people_see_or_says_that_it_is_not(value: Any, code: str, expected: Any) -> None:
    """Number formats of every kind, in .xlsx and in .xls alike."""
    for data in (xlsx([[Cell(value, code)]]), xls([[Cell(value, code)]])):
        assert read(data).value(1, 0) == expected


@pytest.mark.parametrize("calculation", ['<calcPr fullCalcOnLoad="1"/>', '<calcPr calcId="1" calcCompleted="0"/>', ""])
@pytest.mark.parametrize("result", [0, ""])
def test_the_placeholders_of_programs_that_do_not_compute_are_no_results(calculation: str, result: Any) -> None:
    """Said by the workbook, or seen: every formula of it gives nothing."""
    row = [Cell(result, formula="50+45"), Cell(result, formula='IF(1=1,"违纪","")'), 95]
    assert read(xlsx([row], calculation=calculation)).rows == {1: [NoResult(), NoResult(), 95]}


def test_saved_results_count_where_a_program_has_computed_them() -> None:
    """An empty text and a 0 are results; a formula without any is none."""
    cells = [
        Cell(95, formula="50+45"),
        Cell("", formula='IF(1=2,"违纪","")'),
        Cell(0, formula="1-1"),
        Cell(None, formula="1+1"),
    ]
    assert read(xlsx([cells])).rows == {1: [95, "", 0, NoResult()]}
    assert read(xlsx([cells], calculation="")).rows == {1: [95, "", 0, NoResult()]}


def test_formulas_of_an_old_workbook_that_nobody_computed_have_no_result() -> None:
    """Their writer saves the empty text for each; a row without anything else is a row all the same."""
    sheet = read(xls([[1, Cell(None, formula="50+45")], [Cell(None, formula='IF(1=1,"a","")')]]))
    assert sheet.rows == {1: [1, NoResult()], 2: [NoResult()]}


def test_errors_are_errors_and_not_empty() -> None:
    """However a program came by them; WPS and Excel show pictures in cells as such, too."""
    cells = [Raw('<c r="{r}" t="e"><f>1/0</f><v>#DIV/0!</v></c>'), Raw('<c r="{r}" t="e" vm="1"><v>#VALUE!</v></c>')]
    assert read(xlsx([cells])).rows == {1: [Error("#DIV/0!"), Error("#VALUE!")]}
    assert read(xlsx([cells], calculation='<calcPr fullCalcOnLoad="1"/>')).value(1, 0) == Error("#DIV/0!")


def test_a_merged_cell_holds_for_each_of_its_rows_and_columns() -> None:
    """Down, across and in blocks, in .xlsx and .xls; what is no row stays none."""
    rows: list[list[object]] = [["a", "b", "c"], [1, "down", "block"], [2], [3], [None, None, None], [5]]
    for data in (
        xlsx(rows, merged=["B2:B4", "C2:D3", "A1:A1"]),
        xls(rows, merged=[(1, 3, 1, 1), (1, 2, 2, 3)]),
    ):
        sheet = read(data)
        assert [sheet.row(row) for row in (2, 3, 4, 6)] == [
            [1, "down", "block", "block"], [2, "down", "block", "block"], [3, "down"], [5],
        ]  # fmt: skip
        assert sheet.own(3, 1) is None
        assert {area.name for area in sheet.areas} == {"B2:B4", "C2:D3"}
        assert list(sheet.rows) == [1, 2, 3, 4, 6]


def test_merged_cells_without_a_value_join_nothing() -> None:
    """An empty merged cell is as empty as any other."""
    sheet = read(xlsx([["a"], ["b"]], merged=["C1:D2"]))
    assert (sheet.areas, sheet.row(1), sheet.value(2, 3)) == ((), ["a"], None)


@pytest.mark.timeout(2 * HANGS)  # each beside each other would be hours
def test_merged_cells_cost_what_has_content() -> None:
    """A column merged to the last row of Excel; a hundred thousand merged cells."""
    sheet = read(xlsx([["学时"], [30], [None, "x"]], merged=["A2:A1048576"]))
    assert sheet.row(3) == [30, "x"]
    assert list(sheet.rows) == [1, 2, 3]
    many = read(xlsx([["a"]] * 2, merged=[f"B{n}:C{n}" for n in range(1, 100_000)] + ["A1:A2"]))
    assert many.value(2, 0) == "a"


def test_merged_cells_that_overlap_are_a_damaged_file() -> None:
    """Excel refuses them as well, and they could multiply what is to be done."""
    rows = [["x"] * 3] * 3
    for merged in (["A1:B2", "B1:C2"], ["A1:A3", "A2:A3"], [f"A{n}:XFD200000" for n in range(1, 400)]):
        with pytest.raises(Unreadable, match="damaged"):
            read(xlsx(rows * 200, merged=merged))


def test_visible_sheets_come_first_and_hidden_ones_are_told() -> None:
    """Hidden and very hidden, wherever they stand; in .xls too."""
    data = xlsx([["x"]], state="veryHidden", others={"甲": "visible", "乙": "hidden", "丙": "visible"})
    book = spreadsheet.open_book(data, LIMITS)
    assert [(sheet.name, sheet.hidden, sheet.place) for sheet in book.sheets] == [
        ("甲", False, 1), ("丙", False, 3), ("成绩", True, 0), ("乙", True, 2),
    ]  # fmt: skip
    old = spreadsheet.open_book(xls([["x"]], hidden=True), LIMITS)
    assert [(sheet.name, sheet.hidden) for sheet in old.sheets] == [("second", False), ("成绩", True)]
    assert old.sheet(old.sheets[1]).rows == {1: ["x"]}


def test_hidden_rows_and_columns_are_told() -> None:
    """They are read, and whoever reads them can say so."""
    sheet = read(xlsx([["a"], ["b"]], hidden_rows=[2], columns='<cols><col min="1" max="16384" hidden="1"/></cols>'))
    assert sheet.hidden_rows == {2}
    assert sheet.hidden_columns == set(range(256))


@pytest.mark.parametrize(
    "how",
    [
        {"strict": True},
        {"book": "xl/workbook2.xml"},
        {"book": "XL/Workbook.xml"},
        {"book": "content/b.xml", "target": "../xl/worksheets/sheet1.xml"},
        {"target": "/xl/worksheets/sheet1.xml"},
        {"target": "./worksheets/sheet1.xml"},
        {"target": "../xl/worksheets/sheet1.xml"},
        {"target": "worksheets\\sheet1.xml"},
        {"target": "Worksheets/SHEET1.XML"},
        {"target": "worksheets/sheet%201.xml", "sheet": "xl/worksheets/sheet 1.xml"},
        {"sheet": "xl\\worksheets\\sheet1.xml"},
        {"target": "tabs/first.xml", "sheet": "xl/tabs/first.xml"},
        {"changes": {"xl/styles.xml": "<styleSheet/>"}},
        {"changes": {"docProps/core.xml": "no XML"}},
        {
            "changes": {
                "xl/styles.xml": '<styleSheet xmlns="x"><fonts><font><family val="34"/></font></fonts></styleSheet>'
            }
        },
    ],
    ids=str,
)
def test_parts_are_found_as_excel_finds_them(how: dict[str, Any]) -> None:
    """By relationship, without case, slashes of either kind; odd styles and properties do no harm."""
    assert read(xlsx([["姓名"], [Raw('<c r="{r}" s="99"><v>7</v></c>')]], **how)).rows == {1: ["姓名"], 2: [7]}


def test_texts_are_read_as_excel_shows_them() -> None:
    """Rich text is joined, readings of characters left out, control characters put back, white space kept."""
    texts = (
        '<sst xmlns="x"><si><r><t>王</t></r><r><t xml:space="preserve"> 芳</t></r></si>'
        "<si><t>李</t><rPh><t>り</t></rPh></si><si><t>a_x000D_b_x005F_x0041_</t></si><si/></sst>"
    )
    rows = [[Raw(f'<c r="{{r}}" t="s"><v>{at}</v></c>') for at in range(4)]]
    assert read(xlsx(rows, changes={"xl/sharedStrings.xml": texts})).rows == {1: ["王 芳", "李", "a\rb_x0041_"]}
    rich = Raw('<c r="{r}" t="inlineStr"><is><r><t>王</t></r><r><t>芳</t></r><rPh><t>x</t></rPh></is></c>')
    assert read(xlsx([[rich]])).rows == {1: ["王芳"]}
    halves = Raw('<c r="{r}" t="inlineStr"><is><t>_xD840__xDC00__xD840_</t></is></c>')
    assert read(xlsx([[halves]])).rows == {1: ["𠀀\ufffd"]}


def test_rows_and_cells_may_come_without_their_names_and_out_of_order() -> None:
    """Their places are then those after the one before."""
    table = '<worksheet xmlns="x"><sheetData>{}</sheetData></worksheet>'
    rows = '<row r="3"><c r="B3"><v>3</v></c></row><row r="1"><c><v>1</v></c><c><v>2</v></c></row><row><c/></row>'
    sheet = read(xlsx([], changes={"xl/worksheets/sheet1.xml": table.format(rows)}))
    assert sheet.rows == {1: [1, 2], 3: [None, 3]}
    assert list(sheet.rows) == [1, 3]
    assert (sheet.last, sheet.width) == (3, 2)


def test_columns_hidden_from_before_the_first_are_those_that_there_are() -> None:
    """However far before; each was counted once, hundreds of millions of them too."""
    sheet = read(xlsx([[1]], columns='<cols><col min="-20000000" max="2" hidden="1"/></cols>'))
    assert sheet.hidden_columns == {0, 1}


def test_days_count_from_1904_where_the_workbook_says_so() -> None:
    """As on old Macintoshes."""
    data = xlsx([[Cell(43212, "yyyy-mm-dd")]], calculation='<workbookPr date1904="1"/><calcPr calcId="1"/>')
    assert read(data).value(1, 0) == datetime.date(2022, 4, 23)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ('<c r="XFD1"><v>1</v></c>', "too_many_columns"),
        ('<c r="A2"><v>1</v></c>', "damaged_file"),
        ('<c r="A1" t="s"><v>9</v></c>', "damaged_file"),
        ('<c r="A1"><v>1e999</v></c>', "damaged_file"),
        ('<c r="A1"><v>one</v></c>', "damaged_file"),
    ],
)
def test_a_sheet_beyond_bounds_or_sense_is_refused(cell: str, code: str) -> None:
    """With the code of what is wrong."""
    with pytest.raises(Unreadable) as refused:
        read(xlsx([[Raw(cell)]]))
    assert refused.value.code == code


def test_cells_without_content_may_reach_as_far_as_they_like() -> None:
    """A coloured column of a million rows is no content."""
    far = '<worksheet xmlns="x"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>{}</sheetData></worksheet>'
    empty = "".join(f'<row r="{n}" s="1"><c r="XFD{n}" s="3"/></row>' for n in range(2, 300_000, 100))
    assert read(xlsx([], changes={"xl/worksheets/sheet1.xml": far.format(empty)})).rows == {1: [1]}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b" \r\n\0\0", "empty_file"),
        (b"PK\x03\x04 and nothing", "damaged_file"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "damaged_file"),
        (b"<html><table><tr><td>1</td></tr></table>", "html_table"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "old_xml"),
        (b"%PDF-1.7", "not_a_table"),
        (xlsx([["x"]], changes={"xl/workbook.xml": "<workbook/>"}), "no_sheet"),
        (
            xlsx([["x"]], changes={"xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "b">]><workbook>&a;</workbook>'}),
            "damaged_file",
        ),
        (xlsx([["x"]], changes={"xl/workbook.xml": "<!DOCTYPE x><workbook/>".encode("utf-16")}), "damaged_file"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_spreadsheet_is_told_by_name(data: bytes, code: str) -> None:
    """A stable code for each."""
    with pytest.raises(Unreadable) as refused:
        read(data)
    assert refused.value.code == code


@pytest.mark.parametrize("encoding", ["bz2", "hex", "rot13", "zlib", "klingon", "utf-7", "idna", "undefined"])
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_xml_in_an_encoding_of_no_text_is_a_damaged_file(part: str, encoding: str) -> None:
    """What Python knows under such a name was a fault of the program's."""
    with pytest.raises(Unreadable, match="damaged"):
        read(xlsx([["a"]], changes={part: f'<?xml version="1.0" encoding="{encoding}"?><x/>'.encode()}))
