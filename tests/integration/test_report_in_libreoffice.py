"""The marked copy of a workbook, as LibreOffice opens it."""

import subprocess
from pathlib import Path
from typing import Any

import openpyxl

from signing.centre.centre_toml import Centre
from signing.workbook import judging, report
from tests.signing_room import EXAMPLE
from tests.workbooks import COLUMNS, FAULTS, cell, person, write

RED = "FFFFC7CE"


def through_libreoffice(path: Path, folder: Path) -> openpyxl.Workbook:
    """The workbook as LibreOffice reads it and writes it again."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    convert = ["soffice", profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "again"), str(path)]
    subprocess.run(convert, check=True, capture_output=True, timeout=120)
    return openpyxl.load_workbook(folder / "again" / path.name)


def test_forty_faults_are_marked_in_place(tmp_path: Path) -> None:
    """Every bad cell is red and says why; the right rows between them carry no mark; the totals count them."""
    people: list[dict[str, Any]] = []
    for number, (fault, _column, _code) in enumerate(FAULTS):
        people += [person(2 * number), person(2 * number + 1, **fault)]
    book = write(tmp_path / "book.xlsx", people, ["2022年第三次考试成绩"])
    judged = judging.read(book, Centre.load(EXAMPLE), {})
    report.write(tmp_path / "report.xlsx", book, judged)
    marked, totals = through_libreoffice(tmp_path / "report.xlsx", tmp_path).worksheets
    for number, (_fault, column, code) in enumerate(FAULTS):
        right, wrong = judged.rows[2 * number], judged.rows[2 * number + 1]
        bad = marked[cell(wrong.row, column)]
        message = next(reason.message for reason in wrong.reasons if reason.code == code)
        assert bad.fill.fgColor.rgb == RED, (bad.coordinate, code)
        assert bad.comment is not None, (bad.coordinate, code)
        assert message in bad.comment.text
        assert message in str(marked.cell(wrong.row, len(COLUMNS) + 3).value)
        clean = marked[right.row][: len(COLUMNS)]
        assert [one.coordinate for one in clean if one.comment or one.fill.fill_type] == []
    longest = max(judged.rows, key=lambda row: sum(len(reason.message) for reason in row.reasons))
    assert (marked.row_dimensions[longest.row].height or 0) > 25  # points: two lines at least
    assert (40, "refused") in [(row[0].value, row[1].value) for row in totals.iter_rows()]
