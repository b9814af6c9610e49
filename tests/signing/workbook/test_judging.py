"""Every correction and refusal of 3-interfaces, Workbook, with the cell that it names."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from signing.centre.centre_toml import Centre
from signing.workbook import judging, strikes
from signing.workbook.judging import Judged, Row
from tests.signing_room import EXAMPLE
from tests.workbooks import FAULTS, cell, person, resident, write
from verify.shared.command import Refusal

CENTRE = Centre.load(EXAMPLE)


def judged(path: Path, people: list[dict[str, Any]], **strikes: str) -> Judged:
    """The judgement of a workbook of these people."""
    return judging.read(write(path / "book.xlsx", people), CENTRE, {int(row[1:]): why for row, why in strikes.items()})


def only(path: Path, **other: Any) -> Row:
    """The judgement of one row."""
    return judged(path, [person(1, **other)]).rows[0]


def codes(row: Row) -> list[tuple[str | None, str]]:
    """Cells and codes of a row's reasons."""
    return [(reason.cell, reason.code) for reason in row.reasons]


@pytest.mark.parametrize(
    ("typed", "kept", "code"),
    [
        ("  张三 ", "张三", "name_outer_space"),
        ("张　三", "张三", "name_inner_space"),
        ("欧 阳\t若兰", "欧阳若兰", "name_inner_space"),
        ("张\u200b三", "张三", "name_control"),
        ("张\u202e三", "张三", "name_control"),
        ("买买提•吐尔逊江", "买买提·吐尔逊江", "name_dot"),
        ("买买提・吐尔逊江", "买买提·吐尔逊江", "name_dot"),
        ("买买提．吐尔逊江", "买买提·吐尔逊江", "name_dot"),
        ("买买提.吐尔逊江", "买买提·吐尔逊江", "name_dot"),
        ("李\ue863", "李䶮", "name_private_use"),
    ],
)
def test_names_are_corrected_and_it_is_said(tmp_path: Path, typed: str, kept: str, code: str) -> None:
    """What was put right in a name is named with its cell, and the corrected name is registered."""
    row = only(tmp_path, name=typed)
    assert row.candidate is not None
    assert (row.result, row.candidate.name) == ("corrected", kept)
    assert codes(row) == [("B2", code)]


@pytest.mark.parametrize("name", ["Anna Müller", "J. Smith", "O’Brien", "晴\ufa19", "王𠮷", "张" * 50])
def test_nothing_else_in_a_name_is_touched(tmp_path: Path, name: str) -> None:
    """Compatibility characters, Latin spaces and dots, and rare characters stay byte for byte."""
    row = only(tmp_path, name=name)
    assert row.candidate is not None
    assert (row.result, row.candidate.name, row.reasons) == ("accepted", name, ())


@pytest.mark.parametrize(
    ("typed", "key", "expected"),
    [
        ("９９０１０１１９９００２２８１２３２", "990101199002281232", ["id_writing"]),
        ("990101 19900228 1232", "990101199002281232", ["id_writing"]),
        ("11010519491231002x", "11010519491231002X", ["id_writing"]),
        ("990101850101123", "990101198501011232", ["id_15_digits"]),
        (990101850101123, "990101198501011232", ["id_was_number", "id_15_digits"]),
    ],
)
def test_id_numbers_are_corrected_and_it_is_said(tmp_path: Path, typed: Any, key: str, expected: list[str]) -> None:
    """Width, spaces, case and the old 15 digits are put right."""
    row = only(tmp_path, id_number=typed)
    assert row.candidate is not None
    assert (row.result, row.candidate.id_key) == ("corrected", key)
    assert codes(row) == [("D2", code) for code in expected]


def test_forty_planted_faults_are_all_found_and_nobody_is_falsely_accused(tmp_path: Path) -> None:
    """Each fault is named with its own cell and code; the right rows between them stay right."""
    people = []
    for number, (fault, _column, _code) in enumerate(FAULTS):
        people += [person(2 * number), person(2 * number + 1, **fault)]
    rows = judged(tmp_path, people).rows
    assert len(FAULTS) == 40
    for place, (_fault, column, code) in enumerate(FAULTS):
        right, wrong = rows[2 * place], rows[2 * place + 1]
        assert (right.result, right.reasons) == ("accepted", ())
        assert (wrong.result, wrong.outcome, wrong.candidate) == ("refused", None, None)
        assert (cell(wrong.row, column), code) in codes(wrong)
        assert all(where is not None and where.endswith(str(wrong.row)) for where, _code in codes(wrong))


def test_every_row_that_shares_an_id_is_refused(tmp_path: Path) -> None:
    """However the number is written, and for two programmes too; striking one of the rows out settles it."""
    spaced = f"{resident(1)[:6]} {resident(1)[6:]}"
    people = [person(1), person(2), person(3, id_number=spaced), person(4, id_number=resident(1), programme="CAM")]
    rows = judged(tmp_path, people).rows
    assert [row.result for row in rows] == ["refused", "accepted", "refused", "refused"]
    assert ("D2", "id_shared") in codes(rows[0])
    assert "4, 5" in rows[0].reasons[-1].message
    settled = judged(tmp_path, people, r4="twice", r5="twice")
    assert [row.result for row in settled.rows[:2]] == ["accepted", "accepted"]
    assert not settled.refused
    assert settled.totals()["struck"] == 2


def test_an_id_filled_down_a_column_names_ten_other_rows_in_each(tmp_path: Path) -> None:
    """Every row in every row were a hundred million numbers for 10,000 rows."""
    rows = judged(tmp_path, [person(n, id_number=resident(1)) for n in range(1, 14)]).rows
    messages = [row.reasons[-1].message for row in rows]
    assert messages[0].count(",") == messages[5].count(",") == 9
    assert all(" …" in message for message in messages)
    assert " 6, " not in messages[4]


def test_two_people_may_have_one_name(tmp_path: Path) -> None:
    """Only ID numbers tell people apart."""
    rows = judged(tmp_path, [person(1, name="王伟"), person(2, name="王伟")]).rows
    assert [row.result for row in rows] == ["accepted", "accepted"]


@pytest.mark.parametrize(
    ("facts", "outcome", "code"),
    [
        ({"theory": 45, "practice": 45}, "passed", None),
        ({"theory": 45, "practice": 44.5}, "failed", "below_pass"),
        ({"theory": None, "practice": None, "score": "90"}, "passed", None),
        ({"theory": None, "practice": None, "remark": "缺考"}, "absent", "absent"),
        ({"remark": "违纪：携带手机"}, "disqualified", "disqualified"),
        ({"theory": None, "practice": None, "remark": "违纪"}, "disqualified", "disqualified"),
        ({"remark": "无违纪"}, "passed", None),
        ({"hours": 29}, "ineligible", "hours_short"),
        ({"hours": None}, "ineligible", "hours_short"),
        ({"education": "中专", "years": 2}, "passed", None),
        ({"education": "高中", "years": 1.5}, "ineligible", "not_admitted"),
        ({"education": "大专", "related_major": "是"}, "passed", None),
        ({"education": "大专", "related_major": "否"}, "ineligible", "not_admitted"),
        ({"education": "大专", "related_major": "否", "years": "1年"}, "passed", None),
        ({"education": "小学", "years": 40}, "ineligible", "education_unknown"),
        ({"education": None}, "ineligible", "education_missing"),
        ({"education": "小学", "remark": "缺考", "theory": None, "practice": None}, "absent", "absent"),
        ({"education": "小学", "theory": 1}, "ineligible", "education_unknown"),
    ],
)
def test_the_first_outcome_that_applies(tmp_path: Path, facts: dict[str, Any], outcome: str, code: str | None) -> None:
    """Disqualified, absent, ineligible, failed, passed, in this order, each with what decided it."""
    row = only(tmp_path, **facts)
    assert (row.result, row.outcome) == ("accepted", outcome)
    assert [reason.code for reason in row.reasons] == ([] if code is None else [code])


def test_a_programme_by_any_of_its_names(tmp_path: Path) -> None:
    """Code, name, and name with level in either order."""
    names = ["CEM", "cem", "碳排放管理师", "碳排放管理师（高级）", "高级碳排放管理师", "Carbon Emission Manager"]
    rows = judged(tmp_path, [person(number, programme=name) for number, name in enumerate(names)]).rows
    assert [row.candidate.programme for row in rows if row.candidate] == ["CEM"] * len(names)


def test_two_papers_that_must_each_be_passed_by_configuration_alone(tmp_path: Path) -> None:
    """A programme of another kind takes no code."""
    text = EXAMPLE.read_text("utf-8")
    old = text[text.index('papers = [\n  { column = "theory"') : text.index("[[rules.eligible]]")]
    new = """papers = [
  { column = "theory", title = { zh = "理论" }, full_mark = 75, pass_mark = 45 },
  { column = "practice", title = { zh = "实务" }, full_mark = 75, pass_mark = 45 },
]
"""
    (tmp_path / "centre.toml").write_text(text.replace(old, new), "utf-8")
    centre = Centre.load(tmp_path / "centre.toml")
    marks = [(45, 45), (44, 75), (75, 44), (76, 45)]
    book = write(tmp_path / "b.xlsx", [person(n, theory=t, practice=p) for n, (t, p) in enumerate(marks)])
    rows = judging.read(book, centre, {}).rows
    assert [row.outcome for row in rows] == ["passed", "failed", "failed", None]
    assert codes(rows[1]) == [("J3", "paper_below_pass")]
    assert codes(rows[3]) == [("J5", "mark_too_high")]


def test_own_numbers_come_from_the_workbook(tmp_path: Path) -> None:
    """A centre with its own scheme names each number; one with the default scheme is told that it is not used."""
    text = EXAMPLE.read_text("utf-8").replace('code = "CAM"', 'code = "CAM"\nnumbering = "own"')
    (tmp_path / "centre.toml").write_text(text, "utf-8")
    centre = Centre.load(tmp_path / "centre.toml")
    numbers = ["S000011990001250000001", "s-00002", None, "X1", "CEM2204000001X", "Q777", "q 777"]
    people = [person(n, programme="CAM", number=number) for n, number in enumerate(numbers)]
    people.append(person(90, number="OLD123"))
    rows = judging.read(write(tmp_path / "b.xlsx", people), centre, {}).rows
    assert [row.result for row in rows] == ["accepted", "corrected", *["refused"] * 5, "accepted"]
    assert [row.reasons[-1].code for row in rows[1:]] == [
        "number_writing", "number_missing", "number_form", "number_reserved", "number_shared", "number_shared",
        "number_not_used",
    ]  # fmt: skip
    assert rows[1].candidate is not None
    assert rows[1].candidate.number == "S00002"


def test_the_header_may_be_low_and_in_english(tmp_path: Path) -> None:
    """Titles above the header, English names, and unknown columns are taken in stride; rows keep Excel's numbers."""
    book = Workbook()
    sheet = book.worksheets[0]
    for _row in range(9):
        sheet.append(["Exam results"])
    sheet.append(["name", "ID number", "education", "hours", "programme", "score", "nickname"])
    sheet.append(["张三", resident(1), "本科", 30, "CEM", 95, "=x"])
    book.save(tmp_path / "b.xlsx")
    (row,) = judging.read(tmp_path / "b.xlsx", CENTRE, {}).rows
    assert (row.row, row.result, row.outcome) == (11, "accepted", "passed")


def test_a_header_in_two_rows_is_read_as_one(tmp_path: Path) -> None:
    """成绩 spanning 理论 and 实务 is no column of its own."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["姓名", "身份证号", "学历", "学时", "申报证书类别", "成绩", None, "备注"])
    sheet.append([None, None, None, None, None, "理论", "实务"])
    sheet.merge_cells("F1:G1")
    sheet.append(["张三", resident(1), "本科", 30, "CEM", 50, 45])
    book.save(tmp_path / "b.xlsx")
    (row,) = judging.read(tmp_path / "b.xlsx", CENTRE, {}).rows
    assert (row.row, row.outcome) == (3, "passed")


@pytest.mark.parametrize(
    ("headings", "words"),
    [
        (["姓名", "学历"], "身份证号"),
        (["甲", "乙"], "姓名"),
        (["姓名", "姓名", "身份证号"], "A1, B1"),
    ],
)
def test_a_workbook_without_a_clear_header_is_refused(tmp_path: Path, headings: list[str], words: str) -> None:
    """The refusal names the column."""
    book = Workbook()
    book.worksheets[0].append(headings)
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(Refusal, match=words):
        judging.read(tmp_path / "b.xlsx", CENTRE, {})


def test_striking_out_wants_a_row_that_is_there_and_a_reason(tmp_path: Path) -> None:
    """A slip in ROW would otherwise strike nobody out, unseen."""
    with pytest.raises(Refusal, match="row 7"):
        judged(tmp_path, [person(1)], r7="withdrew")
    for option in ("7", "7=", "x=", "=y", "-1=y", "　=y"):
        with pytest.raises(Refusal, match="--strike"):
            strikes.parse([option])
    assert strikes.parse(["7=withdrew = left", "王莉=退出"]) == {7: "withdrew = left", "王莉": "退出"}


def test_reasons_never_hold_a_name_or_an_id_number(tmp_path: Path) -> None:
    """Reports and screens are passed around."""
    people = [person(n, **fault) for n, (fault, _column, _code) in enumerate(FAULTS)]
    for row in judged(tmp_path, people).rows:
        for reason in row.reasons:
            assert not any(len(digits) > 5 for digits in _runs(reason.message))
            assert person(row.row - 2)["name"] not in reason.message


def _runs(text: str) -> list[str]:
    return "".join(c if c.isdecimal() else " " for c in text).split()


def test_no_repr_holds_a_name_or_an_id_number(tmp_path: Path) -> None:
    """What ends up in a log or a traceback tells nothing of anybody."""
    whole = judged(tmp_path, [person(1), person(2, id_number="990101199002281230")])
    shown = repr(whole) + repr(whole.candidates) + repr(whole.table.sheet)
    for number in (1, 2):
        assert person(number)["name"] not in shown
        assert resident(number) not in shown
