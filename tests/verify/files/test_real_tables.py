"""Tables as offices have them: several sheets, odd headers, protected texts, stray marks, earlier results."""

import io
import json
from typing import Any

import openpyxl
import pytest
from openpyxl.chart import BarChart, Reference

from tests.rich_workbooks import assert_strict, bytes_of, parts_of, plain, rich, with_parts
from tests.xlsx_files import Cell
from tests.xlsx_files import xlsx as written
from verify.files.refusals import FileRefused
from verify.files.tables import formats, titles
from verify.files.tables.data import Filled, Listed, Row, Verified

N, H = "CEM2204000001I", "王莉"
CODED, ZH, EN = ("outcome", "reason", "checked_at"), ("结果", "原因", "查验时间"), ("Result", "Reason", "Checked at")
OURS = (CODED, ZH, EN)


def filled(data: bytes, listed: Listed, headers: tuple[str, str, str] = CODED) -> bytes:
    """The file with a word for each row that was found."""
    results = tuple(
        Verified(row=row.row, sheet=row.sheet, good=True, words=(f"valid {row.number}", "", "2025"))
        for row in listed.rows
    )
    answer = formats.fill(data, listed, headers, results)
    assert isinstance(answer, Filled)
    return answer.data


def cells(data: bytes, sheet: int = 0) -> list[list[Any]]:
    """The values of a sheet."""
    return [
        [cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(data)).worksheets[sheet].iter_rows()
    ]


def book(**sheets: list[tuple[Any, ...]]) -> openpyxl.Workbook:
    """A workbook of such sheets."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title, rows in sheets.items():
        sheet: Any = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return made


def one(data: bytes, *, typed: bool = False) -> Row:
    """The only row."""
    (row,) = formats.read(data, typed=typed).rows
    return row


# Sheets.


def test_every_visible_sheet_with_both_columns_is_read_and_filled() -> None:
    """A sheet a department, each with its header where it is; what was not read is told with its reason."""
    made = book(
        说明=[("填写说明",)],
        研发部=[("证书编号", "姓名"), (N, H), ("B2", "李雷")],
        销售部=[
            ("销售部名单",),
            (),
            ("序号", "姓名", "证书编号"),
            (1, "韩梅梅", "C3"),
            (None, None, None),
            ("合计", None, None),
        ],
        底稿=[("证书编号", "姓名"), ("X9", "旧人")],
    )
    made["底稿"].sheet_state = "hidden"
    made.move_sheet("底稿", -3)
    chart = BarChart()
    chart.add_data(Reference(made["研发部"], min_col=1, min_row=1, max_row=3))
    made.create_chartsheet("图").add_chart(chart)
    data = bytes_of(made)
    listed = formats.read(data, ours=OURS)
    assert [(row.sheet, row.row, row.number) for row in listed.rows] == [(0, 2, N), (0, 3, "B2"), (1, 4, "C3")]
    assert [(sheet.name, sheet.found, sheet.without, sheet.columns) for sheet in listed.sheets] == [
        ("研发部", 2, 0, ("A", "B")), ("销售部", 1, 1, ("C", "B")),
    ]  # fmt: skip
    assert set(listed.not_read) == {("说明", "no_columns"), ("底稿", "hidden"), ("图", "no_cells")}
    back = openpyxl.load_workbook(io.BytesIO(filled(data, listed)))
    assert (back["研发部"]["C1"].value, back["研发部"]["C3"].value) == ("outcome", "valid B2")
    assert (back["销售部"]["D3"].value, back["销售部"]["D4"].value) == ("outcome", "valid C3")
    assert back["底稿"].max_column == 2


def test_a_hidden_sheet_is_read_where_it_is_the_only_one() -> None:
    """And that it is hidden is told."""
    made = book(名单=[("证书编号", "姓名"), (N, H)], 封面=[("封面",)])
    made["名单"].sheet_state = "hidden"
    made.active = 1
    listed = formats.read(bytes_of(made))
    assert [(sheet.name, sheet.hidden) for sheet in listed.sheets] == [("名单", True)]


def test_all_sheets_together_have_at_most_five_thousand_rows() -> None:
    """Five thousand on two sheets are not too many, one more is."""
    rows = [("number", "name"), *[("A1", "B")] * 2500]
    assert len(formats.read(bytes_of(book(a=rows, b=rows))).rows) == 5000
    with pytest.raises(FileRefused, match="too_many_rows"):
        formats.read(bytes_of(book(a=rows, b=[*rows, ("A1", "B")])))


def test_hidden_rows_protection_and_macros_are_told() -> None:
    """Hidden rows are checked like the others."""
    made = book(名单=[("证书编号", "姓名"), (N, H), (N, H)])
    made["名单"].row_dimensions[3].hidden = True
    made["名单"].protection.sheet = True
    data = with_parts(bytes_of(made), {}, {"xl/vbaProject.bin": b"x"})
    listed = formats.read(data)
    assert (listed.sheets[0].hidden_rows, listed.sheets[0].protected, listed.macros) == (1, True, True)
    assert len(listed.rows) == 2


# Headers.


@pytest.mark.parametrize(
    ("title", "wanted"),
    [(title, "number") for title in (
        "证书编号", "证书编号 number", "证书\n编号", "【必填】证书编号", "*证书编号", "證書編號", "證書號碼",
        "2、证书编号", "(2)证书编号",
        "证书编号/Certificate No.", "Certificate No. 证书编号", "证书编号（必填）", "证书号 / No.",
        "CERTIFICATE_NUMBER", "Cert. No.",
        "请填写证书编号", "证书编号：", "职业技能证书编号", "证书编码", "Certificate ID", "Certificate #",
        "二、证书号码",
    )]
    + [(title, "name") for title in (
        "姓名", "姓名/Name", "姓名 Name", "1、姓名", "姓 名", "【必填】姓名", "姓名*", "持证人姓名",
        "员工姓名（与身份证一致）", "NAME/姓名",
        "一、姓名", "Full Name", "Holder's name", "姓名\nName", "學員姓名", "a) 姓名", "姓名:", "被查验人姓名",
        "Employee Name",
    )],
)  # fmt: skip
def test_a_header_is_known_whatever_stands_around_it(title: str, wanted: str) -> None:
    """Line breaks, slashes, brackets, serials, requests, the other script, both languages at once."""
    assert [found for found, _rank in titles.of(title)] == [wanted]


@pytest.mark.parametrize(
    "title",
    [
        "身份证号",
        "联系人姓名",
        "毕业证书编号",
        "学历证书编号",
        "部门",
        "姓名拼音",
        "备注",
        "",
        None,
        5,
        "审核人姓名",
        "父亲姓名",
        "姓名/部门",
    ],
)
def test_other_columns_are_not_taken(title: object) -> None:
    """Other papers' numbers, other people's names."""
    assert titles.of(title) == []


def test_the_refusal_for_missing_columns_lists_what_is_taken() -> None:
    """In the sentence itself."""
    with pytest.raises(FileRefused) as refused:
        formats.read(b"a,b\n1,2\n")
    for title in ("证书编号", "certificate number", "姓名", "name"):
        assert title in refused.value.detail


# Earlier results.


@pytest.mark.parametrize("kind", ["xlsx", "csv", "new"])
def test_a_file_that_came_back_gets_no_second_set_of_columns_in_any_language(kind: str) -> None:
    """Checked again in Chinese, then English, then by a program, it has one set, the last."""
    if kind == "new":
        data = filled(b"", formats.read(f"{N} {H}".encode(), typed=True))
    elif kind == "xlsx":
        data = plain(("部门", "证书编号 number", "姓名"), ("研发部", N, H))
    else:
        data = f"部门,证书编号,姓名\n研发部,{N},{H}\n".encode()
    for headers in (ZH, EN, CODED, ZH):
        data = filled(data, formats.read(data, ours=OURS), headers)
    rows = [line.split(",") for line in data.decode().splitlines()] if kind == "csv" else cells(data)
    assert rows[0][-3:] == list(ZH)
    assert len(rows[0]) == (5 if kind == "new" else 6)
    assert rows[1][-3] == f"valid {N}"


def test_columns_of_the_office_that_are_called_like_one_of_ours_stay() -> None:
    """Only the whole set beside each other is ours."""
    data = plain(("证书编号", "姓名", "结果", "原因"), (N, H, "续聘", "年度考核"))
    assert cells(filled(data, formats.read(data, ours=OURS), ZH))[1][:5] == [N, H, "续聘", "年度考核", f"valid {N}"]


# What a cell says.


@pytest.mark.parametrize("text", [f'="{N}"', f"'{N}", f"`{N}", f"‘{N}", f' ="{N}" ', f"'{N}'"])
def test_protecting_marks_are_taken_off_and_told(text: str) -> None:
    """In workbook, CSV and pasted text, from number and name."""
    quoted = '"' + text.replace('"', '""') + '"'
    for row in (
        one(plain(("证书编号", "姓名"), (text.replace("=", "'=") if text.startswith("=") else text, f"'{H}"))),
        one(f"证书编号,姓名\n{quoted},'{H}\n".encode()),
        one(f"{text.strip()}\t'{H}".encode(), typed=True),
    ):
        assert (row.number.strip(), row.name) == (N, H)
        assert {told.code for told in row.told} == {"protection_off"}
        assert len(row.told) == 2


@pytest.mark.parametrize(
    "text", ["2.2E+20", "22.0", "2.2e+020", "-2,2E+20", "1E+15", "２.２Ｅ+20", "2204000001.00", "########", "CEM2204…"]
)
def test_a_shortened_number_is_not_checked_and_its_cell_is_told(text: str) -> None:
    """As text in a workbook, in CSV and pasted."""
    for data, typed, cell in (
        (plain(("姓名", "证书编号"), (H, text)), False, "B2"),
        (f'姓名,证书编号\n{H},"{text}"\n'.encode(), False, "B2"),
        (f"{text}\t{H}".encode(), True, "A1"),
    ):
        row = one(data, typed=typed)
        assert (row.problem, row.cell, row.number) == ("number_shortened", cell, ""), data[:20]


@pytest.mark.parametrize(
    ("cell", "number", "problem"),
    [
        (Cell(1, "00000000"), "00000001", None),
        (Cell(2204000001, '"ZB"00000000'), "ZB2204000001", None),
        (Cell(2204000001, "0"), "2204000001", None),
        (Cell(22.0), "22", None),
        (Cell(2204000001, "#,##0"), "", "number_format"),
        (Cell(0.5), "", "number_as_number"),
        (Cell(123456789012345678), "", "number_as_number"),
        (Cell(True), "", "not_text"),
    ],
)
def test_a_number_is_what_people_see(cell: Cell, number: str, problem: str | None) -> None:
    """What a format adds is taken and told; what it hides is not guessed."""
    row = one(written([["证书编号", "姓名"], [cell, H]]))
    assert (row.number, row.problem) == (number, problem)
    assert [told.code for told in row.told] == (["shown_taken"] if number[:1] in "0Z" and number else [])


def test_the_text_of_a_qr_code_in_the_number_column_is_told_and_kept_whole() -> None:
    """With what messengers add to a link of ours."""
    link = f"https://CX.EXAMPLE/Q/{'7' * 370}"
    for text in (link, f"{link}?from=wechat", f" {link}/", link.replace("https", "HTTPS"), "7" * 370):
        row = one(plain(("证书编号", "姓名"), (text, H)))
        assert (row.number.strip(), row.told[0].code) == (text.strip(), "qr_text")
        assert one(f"{text}\t{H}".encode(), typed=True).number == text.strip()
        assert one(f"{H} {text}".encode(), typed=True).name == H


def test_merged_values_hold_for_each_of_their_rows() -> None:
    """The number merged over two holders' rows, the name over two certificates'."""
    made = book(a=[("证书编号", "姓名", "备注"), (N, H, 1), ("B2", None, 2), (None, "李雷", 3)])
    made["a"].merge_cells("B2:B3")
    made["a"].merge_cells("A3:A4")
    assert [(row.number, row.name) for row in formats.read(bytes_of(made)).rows] == [(N, H), ("B2", H), ("B2", "李雷")]


# CSV.


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (f'证书编号,姓名,备注\n{N},{H},"优秀\nB2,wrong,良\nC3,李雷,良\n', "quote_not_closed", 2),
        (f'证书编号,姓名,备注\n{N},{H},"优秀\nB2,wrong,良"\nC3,李雷,良\n', "row_over_lines", 2),
        (f'证书编号,姓名,备注\n{N},{H},"优秀"好\nB2,李雷,良\n', "quote_misplaced", 2),
        (f'证书编号,姓名,备注\n{N},{H},优秀\n"B2,李雷,良\n', "quote_not_closed", 3),
        (f'证书编号;姓名;备注\n{N};{H};"优秀\nB2;wrong;"良\n', "row_over_lines", 2),
    ],
)
def test_a_stray_quotation_mark_is_refused_with_its_line(text: str, code: str, line: int) -> None:
    """Never are the rows behind it swallowed, in a file or pasted."""
    for typed in (False, True):
        with pytest.raises(FileRefused) as refused:
            formats.read(text.encode(), typed=typed)
        assert (refused.value.code, refused.value.line) == (code, line)


def test_a_quotation_mark_within_a_cell_is_a_character() -> None:
    """24" and the like do no harm: every row has its own answer."""
    rows = formats.read(f'证书编号,姓名,备注\n{N},{H},优"秀\nB2,李雷,"a ""b"" c"\n'.encode()).rows
    assert [(row.number, row.name, row.problem) for row in rows] == [(N, H, None), ("B2", "李雷", None)]


def test_rows_of_another_width_are_not_checked() -> None:
    """A comma too many or a separator that is missing moves cells; the rows beside them are checked."""
    text = f"证书编号,姓名,备注\n{N},{H},良\nB2,王,莉,良\nC3,良\nD4 李雷,良\nE5,韩梅梅,\n"
    rows = formats.read(text.encode()).rows
    assert [(row.row, row.problem, row.cell) for row in rows] == [
        (2, None, None), (3, "row_uneven", "3"), (4, "row_uneven", "4"), (5, "row_uneven", "5"), (6, None, None),
    ]  # fmt: skip


def test_rows_that_a_program_left_short_on_purpose_are_checked() -> None:
    """Excel leaves out the last separators of sixteen rows at a time; others do of all rows."""
    short = f"证书编号,姓名,备注\n{N},{H}\nB2,李雷\n"
    assert [row.problem for row in formats.read(short.encode()).rows] == [None, None]
    excel = "证书编号,姓名,备注\n" + f"{N},{H},良\n" * 15 + f"{N},{H}\n" * 20
    assert [row.problem for row in formats.read(excel.encode()).rows] == [None] * 35


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (f"證書編號,姓名,部門\n{N},王小明,研發部\n".encode("big5"), "encoding_big5"),
        (f"证书编号,姓名\n{N},{H}\n".encode("utf-16-le"), "encoding_utf16"),
        (f"证书编号,姓名\n{N},{H}\n".encode("utf-16-be"), "encoding_utf16"),
        (f"证书编号,姓名\n{N},{H}\n".encode() + b"\xff,\xfe\n", "encoding_bad_byte"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "html_table"),
        (f"证书编号,姓名\n{N},{H}\n".encode("utf-32"), "encoding_utf32"),
    ],
)
def test_what_is_no_utf8_or_gb18030_is_told_for_what_it_is(data: bytes, code: str) -> None:
    """And what to save it as."""
    with pytest.raises(FileRefused) as refused:
        formats.read(data)
    assert refused.value.code == code
    assert "save it as" in refused.value.detail


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_semicolons_with_commas_inside_and_each_encoding_come_back(encoding: str) -> None:
    """With sep= on top, protected texts and empty lines where they were."""
    text = f'sep=;\r\n证书编号;姓名;备注\r\n="{N}";{H};"良, 优"\r\n\r\nB2;李雷;=1+1\r\n'
    data = text.encode(encoding)
    listed = formats.read(data)
    assert [(row.row, row.number) for row in listed.rows] == [(2, N), (4, "B2")]
    back = filled(data, listed).decode(encoding)
    assert back.startswith("sep=;\r\n证书编号;姓名;备注;outcome;reason;checked_at\r\n")
    assert back.splitlines()[2].endswith(f";{H};良, 优;valid {N};;2025")
    assert back.splitlines()[3] == ""
    assert back.splitlines()[4].startswith("B2;李雷;'=1+1;valid B2;")
    assert [row.number for row in formats.read(back.encode(encoding)).rows] == [N, "B2"]


# What cannot be filled.


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (written([["证书编号", "姓名"], [N, H]], changes={"xl/styles.xml": "<styleSheet"}), "damaged_file"),
        (with_parts(plain(("证书编号", "姓名"), (N, H)), {"xl/worksheets/sheet1.xml": lambda xml: xml.replace(
            b'<row r="1">', b'<row r="3"><c r="A3"><v>1</v></c></row><row r="1">')}), "cannot_be_filled"),

        (with_parts(plain(("证书编号", "姓名"), (N, H)), {"[Content_Types].xml": lambda _xml: b"<Types"}),
         "cannot_be_filled"),
        (written([["证书编号", "姓名"], [N, H]], merged=["B2:XFC3"]), "no_room"),
    ],
    ids=["styles", "rows out of order", "kinds of parts", "no room"],
)  # fmt: skip
def test_what_cannot_be_filled_is_refused_before_anything_is_checked(data: bytes, code: str) -> None:
    """Reading it already says so."""
    with pytest.raises(FileRefused) as refused:
        formats.read(data)
    assert refused.value.code == code


def test_a_rich_workbook_comes_back_with_all_it_had() -> None:
    """The words stand right of the chart, and strict readers open it."""
    data = rich(("证书编号", "姓名", "备注"), (N, H, 1), ("B2", "李雷", 2))
    back = filled(data, formats.read(data, ours=OURS))
    assert_strict(back)
    assert set(parts_of(back)) == set(parts_of(data))
    rows = cells(back)
    assert rows[0][-3:] == list(CODED)
    assert rows[1][-3] == f"valid {N}"
    assert [row[:3] for row in rows[:2]] == [["证书编号", "姓名", "备注"], [N, H, 1]]


def test_json_rows_of_a_file_get_a_new_workbook() -> None:
    """Texts that look like formulas stay texts."""
    data = json.dumps([{"number": "=1+1", "name": "@SUM(A1)"}]).encode()
    back = openpyxl.load_workbook(io.BytesIO(filled(data, formats.read(data)))).worksheets[0]
    assert (back["A2"].value, back["A2"].data_type, back.freeze_panes) == ("=1+1", "s", "A2")
