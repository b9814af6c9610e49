"""Papers from before: judged row by row, registered under their own numbers with their own dates, and told as such."""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from signing.release import rebuild, release_file
from signing.steps import adopt as adopting
from signing.steps import issue
from signing.workbook import judging, old_papers
from tests import signing_room
from tests.signing_room import NOW, Place
from tests.workbooks import person
from tests.workbooks import write as write_book
from verify.core import certificate, identity, lookup_index, pass_list
from verify.core.statement import Kind, Statement
from verify.shared.command import Refusal

EXAM = """
[[exams]]
programme = "CEM"
term = "2019-06"
title = { zh = "2019年第二次碳排放管理师（高级）考试" }
held_on = 2019-06-15
"""
TODAY = datetime.date(2022, 4, 15)
HEADER = ("姓名", "证书编号", "发证日期", "身份证号")


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room whose centre.toml knows an exam of 2019."""
    made = signing_room.make(tmp_path_factory.mktemp("adopt") / "centre")
    made.settings("\n[[rules]]\n", f"\n{EXAM}\n[[rules]]\n")
    return made


@pytest.fixture
def place(centre: Place, tmp_path: Path) -> Place:
    """A copy of it for one test."""
    return centre.copy(tmp_path / "centre")


def book(folder: Path, *rows: tuple[Any, ...], header: tuple[str, ...] = HEADER) -> Path:
    """A workbook of old papers."""
    made = Workbook()
    sheet = made.worksheets[0]
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    path = folder / "old.xlsx"
    made.save(path)
    return path


PEOPLE: tuple[tuple[Any, ...], ...] = (
    ("王莉", "ZB20190001", "2019-06-30", "990101199002281232"),
    ("买买提•吐尔逊江", "zb 2019 0002", "2019年6月30日", None),
    ("欧阳若兰", "ZB20190003", datetime.date(2019, 6, 30), None),
    ("李䶮", "ZB20190004", 20190630, None),
    ("张伟", "ZB20190005", "２０１９．６．３０", None),
)


def judge(place: Place, path: Path, **options: Any) -> judging.Judged:
    """The workbook judged for the exam of 2019."""
    return old_papers.read(path, place.room.centre, {}, TODAY, **{"programmes": ["CEM"]} | options)


def codes(judged: judging.Judged) -> dict[int, list[str]]:
    """Each row's codes."""
    return {row.row: [reason.code for reason in row.reasons] for row in judged.rows}


def released(path: Path) -> Iterator[Statement]:
    """The statements of a release."""
    yield from release_file.parse(release_file.load(path))


def test_dates_are_read_as_offices_write_them(place: Place) -> None:
    """Text, Chinese, a date cell, eight digits, full width: all one day; what is put right is said."""
    judged = judge(place, book(place.folder, *PEOPLE))
    assert {candidate.paper_date for candidate in judged.candidates} == {"2019-06-30"}
    assert [candidate.number for candidate in judged.candidates] == [f"ZB2019000{n}" for n in range(1, 6)]
    assert "date_writing" in codes(judged)[3]
    assert not judged.refused


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ((None, "ZB1", "2019-06-30"), "name_missing"),
        (("王莉", None, "2019-06-30"), "number_missing"),
        (("王莉", "ZB20190001", None), "date_missing"),
        (("王莉", "ZB20190001", "2019-06"), "date_unreadable"),
        (("王莉", "ZB20190001", "2019-02-30"), "date_unreadable"),
        (("王莉", "ZB20190001", "2022-04-16"), "date_unreadable"),
        (("王莉", "ZB20190001", "1900-01-01"), "date_unreadable"),
        (("王莉", "ZB20190001", 43646), "date_unreadable"),
        (("王莉", "CEM2204000123X", "2019-06-30"), "number_reserved"),
        (("王莉", "CAM1906000001A", "2019-06-30"), "number_reserved"),
        (("王莉", "ZB20190001", "2019-06-30", "990101199002281230"), "id_checksum"),
        (("王莉", "ZB20190001", "2019-06-30", 990101199002281232), "id_digits_lost"),
        (("王?", "ZB20190001", "2019-06-30"), "name_lost"),
    ],
)
def test_a_row_that_is_not_right_is_refused_with_its_reason(place: Place, row: tuple[Any, ...], code: str) -> None:
    """As in any workbook; a number of the default shape is never an old paper's."""
    judged = judge(place, book(place.folder, *PEOPLE[1:3], row))
    assert [refused.row for refused in judged.refused] == [4]
    assert code in codes(judged)[4]


def test_shared_numbers_and_ids_are_refused_in_every_row(place: Place) -> None:
    """Two rows of one number, two of one ID; nobody's missing ID is shared."""
    path = book(
        place.folder,
        ("王莉", "ZB1001", "2019-06-30", "990101199002281232"),
        ("王丽", "ZB1001", "2019-06-30", None),
        ("王立", "ZB1002", "2019-06-30", "990101199002281232"),
        ("王力", "ZB1003", "2019-06-30", None),
    )
    found = codes(judge(place, path))
    assert "number_shared" in found[2]
    assert "number_shared" in found[3]
    assert "id_shared" in found[2]
    assert "id_shared" in found[4]
    assert found[5] == []


def test_one_date_for_all_rows_and_programmes_by_row(place: Place) -> None:
    """--date stands for rows that say none; an exam of several programmes wants each row's."""
    path = book(place.folder, ("王莉", "ZB1001"), header=("姓名", "证书编号"))
    assert judge(place, path, dated=datetime.date(2019, 7, 1)).candidates[0].paper_date == "2019-07-01"
    path = book(
        place.folder,
        ("王莉", "ZB1001", "2019-06-30", "碳资产管理师"),
        ("王丽", "ZB1002", "2019-06-30", None),
        header=("姓名", "证书编号", "发证日期", "证书类别"),
    )
    judged = judge(place, path, programmes=["CEM", "CAM"])
    assert judged.candidates[0].programme == "CAM"
    assert codes(judged)[3] == ["programme_unknown"]


def test_adopted_papers_are_a_release_of_statements_with_their_dates(place: Place) -> None:
    """Certificates with field 6, a final list that names them, an index with a row for each; again, the same bytes."""
    session = place.session()
    with session.ledger:
        made = adopting.adopt(session, judge(place, book(place.folder, *PEOPLE)), "2019-06")
        data = made.path.read_bytes()
        again = adopting.adopt(session, judge(place, book(place.folder, *PEOPLE)), "2019-06")
        assert (again.again, again.path.read_bytes()) == (True, data)
        secret = session.unlocked.secret(None)
    statements = list(released(made.path))
    papers = [certificate.read(one) for one in statements if one.kind is Kind.CERTIFICATE]
    assert [(one.number, one.paper_date, one.issued_at) for one in papers] == [
        (f"ZB2019000{n}", "2019-06-30", NOW) for n in range(1, 6)
    ]
    assert [one.id_hint for one in papers] == ["1232", "", "", "", ""]
    (listed,) = (pass_list.read(one) for one in statements if one.kind is Kind.PASS_LIST)
    assert (listed.exam, listed.stage, len(listed.rows)) == ("CEM-2019-06", "final", 5)
    (index,) = (lookup_index.read(one) for one in statements if one.kind is Kind.LOOKUP_INDEX)
    filed = dict(index.rows)
    assert filed["ZB20190001"] == identity.lookup_key(secret, "王莉", "resident", "990101199002281232")
    assert filed["ZB20190002"] == identity.no_id_key(secret, "ZB20190002")


def test_more_papers_of_the_same_exam_keep_those_before(place: Place) -> None:
    """The next list names the old statements and the new ones; a paper left out is told as losing its place."""
    session = place.session()
    with session.ledger:
        first = adopting.adopt(session, judge(place, book(place.folder, *PEOPLE[:3])), "2019-06")
        second = adopting.adopt(session, judge(place, book(place.folder, *PEOPLE)), "2019-06")
        assert second.differences[0].added == ("李䶮", "张伟")
        kept = {one.number: one.statement for one in first.certificates}
        assert {one.number: one.statement for one in second.certificates if one.number in kept} == kept
        with pytest.raises(Refusal, match="takes certificates away"):
            adopting.adopt(session, judge(place, book(place.folder, *PEOPLE[1:])), "2019-06")
        third = adopting.adopt(session, judge(place, book(place.folder, *PEOPLE[1:])), "2019-06", agreed=True)
        assert (third.differences[0].removed, third.differences[0].withdraws) == (("王莉",), True)


def test_a_number_that_is_taken_is_refused_with_its_row(place: Place) -> None:
    """By another name, another date, another exam; nothing is registered then."""
    session = place.session()
    with session.ledger:
        adopting.adopt(session, judge(place, book(place.folder, *PEOPLE)), "2019-06")
        for row in (("王丽", "ZB20190001", "2019-06-30"), ("欧阳若兰", "ZB20190003", "2019-07-01")):
            judged = judge(place, book(place.folder, *PEOPLE[1:2], row))
            with pytest.raises(Refusal, match=rf"row 3: {row[1]}"):
                adopting.adopt(session, judged, "2019-06")
        assert len(session.ledger.lists()) == 1


def test_adopted_and_issued_certificates_are_never_of_one_exam(place: Place) -> None:
    """An exam held here adopts nothing, and one of old papers issues nothing: one list would take the other's away."""
    session = place.session()
    with session.ledger:
        path = write_book(place.folder / "new.xlsx", [person(1)])
        issued = judging.read(path, place.room.centre, {})
        issue.issue(session, issued, "2022-04", early="test")
        with pytest.raises(Refusal, match="held here"):
            adopting.adopt(session, judge(place, book(place.folder, *PEOPLE)), "2022-04")
        adopting.adopt(session, judge(place, book(place.folder, *PEOPLE)), "2019-06")
        with pytest.raises(Refusal, match="papers from before"):
            issue.issue(session, issued, "2019-06", early="test")


def test_a_rebuilt_ledger_knows_the_papers_dates(place: Place, tmp_path: Path) -> None:
    """What the releases say is what the ledger had."""
    session = place.session()
    with session.ledger:
        adopting.adopt(session, judge(place, book(place.folder, *PEOPLE)), "2019-06")
        before = {one.number: one.certificate for one in session.ledger.all_given()}
    other = place.copy(tmp_path / "other")
    (other.folder / "ledger.sqlite").unlink()
    done = other.run("ledger", "rebuild")
    assert done.returncode == 0, done.stderr
    session = other.session()
    with session.ledger:
        assert {one.number: one.certificate for one in session.ledger.all_given()} == before
        assert rebuild.unexplained(session.ledger) == []


def test_the_command_checks_first_and_says_what_it_did(place: Place) -> None:
    """--check registers nothing; a refused row is shown with its cell and ends with 1; either spelling of the exam."""
    path = book(place.folder, *PEOPLE, ("王?", "ZB20190009", "2019-06-30", None))
    refused = place.run("adopt", path, "--exam", "CEM-2019-06")
    assert refused.returncode == 1
    assert "A7" in refused.stdout
    assert not list(place.folder.glob("releases/*"))
    checked = place.run("adopt", path, "--exam", "2019-06", "--check", "--strike", "7=unreadable", "--json")
    assert json.loads(checked.stdout)["totals"]["passed"] == 5
    done = place.run("adopt", path, "--exam", "2019-06", "--strike", "7=unreadable")
    assert done.returncode == 0, done.stderr
    assert "published: 5." in done.stdout
    assert "C 发证日期" in done.stderr.partition("Not read")[0]
    assert (place.folder / "releases" / "2019-06-final-1.release").exists()


@pytest.mark.parametrize("day", ["0001-01-01", "1949-09-30", "2022-04-16", "9999-12-31"])
def test_a_date_for_all_rows_is_one_that_a_paper_may_have(place: Place, day: str) -> None:
    """--date is held to the rows' own bounds: what it says is signed for ever."""
    path = book(place.folder, ("王莉", "ZB20190001", None, None))
    with pytest.raises(Refusal, match=f"--date: {day}"):
        judge(place, path, dated=datetime.date.fromisoformat(day))
