"""Workbooks as offices really make them, and files that are none: read, or refused with a reason."""

import io
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.formatting.rule import Rule
from openpyxl.worksheet.datavalidation import DataValidation

from signing.centre.centre_toml import Centre
from signing.workbook import headers, judging, report, sheets
from tests import PROJECT
from tests.conftest import HANGS
from tests.rich_workbooks import assert_strict, parts_of, rich
from tests.signing_room import EXAMPLE
from tests.workbooks import HEADER, cell, person, resident, values, write
from tests.xlsx_files import xlsx
from verify.shared.command import Refusal

CENTRE = Centre.load(EXAMPLE)
DATA = PROJECT / "tests" / "data"


def outcomes(path: Path) -> list[str | None]:
    """The outcome of each row."""
    return [row.outcome for row in judging.read(path, CENTRE, {}).rows]


def csv_text(*people: list[object]) -> str:
    """A CSV file of the form, as Excel saves it."""
    lines = [HEADER, *people]
    return "".join(",".join("" if value is None else str(value) for value in line) + "\r\n" for line in lines)


def test_an_old_xls_workbook_is_read_like_a_new_one() -> None:
    """The file is LibreOffice's: a merged title, a formula, an ID number of 15 digits as a quantity."""
    judged = judging.read(DATA / "office.xls", CENTRE, {})
    assert [row.row for row in judged.rows] == [3, 4, 5, 6, 7, 8]
    assert [row.outcome for row in judged.rows] == ["passed", "passed", "passed", "failed", None, "passed"]
    assert [reason.code for row in judged.rows for reason in row.reasons] == [
        "id_was_number", "id_15_digits", "name_dot", "below_pass", "id_digits_lost",
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_each_encoding_that_offices_write(tmp_path: Path, encoding: str) -> None:
    """Names come out the same, the rarest too; semicolons and tabs separate as well."""
    text = csv_text(values(person(1, name="王𠮷")), values(person(2, name="李䶮", theory=10)))
    path = tmp_path / "b.csv"
    for separator in ",;\t":
        path.write_bytes(text.replace(",", separator).encode(encoding))
        judged = judging.read(path, CENTRE, {})
        assert [row.candidate.name for row in judged.rows if row.candidate] == ["王𠮷", "李䶮"]
        assert [row.outcome for row in judged.rows] == ["passed", "failed"]


def test_csv_faults_are_found_where_they_stand(tmp_path: Path) -> None:
    """What a spreadsheet program did to an ID number is seen; a line break in quotes counts as Excel counts."""
    rows = [
        values(person(1, id_number="9.90101E+17")),
        values(person(2, employer='"甲\n乙"')),
        values(person(3, name="=1+1")),
        values(person(4)),
    ]
    path = tmp_path / "b.csv"
    path.write_text(csv_text(*rows), "utf-8")
    judged = judging.read(path, CENTRE, {})
    assert [(row.row, row.result) for row in judged.rows] == [
        (2, "refused"), (3, "accepted"), (4, "refused"), (5, "accepted"),
    ]  # fmt: skip
    path.write_text(csv_text(values(person(1)))[:-2] + ',"open', "utf-8")
    with pytest.raises(Refusal, match="quotation"):
        sheets.read(path)


def test_merged_titles_hidden_rows_and_other_sheets(tmp_path: Path) -> None:
    """A hidden row is judged and said to be hidden; of several sheets the first is read."""
    path = write(tmp_path / "b.xlsx", [person(1), person(2)], ["成绩表", "2022年4月"])
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet.merge_cells("A1:O1")
    sheet.row_dimensions[5].hidden = True
    book.create_sheet("备份").append(["姓名", "身份证号"])
    book.save(path)
    judged = judging.read(path, CENTRE, {})
    assert [(row.row, row.result, [r.code for r in row.reasons]) for row in judged.rows] == [
        (4, "accepted", []),
        (5, "accepted", ["row_hidden"]),
    ]
    assert judged.table.sheet.others == ("备份",)
    book.move_sheet("备份", -1)
    book.worksheets[0].delete_rows(1)
    book.save(path)
    with pytest.raises(Refusal, match="behind it: Sheet"):
        headers.find(sheets.read(path))


def test_a_formula_counts_by_the_result_that_was_saved(tmp_path: Path) -> None:
    """Excel saves results beside formulas; a file without them was never calculated."""
    path = write(tmp_path / "b.xlsx", [person(1, score="=SUM(J2:K2)")])
    assert outcomes(path) == [None]
    calculated = _with_part(path, "sheet1", b"<f>SUM(J2:K2)</f><v/>", b"<f>SUM(J2:K2)</f><v>95</v>")
    assert outcomes(calculated) == ["passed"]
    wrong = _with_part(path, "sheet1", b"<f>SUM(J2:K2)</f><v/>", b"<f>SUM(J2:K2)</f><v>96</v>")
    assert outcomes(wrong) == [None]


def _with_part(path: Path, part: str, old: bytes, new: bytes) -> Path:
    """A copy of a workbook with one part changed."""
    changed = path.with_name(f"changed-{len(new)}.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name).replace(b'fullCalcOnLoad="1"', b"")  # as a program does that has computed
            if part in name:
                data = data.replace(b"<v></v>", b"<v/>").replace(b"<v />", b"<v/>")
                assert old in data
                data = data.replace(old, new)
            target.writestr(name, data)
    return changed


@pytest.mark.parametrize("name", ["locked.xlsx", "locked.xls"])
def test_a_locked_workbook_is_refused_with_what_to_do(name: str) -> None:
    """Somebody has to save it without the password."""
    with pytest.raises(Refusal, match="password"):
        sheets.read(DATA / name)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("b.xlsx", b"", "empty"),
        ("b.xlsx", b"PK\x03\x04 and then nothing", "damaged"),
        ("b.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "damaged"),
        ("b.xlsx", b"<html>no workbook</html>", "web page"),
        ("b.xlsx", b"no workbook", "no workbook"),
        ("b.pdf", b"%PDF-1.7", "no workbook"),
        ("b.csv", bytes(range(128, 256)) * 9, "neither UTF-8 nor UTF-16 nor GB18030"),
        ("b.csv", "姓名,身份證號碼\n".encode("big5"), "Big5"),
        ("b.csv", "姓名,身份证号\n".encode("utf-16-le"), "byte order mark"),
        ("b.csv", b"\xff\xfe\x00\x00", "UTF-32"),
        ("b.csv", "姓名\n张".encode() + b"\xe4\n", "line 2"),
        ("~$b.xlsx", b"x", "beside an open workbook"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    """With the file's name and what is wrong with it."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(Refusal, match=words):
        sheets.read(path)
    with pytest.raises(Refusal, match="no such file"):
        sheets.read(tmp_path / "absent.xlsx")


def test_a_half_saved_workbook_is_refused(tmp_path: Path) -> None:
    """Wherever it was cut."""
    data = write(tmp_path / "b.xlsx", [person(n) for n in range(50)]).read_bytes()
    cut = tmp_path / "cut.xlsx"
    for share in range(1, 20):
        cut.write_bytes(data[: len(data) * share // 20])
        with pytest.raises(Refusal, match="damaged"):
            sheets.read(cut)


def test_macros_are_never_run_and_never_copied(tmp_path: Path) -> None:
    """The values count; the marked copy has no macro."""
    path = write(tmp_path / "b.xlsx", [person(1, name="张 三")])
    macro = tmp_path / "b.xlsm"
    macro.write_bytes(path.read_bytes())
    with zipfile.ZipFile(macro, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"Sub Auto_Open()")
    judged = judging.read(macro, CENTRE, {})
    assert judged.table.sheet.macros
    report.write(tmp_path / "r.xlsx", macro, judged)
    with zipfile.ZipFile(tmp_path / "r.xlsx") as archive:
        assert not any("vba" in name for name in archive.namelist())


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path: Path) -> None:
    """By what its parts say of their size, or by what they unpack to."""
    path = write(tmp_path / "b.xlsx", [person(1)])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for part in range(9):
            archive.writestr(f"xl/media/{part}.bin", b"\0" * (64 << 20))
    with pytest.raises(Refusal, match="256 MB"):
        sheets.read(path)


def _sheet_of(rows: bytes) -> bytes:
    return (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + rows
        + b"</sheetData></worksheet>"
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(1, 2_000_001)), "200000 rows"),
        (b"<row><c><v>1</v></c></row>" * 200_001, "200000 rows"),
        (b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "rows"),
        (b'<row r="1"><c r="XFD1"><v>1</v></c></row>', "256 columns"),
        (b'<row r="1">' + b"<c><v>1</v></c>" * 300 + b"</row>", "256 columns"),
    ],
    ids=["2 million rows", "rows without numbers", "the last cell", "the last column", "cells without names"],
)
@pytest.mark.timeout(2 * HANGS)
def test_a_huge_sheet_is_refused_before_it_fills_the_memory(tmp_path: Path, rows: bytes, words: str) -> None:
    """One far cell makes a reader fill everything before it; a row limit alone would not do."""
    path = write(tmp_path / "b.xlsx", [person(1)])
    huge = tmp_path / "huge.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(huge, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, _sheet_of(rows) if "sheet1" in name else source.read(name))
    with pytest.raises(Refusal, match=words):
        sheets.read(huge)


def test_a_million_empty_rows_below_do_no_harm(tmp_path: Path) -> None:
    """Somebody once coloured the whole column: rows without values do not count."""
    path = write(tmp_path / "b.xlsx", [person(1)])
    empty = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (n, n) for n in range(3, 300_000))
    coloured = _with_part(path, "sheet1", b"</sheetData>", empty + b"</sheetData>")
    assert outcomes(coloured) == ["passed"]


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    """A document type has no place in a workbook."""
    path = write(tmp_path / "b.xlsx", [person(1)])
    bomb = tmp_path / "bomb.xlsx"
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    for part in ("sheet1", "xl/workbook.xml"):
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(bomb, "w") as target:
            for name in source.namelist():
                target.writestr(name, laughs if part in name else source.read(name))
        with pytest.raises(Refusal, match="damaged"):
            sheets.read(bomb)


def test_the_report_marks_cells_and_adds_no_formula(tmp_path: Path) -> None:
    """Texts that begin like formulas stay texts, from .xlsx and .csv alike; marks and notes stand at their cells."""
    people = [person(1), person(2, id_number="990101199002281230", employer="=1+1"), person(3, name="@SUM(A1)")]
    path = write(tmp_path / "b.xlsx", people)
    text = tmp_path / "b.csv"
    text.write_text(csv_text(*(values(p) for p in people)), "utf-8")
    for book in (path, text):
        judged = judging.read(book, CENTRE, {})
        report.write(tmp_path / "r.xlsx", book, judged)
        marked = openpyxl.load_workbook(tmp_path / "r.xlsx")
        sheet, totals = marked.worksheets
        assert sheet["D3"].comment is not None
        assert "check digit" in sheet["D3"].comment.text
        assert sheet["D3"].fill.fgColor.rgb == "FFFFC7CE"
        assert sheet["B2"].comment is None
        formulas = [c.value for s in marked.worksheets for row in s.iter_rows() for c in row if c.data_type == "f"]
        assert formulas == (["=1+1"] if book == path else [])  # the office's own, where it was one
        assert sheet["P3"].value == "refused"
        found = {row[1]: row[0] for row in totals.iter_rows(values_only=True)}
        assert (found["Rows"], found["refused"]) == (3, 2)


def test_the_report_never_overwrites_the_workbook(tmp_path: Path) -> None:
    """It is the only copy that the office has."""
    path = write(tmp_path / "b.xlsx", [person(1)])
    judged = judging.read(path, CENTRE, {})
    for target in (path, tmp_path / "r.csv"):
        with pytest.raises(Refusal):
            report.write(target, path, judged)


def test_columns_of_no_use_do_not_matter(tmp_path: Path) -> None:
    """A workbook of name, ID, programme and marks alone: eligibility then says what it misses."""
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Name", "ID_NUMBER", "Programme", "Score"])
    book.worksheets[0].append(["张三", resident(1), "CEM", 95])
    stream = io.BytesIO()
    book.save(stream)
    path = tmp_path / "b.xlsx"
    path.write_bytes(stream.getvalue())
    (row,) = judging.read(path, CENTRE, {}).rows
    assert (row.outcome, row.reasons[0].code, row.reasons[0].cell) == ("ineligible", "hours_short", None)


def test_a_text_that_a_formula_gives_may_be_empty(tmp_path: Path) -> None:
    """=IF(J2<0,"缺考","") is what offices write; its empty result is a result, and nobody is accused."""
    path = write(tmp_path / "b.xlsx", [person(1, remark="=IF(1>2,1,2)")])
    judged = _with_part(path, "sheet1", b'<c r="M2"><f>IF(1&gt;2,1,2)</f><v/></c>',
                        b'<c r="M2" t="str"><f>IF(1&gt;2,1,2)</f><v></v></c>')  # fmt: skip
    assert outcomes(judged) == ["passed"]


@pytest.mark.parametrize("column", ["name", "id_number", "programme", "theory", "score", "remark", "years"])
def test_a_cell_that_shows_an_error_is_refused(tmp_path: Path, column: str) -> None:
    """Calamine reads #N/A as an empty cell: it is refused at its cell, with that as the only reason."""
    path = write(tmp_path / "b.xlsx", [person(1, **{column: "#N/A"}), person(2)])
    broken, whole = judging.read(path, CENTRE, {}).rows
    assert [(reason.cell, reason.code) for reason in broken.reasons] == [(cell(2, column), "cell_error")]
    assert (broken.result, whole.result) == ("refused", "accepted")


def test_a_row_of_errors_is_a_row(tmp_path: Path) -> None:
    """Where every formula looked in vain, somebody stands there all the same."""
    nobody = dict.fromkeys(person(1), None) | {"name": "#N/A", "id_number": "#N/A"}
    path = write(tmp_path / "b.xlsx", [person(1), nobody, person(3)])
    assert [row.result for row in judging.read(path, CENTRE, {}).rows] == ["accepted", "refused", "accepted"]


def test_a_mark_that_shows_as_a_percentage_is_refused(tmp_path: Path) -> None:
    """95 % is kept as 0.95, by which everybody would have failed unseen."""
    path = write(tmp_path / "b.xlsx", [person(n, theory=None, practice=None, score=95) for n in range(4)])
    book = openpyxl.load_workbook(path)
    for row, looks in ((2, "0%"), (3, "0.0%"), (4, '0"%";-0%'), (5, "0.0")):
        book.worksheets[0].cell(row, 12).number_format = looks
        book.worksheets[0].cell(row, 12).value = 95 if looks == "0.0" else 0.95
    book.save(path)
    rows = judging.read(path, CENTRE, {}).rows
    assert [[reason.code for reason in row.reasons] for row in rows] == [*[["mark_not_number"]] * 3, []]
    assert "percentage" in rows[0].reasons[0].message


def test_what_the_file_is_counts_and_not_its_name(tmp_path: Path) -> None:
    """Systems export old workbooks as .xlsx, and people rename files."""
    renamed = tmp_path / "new.xlsx"
    renamed.write_bytes((DATA / "office.xls").read_bytes())
    judged = judging.read(renamed, CENTRE, {})
    assert len(judged.rows) == 6
    report.write(tmp_path / "r.xlsx", renamed, judged)
    old = tmp_path / "old.xls"
    old.write_bytes(write(tmp_path / "b.xlsx", [person(1)]).read_bytes())
    assert outcomes(old) == ["passed"]


def test_another_archive_is_no_workbook(tmp_path: Path) -> None:
    """A document or an OpenDocument sheet is not called damaged, and it is said what to do."""
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(Refusal, match=r"no workbook.*save it as \.xlsx"):
        sheets.read(path)


def test_the_first_sheet_that_people_see_is_read(tmp_path: Path) -> None:
    """A hidden one before it is named with the others; where all are hidden, that is said; a chart is no sheet."""
    path = write(tmp_path / "b.xlsx", [person(1)])
    book = openpyxl.load_workbook(path)
    book.create_sheet("旧", 0)
    book.worksheets[0].sheet_state = "hidden"
    book.create_sheet("图示")
    book.active = 1
    book.save(path)
    sheet = sheets.read(path)
    assert (sheet.cells.name, sheet.concealed, sheet.others) == ("Sheet", False, ("图示", "旧"))
    path.write_bytes(xlsx([["姓名"]], state="veryHidden"))
    assert sheets.read(path).concealed
    book.create_chartsheet("图", 0)
    book.save(path)
    with pytest.raises(Refusal, match="chart"):
        sheets.read(path)


def test_the_report_hides_no_mark(tmp_path: Path) -> None:
    """Nothing is hidden, filtered or protected; a mark in a merged cell shows, and no rule's colour covers one."""
    path = write(tmp_path / "b.xlsx", [person(1), person(2, programme=None), person(3, id_number="1")], ["成绩"])
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions["D"].hidden = True
    sheet.merge_cells("A1:O1")
    sheet.merge_cells("I3:I4")
    sheet.auto_filter.ref = "A2:O5"
    sheet.auto_filter.add_filter_column(0, ["1"])
    sheet.protection.sheet = True
    sheet.conditional_formatting.add("D3:D5", Rule(type="expression", formula=["D3>0"]))
    sheet.add_data_validation(DataValidation(type="list", formula1="Lists!$A$1:$A$3", sqref="I3:I9"))
    sheet["D5"].comment = Comment("请核对", "office")
    book.create_sheet("Lists")
    book.save(path)
    report.write(tmp_path / "r.xlsx", path, judging.read(path, CENTRE, {}))
    marked = openpyxl.load_workbook(tmp_path / "r.xlsx").worksheets[0]
    assert not any(one.hidden for one in (*marked.row_dimensions.values(), *marked.column_dimensions.values()))
    assert {area.coord for area in marked.merged_cells.ranges} == {"A1:O1", "I3:I4"}
    assert marked["I3"].fill.fgColor.rgb == "FFFFEB9C"
    assert marked["D5"].fill.fgColor.rgb == "FFFFC7CE"
    assert marked["I3"].comment is not None
    assert "请核对" in marked["D5"].comment.text
    assert (marked.auto_filter.ref, marked.auto_filter.filterColumn) == ("A2:O5", [])
    assert not marked.protection.sheet
    rules = {str(area.sqref): area.rules[0].priority for area in marked.conditional_formatting}
    assert rules.pop("D3:D5") == len(rules) + 1
    assert any("D5" in cells.split() for cells in rules)
    assert len(marked.data_validations.dataValidation) == 1


def test_the_report_says_each_outcome_and_counts_by_rule(tmp_path: Path) -> None:
    """A rule that speaks of other rows or characters each time is counted once, in general words, by its colour."""
    people = [person(1), person(1), person(2, theory=1), person(3, name="李\ue000"), person(4, name="李\ue001")]
    path = write(tmp_path / "b.xlsx", people)
    report.write(tmp_path / "r.xlsx", path, judging.read(path, CENTRE, {}))
    sheet, counted = openpyxl.load_workbook(tmp_path / "r.xlsx").worksheets
    assert [sheet[f"{column}4"].value for column in "PQR"] == [
        "accepted", "failed", "The total is below the pass mark, 90.",
    ]  # fmt: skip
    lines = [(a.value, b.value, c.value, a.fill.fgColor.rgb) for a, b, c in counted.iter_rows(max_col=3) if c.value]
    assert lines == [
        (2, "Rows have the same ID number.", "id_shared", "FFFFC7CE"),
        (2, "A character of the name has no known meaning.", "name_unknown_character", "FFFFC7CE"),
        (1, "The total is below the pass mark.", "below_pass", "FFDDEBF7"),
    ]


def test_a_report_of_what_cannot_be_changed_has_the_values(tmp_path: Path) -> None:
    """Rows out of their order leave no place for more: then the looks are lost, and the marks are not."""
    path = write(tmp_path / "b.xlsx", [person(1, id_number="990101199002281230"), person(2)])
    strange = tmp_path / "strange.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(strange, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml"):
                head, *rows = data.replace(b"</sheetData>", b"<row ", 1).split(b"<row ")
                data = b"<row ".join([head, rows[0], rows[2], rows[1]]) + b"</sheetData>" + rows[3]
            target.writestr(name, data)
    judged = judging.read(strange, CENTRE, {})
    report.write(tmp_path / "r.xlsx", strange, judged)
    marked = openpyxl.load_workbook(tmp_path / "r.xlsx").worksheets[0]
    assert (marked["B2"].value, marked["D2"].comment is not None) == (person(1)["name"], True)
    assert marked.column_dimensions["D"].width > 18
    assert (marked.freeze_panes, marked.auto_filter.ref) == ("A2", "A1:R3")


def test_the_report_keeps_all_that_the_workbook_has(tmp_path: Path) -> None:
    """Chart, logo, text box, in-cell photographs, rules, other sheets and properties, and strict readers open it."""
    people = [person(1), person(2, id_number="1")]
    rows = [HEADER, *(values(one) for one in people)]
    path = tmp_path / "rich.xlsx"
    path.write_bytes(rich(*rows))
    report.write(tmp_path / "r.xlsx", path, judging.read(path, CENTRE, {}))
    was, now = parts_of(path.read_bytes()), parts_of((tmp_path / "r.xlsx").read_bytes())
    assert_strict((tmp_path / "r.xlsx").read_bytes())
    assert set(was) <= set(now)
    changed = {name for name in was if was[name] != now[name]}
    assert not [name for name in changed if name.startswith(("xl/media", "xl/charts", "docProps", "xl/cellimages"))]
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["名单", "封面", "汇总", "Totals"]
    assert "办公室的批注" in book["名单"]["A2"].comment.text


def test_a_report_costs_what_the_workbook_holds(tmp_path: Path) -> None:
    """A column merged over a million rows, and as many formatted empty ones: the report is as small as the book."""
    path = write(tmp_path / "b.xlsx", [person(1), person(2, id_number="1")])
    huge = tmp_path / "huge.xlsx"
    empty = b"".join(b'<row r="%d" ht="15"/>' % row for row in range(4, 1_048_577))
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(huge, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml"):
                merged = b'<mergeCells count="1"><mergeCell ref="I3:I1048576"/></mergeCells>'
                data = data.replace(b"</sheetData>", empty + b"</sheetData>" + merged)
            target.writestr(name, data)
    judged = judging.read(huge, CENTRE, {})
    report.write(tmp_path / "r.xlsx", huge, judged)
    assert (tmp_path / "r.xlsx").stat().st_size < 2 * huge.stat().st_size
