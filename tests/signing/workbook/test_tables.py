"""What the table around the cells does: merged cells, headings, formulas, rows of a CSV, columns and rows not read."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from signing.centre.centre_toml import Centre
from signing.commands.check import check
from signing.workbook import headers, judging, sheets
from tests import PROJECT
from tests.workbooks import HEADER, person, resident, values
from tests.xlsx_files import Cell, xls, xlsx
from verify.shared.command import Refusal

FIELD = PROJECT / "tests" / "field" / "workbooks"
CENTRE = Centre.load(FIELD / "centre.toml")
BARE = {"theory": None, "practice": None}

Row = tuple[str, str | None, list[tuple[str | None, str]]]


def judge(path: Path, data: bytes) -> list[Row]:
    """Result, outcome, cells and codes of each row."""
    path.write_bytes(data)
    rows = judging.read(path, CENTRE, {}).rows
    return [(row.result, row.outcome, [(reason.cell, reason.code) for reason in row.reasons]) for row in rows]


def book(*people: Any, header: Any = HEADER, above: Any = (), **how: Any) -> bytes:
    """An .xlsx of these people, or of rows as they are."""
    rows = [values(one) if isinstance(one, dict) else one for one in people]
    return xlsx([*above, header, *rows], **how)


@pytest.mark.parametrize(
    ("column", "value", "outcome"),
    [
        ("remark", "违纪", "disqualified"), ("education", "本科", "passed"), ("hours", 30, "passed"), ("programme",
        "CEM", "passed"),
        ("theory", 60, "passed"), ("practice", 20, "failed"), ("id_type", "居民身份证", "passed"), ("education",
        "小学", "ineligible"),
        ("name", "王芳", "passed"),
    ],
)  # fmt: skip
def test_a_merged_value_counts_in_each_of_its_rows(tmp_path: Path, column: str, value: Any, outcome: str) -> None:
    """In .xlsx and .xls, whatever the column, and it is said in each of them."""
    people = [
        values(person(1, **{column: value})),
        *(values(person(n, **{column: None})) for n in (2, 3)),
        values(person(4)),
    ]
    place = list(judging.HEADINGS.values())
    at = HEADER.index(place[list(judging.HEADINGS).index(column)])  # type: ignore[arg-type]  # a column's name
    letter = "ABCDEFGHIJKLMNO"[at]
    for data in (
        xlsx([HEADER, *people], merged=[f"{letter}2:{letter}4"]),
        xls([HEADER, *people], merged=[(1, 3, at, at)]),
    ):
        rows = judge(tmp_path / "b", data)
        assert {(result, is_outcome) for result, is_outcome, _said in rows[:3]} == {("corrected", outcome)}
        assert [(f"{letter}{row}", "merged_value") in said for row, (_r, _o, said) in enumerate(rows, 2)] == [
            True
        ] * 3 + [False]


@pytest.mark.parametrize(
    ("area", "people", "codes"),
    [
        ("M2:N3", [person(1, remark="违纪"), person(2)], {"merged_columns"}),
        ("L2:M3", [person(1, **BARE, score="缺考"), person(2, **BARE)], {"merged_columns", "mark_not_number"}),
        ("J2:K3", [person(1, practice=None), person(2, **BARE)], {"merged_columns"}),
        ("F2:G2", [person(1, education="大专", related_major="是"), person(2)], {"merged_columns"}),
        ("D2:D3", [person(1), person(2, id_number=None)], {"id_shared"}),
        ("N2:N3", [person(1, programme="OWN", number="ZB0001"), person(2, programme="OWN")], {"number_shared"}),
        ("A2:B2", [person(1), person(2)], {"name_not_text"}),
    ],
)  # fmt: skip
def test_a_merged_cell_that_can_mean_two_things_is_refused(
    tmp_path: Path, area: str, people: list[dict[str, Any]], codes: set[str]
) -> None:
    """Over two columns at once; an ID or certificate number for two people; another column's value over a name."""
    first = judge(tmp_path / "b.xlsx", book(*people, merged=[area]))[0]
    assert first[0] == "refused"
    assert codes <= {code for _cell, code in first[2]}


def test_a_mark_of_more_digits_than_any_quantity_has_is_refused(tmp_path: Path) -> None:
    """Whether the cell holds them or only shows them."""
    for odd in (Cell(1e30, "0.00"), Cell(5, '"1E99999999999999999999"')):
        ((result, _outcome, said),) = judge(tmp_path / "b.xlsx", book(person(1, theory=odd)))
        assert (result, {code for _cell, code in said}) == ("refused", {"shown_differently"})


def test_titles_and_signatures_merged_over_the_table_are_no_people(tmp_path: Path) -> None:
    """Above, between and below; a whole column merged downwards makes no rows either; what is left out is counted."""
    people = [person(1), ["一班"], person(2, hours=None), ["制表人：王五"], [None, None, None, None, None, "x"]]
    data = book(*people, above=[["成绩表"]], merged=["A1:O1", "A4:G4", "A6:D6", "H3:H1048576"])
    rows = judge(tmp_path / "b.xlsx", data)
    assert [result for result, _outcome, _said in rows[:2]] == ["corrected", "corrected"]
    table = headers.find(sheets.read(tmp_path / "b.xlsx"))
    assert table.left_out() == [4, 6]
    assert [row for row, _values in table.rows()] == [3, 5, 7]


ALL = dict(enumerate(HEADER))


@pytest.mark.parametrize(
    "changed",
    [
        {1: "1、姓名", 3: "【必填】身份证号"}, {1: "姓名/Name", 3: "公民身份号码"}, {1: "*姓名\n(必填)",
        3: "身份证件号码"},
        {1: "姓　名", 3: "證件號碼", 4: "學歷", 8: "申報證書類別", 12: "備註"}, {1: "Full Name", 3: "ID No.",
        7: "学时（小时）"},
        {1: "考生姓名", 3: "居民身份證號碼（18位）"}, {9: "成绩（理论）", 10: "成绩（实务）"}, {9: "理论\n成绩",
        10: "Practice Score"},
        {1: "Name 姓名", 3: "身份证号/ID Number", 0: "序号 Number"}, {9: "理论知识(75分)", 10: "实操成绩"},
    ],
    ids=str,
)  # fmt: skip
def test_columns_are_known_by_what_offices_call_them(tmp_path: Path, changed: dict[int, str]) -> None:
    """Line breaks, brackets, serial numbers, traditional characters, two languages, official names."""
    rows = judge(tmp_path / "b.xlsx", book(person(1), person(2, theory=10), header=list((ALL | changed).values())))
    assert [row[:2] for row in rows] == [("accepted", "passed"), ("accepted", "failed")]


def test_a_header_in_two_rows_is_read_by_its_lower_half(tmp_path: Path) -> None:
    """Merged over what it spans, columns that are not known among them."""
    upper = list((ALL | {9: "成绩", 10: None, 11: None}).values())
    lower = [None] * 9 + ["平时", "理论", "实务"]
    someone = [1, "张三", None, resident(1), "本科", None, None, 30, "CEM", 99, 50, 45]
    merged = ["J1:L1", "B1:B2", "D1:D2"]
    assert judge(tmp_path / "b.xlsx", book(someone, header=lower, above=[upper], merged=merged)) == [
        ("accepted", "passed", [])
    ]
    table = headers.find(sheets.read(tmp_path / "b.xlsx"))
    assert (table.header, table.columns["theory"], table.columns["practice"], "score" in table.columns) == (
        2,
        10,
        11,
        False,
    )


def test_a_heading_over_several_columns_is_refused(tmp_path: Path) -> None:
    """Which of them it means is not for us to say."""
    header = list((ALL | {9: "成绩", 10: None, 11: None}).values())
    with pytest.raises(Refusal, match="J, K"):
        judge(
            tmp_path / "b.xlsx",
            book(
                [1, "张三", None, resident(1), "本科", None, None, 30, "CEM", 50, 45], header=header, merged=["J1:L1"]
            ),
        )


@pytest.mark.parametrize("heading", ["处理结果", None, "工作单位2", "是否缺考", "考试情况"])
def test_a_column_that_speaks_of_standing_and_is_not_read_is_told(tmp_path: Path, heading: str | None) -> None:
    """By what it is called, or by what it says; with the rows it says it of."""
    header = list((ALL | {12: heading}).values())
    rows = judge(tmp_path / "b.xlsx", book(person(1, remark="违纪"), person(2), header=header))
    assert rows == [("accepted", "passed", [("M2", "column_not_read")]), ("accepted", "passed", [])]
    table = headers.find(sheets.read(tmp_path / "b.xlsx"))
    assert table.doubtful == {12: heading or ""}
    assert table.unread == {0: "序号", 12: heading or "", 14: "工作单位"}


@pytest.mark.parametrize(
    "column", ["name", "education", "programme", "hours", "theory", "remark", "id_number", "related_major"]
)
@pytest.mark.parametrize(
    "calculation", ['<calcPr calcId="1" fullCalcOnLoad="1"/>', '<calcPr calcId="1" calcCompleted="0"/>', ""]
)
def test_a_formula_that_nobody_computed_is_refused_in_every_column(
    tmp_path: Path, column: str, calculation: str
) -> None:
    """Whether its placeholder is 0 or the empty text."""
    for placeholder in (0, ""):
        data = book(person(1, **{column: Cell(placeholder, formula="1+1")}), calculation=calculation)
        ((result, outcome, said),) = judge(tmp_path / "b.xlsx", data)
        assert (result, outcome) == ("refused", None)
        assert {code for _cell, code in said} <= {"formula_without_result", "name_formula"}


def csv(*lines: str) -> bytes:
    """A CSV file with the form's header."""
    return "\r\n".join([",".join(HEADER), *lines, ""]).encode()


def test_a_row_of_a_csv_with_another_number_of_cells_is_refused(tmp_path: Path) -> None:
    """Too few and too many, with the counts; the rows beside it are judged."""
    whole = f"1,张三,,{resident(1)},本科,,,30,CEM,50,45,,,,"
    short = f"2,李四,,{resident(2)},本科,,30,CEM,50,45,,,,"
    long = "3,Smith, John,护照,E1234567,本科,,,30,CEM,50,45,,,,"
    rows = judge(tmp_path / "b.csv", csv(whole, short, long))
    assert [result for result, _outcome, _said in rows] == ["accepted", "refused", "refused"]
    assert all((None, "row_uneven") in said for _result, _outcome, said in rows[1:])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('1,张三,,1,本科,,,30,CEM,50,45,,"优秀,,\r\n2,李四,,2,本科,,,30,CEM,50,45,,良",,', "line 2"),
        ('1,"张三,,1', "line 2"),
        ('1,"张"三,,1', "line 2"),
    ],
)
def test_a_stray_quotation_mark_in_a_csv_is_named_with_its_line(tmp_path: Path, line: str, words: str) -> None:
    """It joined rows, or ends nowhere."""
    with pytest.raises(Refusal, match=words):
        judge(tmp_path / "b.csv", csv(line))


def test_check_says_what_it_read_and_lists_everybody_who_has_not_passed(tmp_path: Path) -> None:
    """Columns read and not read, rows left out, each outcome with its reason, and what to look at."""
    people = [
        person(1),
        person(2, theory=10),
        person(3, **BARE, remark="弃考"),
        person(4, remark="作弊"),
        person(5, hours=3),
        person(6, remark="补考"),
    ]
    path = tmp_path / "b.xlsx"
    path.write_bytes(book(*people, ["合计：6人"], merged=["A8:O8"]))
    done = CliRunner().invoke(check, [str(path), "--centre", str(FIELD / "centre.toml")], standalone_mode=False)
    assert done.exception is None
    assert "Columns read: B 姓名, C 证件类型, D 身份证号" in done.output
    assert "Not read: A 序号, O 工作单位." in done.output
    assert "Rows that hold nobody and were left out: 1 (8)." in done.output
    for row, outcome in ((3, "failed. The"), (4, "absent.\n"), (5, "disqualified.\n"), (6, "ineligible. Fewer")):
        assert f"row {row}: {outcome}" in done.output, "what decided it, and no outcome twice"
    assert "M7  The remark is not understood and changes nothing." in done.output


def test_check_shows_some_of_many_and_says_how_many_more(tmp_path: Path) -> None:
    """Of each sort, on either stream; with --all every one."""
    failed = [person(n, theory=10) for n in range(1, 24)]
    refused = [person(n) | {"name": ""} for n in range(24, 48)]
    path = tmp_path / "b.xlsx"
    path.write_bytes(book(*failed, *refused))

    def told(*more: str) -> list[str]:
        arguments = [str(path), "--centre", str(FIELD / "centre.toml"), *more]
        return CliRunner().invoke(check, arguments, standalone_mode=False).output.splitlines()

    short = told()
    assert sum(": failed. " in line for line in short) == sum("There is no name" in line for line in short) == 20
    assert [line for line in short if "more;" in line] == [
        "  and 4 more; `yinjian-sign check --all` shows them",
        "  and 3 more; `yinjian-sign check --all` shows them",
    ]
    assert sum(": failed. " in line for line in told("--all")) == 23
