"""A clerk who makes slips: what is final is shown and asked for, and what is not published yet can be taken back."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
import pytest

from signing.centre.exam_names import ExamName
from signing.ledger.compare import Registered
from signing.print.desk import Desk
from signing.steps import issue, printing
from signing.steps.making import drawing_up
from signing.steps.publish import named, waiting
from signing.steps.withdraw import withdraw
from signing.workbook import judging, strikes
from tests import signing_room
from tests.signing_room import NOW, Place
from tests.workbooks import person, write
from verify.shared.agreement import NotAgreed
from verify.shared.command import Refusal

PEOPLE = [person(n) for n in range(5)]
NOBODY = Registered(certificates={}, lists={}, changes={})
FIRST = "CEM2204000001I"


@pytest.fixture(scope="module")
def announced(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room with a notice of five people."""
    place = signing_room.make(tmp_path_factory.mktemp("room") / "centre")
    write(place.folder / "b.xlsx", PEOPLE)
    session = place.session()
    with session.ledger:
        drawing_up.announce(session, judging.read(place.folder / "b.xlsx", session.room.centre, {}), "2022-04")
    return place


@pytest.fixture(scope="module")
def issued(announced: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The same with certificates."""
    place = announced.copy(tmp_path_factory.mktemp("issued") / "centre")
    certify(place, "b.xlsx", NOW + 100)
    return place


def certify(
    place: Place, book: str, now: int, left_out: dict[int | str, str] | None = None, *, agreed: bool = True
) -> drawing_up.Made:
    """Certificates by this workbook, some left out by row or name."""
    session = place.session(now)
    with session.ledger:
        judged = judging.read(place.folder / book, session.room.centre, left_out or {})
        return issue.issue(session, judged, "2022-04", early="test", agreed=agreed).made


def names(place: Place) -> list[str]:
    """Who is on the newest list."""
    with place.session().ledger as ledger:
        head = ledger.newest_list("CEM-2022-04")
        assert head is not None
        return [row.holder for row in ledger.list_rows(head.exam, head.revision)]


def at_terminal(place: Place, typed: str, *arguments: str) -> tuple[int, str]:
    """A command whose questions somebody answers at a keyboard; its exit code and what it said."""
    keyboard, terminal = os.openpty()
    os.write(keyboard, f"{typed}\n".encode())
    with open(terminal, encoding="utf-8") as end:  # noqa: PTH123 - a descriptor
        done = place.run(*arguments, keyboard=end)
    os.close(keyboard)
    return done.returncode, done.stdout + done.stderr


def test_a_revocation_shows_whose_it_is_and_wants_reason_and_name(issued: Place, tmp_path: Path) -> None:
    """A slip in the number is seen before it is final; nothing is recorded without the name, or --yes."""
    place = issued.copy(tmp_path / "centre")
    order = ("status", FIRST, "revoke")
    without = place.run(*order)
    assert (without.returncode, "--reason" in without.stderr) == (2, True)
    unasked = place.run(*order, "--reason", "misconduct", YINJIAN_PASSPHRASE="wrong")
    assert unasked.returncode == 1
    for words in (PEOPLE[0]["name"], "CEM-2022-04", "for ever", "--yes"):
        assert words in unasked.stderr
    code, said = at_terminal(place, PEOPLE[1]["name"], *order, "--reason", "misconduct")
    assert (code, "nothing was done" in said) == (1, True)
    with place.session().ledger as ledger:
        assert ledger.changes() == []
    code, said = at_terminal(place, PEOPLE[0]["name"], *order, "--reason", "misconduct")
    assert (code, f"{FIRST}: revoked" in said) == (0, True), said
    assert place.run("status", "CEM2204000002G", "revoke", "--reason", "other", "--yes").returncode == 0


def test_a_release_is_withdrawn_until_it_is_published(
    issued: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays on record with its reason and out of the way; the certificate stands, and the number is no one's."""
    place = issued.copy(tmp_path / "centre")
    monkeypatch.setenv("YINJIAN_VAR", str(place.folder / "var"))
    assert place.run("status", FIRST, "revoke", "--reason", "other", "--yes").returncode == 0
    (path,) = (place.folder / "releases").glob("status-*")
    session = place.session(NOW + 500)
    with session.ledger as ledger:
        done = withdraw(session.room, ledger, path.name, "wrong number", registry=NOBODY, now=NOW + 500)
        assert ledger.changes() == []
        with pytest.raises(Refusal, match="was withdrawn"):
            withdraw(session.room, ledger, path.name, "again", registry=NOBODY, now=NOW + 500)
    assert not path.exists()
    assert done.kept.is_file()
    told = json.loads(place.run("ledger", "history", "--json").stdout)
    assert ("withdrawn", path.name, "wrong number") in [(one["what"], one["subject"], one["reason"]) for one in told]
    with pytest.raises(Refusal, match="not published"):
        named(done.kept, place.folder / "centre.toml", NOW)
    found = json.loads(place.run("find", FIRST, "--json").stdout)
    assert [one["status"] for one in found] == ["valid"]


def test_a_withdrawn_issue_gives_its_numbers_to_the_same_people(
    issued: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before what was made after it, and never once it is published; pictures of it go."""
    place = issued.copy(tmp_path / "centre")
    monkeypatch.setenv("YINJIAN_VAR", str(place.folder / "var"))
    certify(place, "b.xlsx", NOW + 200, {2: "left"})
    session = place.session(NOW + 300)
    with session.ledger as ledger:
        room = session.room
        with pytest.raises(Refusal, match=r"2022-04-final-2\.release was made after"):
            withdraw(room, ledger, "2022-04-final-1.release", "slip", registry=NOBODY, now=NOW)
        there = Registered(certificates={}, lists={("CEM-2022-04", n): "final" for n in (1, 2, 3)}, changes={})
        with pytest.raises(Refusal, match="is published"):
            withdraw(room, ledger, "2022-04-final-2.release", "slip", registry=there, now=NOW)
        with pytest.raises(Refusal, match="is published"):  # and noted as that
            withdraw(room, ledger, "2022-04-final-2.release", "slip", registry=None, now=NOW)
    place = issued.copy(tmp_path / "other")
    before = {one.number: one.holder for one in certify(place, "b.xlsx", NOW + 100).certificates}
    session = place.session(NOW + 300)
    with session.ledger as ledger:
        done = withdraw(session.room, ledger, "2022-04-final-1.release", "slip", registry=None, now=NOW + 300)
        assert set(done.numbers) == set(before)
        assert all(ledger.given(number) for number in before)
    assert list(session.room.certificates.glob("*.svg")) == []
    write(place.folder / "b.xlsx", PEOPLE[::-1])
    again = certify(place, "b.xlsx", NOW + 400)
    assert {one.number: one.holder for one in again.certificates} == before
    assert again.path.name == "2022-04-final-2.release"
    assert all(one.issued_at == NOW + 400 for one in again.certificates)


def test_a_list_that_takes_certificates_away_is_agreed_to_first(issued: Place, tmp_path: Path) -> None:
    """It names who would lose them, and records nothing before that."""
    place = issued.copy(tmp_path / "centre")
    write(place.folder / "fewer.xlsx", PEOPLE[1:])
    with pytest.raises(NotAgreed, match=PEOPLE[0]["name"]) as asked:
        certify(place, "fewer.xlsx", NOW + 200, agreed=False)
    assert asked.value.word == PEOPLE[0]["name"]
    write(place.folder / "two.xlsx", PEOPLE[2:])
    with pytest.raises(NotAgreed) as asked:
        certify(place, "two.xlsx", NOW + 200, agreed=False)
    assert asked.value.word == "2"
    done = place.run("issue", "fewer.xlsx", "--exam", "2022-04")
    assert (done.returncode, "--yes" in done.stderr) == (1, True)
    assert names(place) == [one["name"] for one in PEOPLE]
    assert place.run("issue", "fewer.xlsx", "--exam", "2022-04", "--yes").returncode == 0
    certify(place, "b.xlsx", NOW + 10**9, agreed=False)  # takes nothing away


def test_waiting_releases_are_told_and_published_in_order(
    issued: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By every command that opens the ledger, until this room knows that they are published."""
    place = issued.copy(tmp_path / "centre")
    monkeypatch.setenv("YINJIAN_VAR", str(place.folder / "var"))
    assert "2022-04-notice-1.release, 2022-04-final-1.release" in place.run("find", FIRST).stderr
    assert [one.path.name for one in waiting(place.room, NOW)] == [
        "2022-04-notice-1.release",
        "2022-04-final-1.release",
    ]
    notice = place.folder / "releases" / "2022-04-notice-1.release"
    notice.write_bytes(b"\xff" + notice.read_bytes()[1:])
    refused = place.run("publish", YINJIAN_DATABASE_URL="postgresql://nowhere", YINJIAN_VAR=str(place.folder / "var"))
    assert "Refused: 2022-04-notice-1.release: statement 1 of the release" in refused.stderr
    with place.session().ledger as ledger:
        ledger.mark_published("2022-04-notice-1.release", NOW)
    said = place.run("find", FIRST).stderr
    assert "notice" not in said
    assert "2022-04-final-1.release" in said


def test_a_row_struck_out_is_a_person_struck_out(announced: Place, tmp_path: Path) -> None:
    """After the book was sorted, the same option strikes nobody else, and the person stays out with a word."""
    place = announced.copy(tmp_path / "centre")
    first = certify(place, "b.xlsx", NOW + 100, {3: "withdrew"})
    left = [PEOPLE[n]["name"] for n in (0, 2, 3, 4)]
    assert [one.holder for one in first.certificates] == left
    write(place.folder / "b.xlsx", PEOPLE[::-1])
    with pytest.raises(Refusal, match=f"row 3 was struck out .*{PEOPLE[1]['name']}.*{PEOPLE[3]['name']}"):
        certify(place, "b.xlsx", NOW + 200, {3: "withdrew"})
    again = certify(place, "b.xlsx", NOW + 300)
    assert [one.holder for one in again.certificates] == left[::-1]
    assert [(out.row, out.name, out.reason) for out in again.left_out] == [(5, PEOPLE[1]["name"], "withdrew")]
    named_too = certify(place, "b.xlsx", NOW + 400, {PEOPLE[3]["name"]: "withdrew too"})
    assert [one.holder for one in named_too.certificates] == [PEOPLE[n]["name"] for n in (4, 2, 0)]
    back = place.run("objections", "2022-04", "--restore", f"{PEOPLE[1]['name']}=came back")
    assert (back.returncode, PEOPLE[1]["name"] in back.stderr) == (0, True)
    assert PEOPLE[1]["name"] in [one.holder for one in certify(place, "b.xlsx", NOW + 500).certificates]


def test_one_of_two_rows_of_a_person_is_struck_out_without_the_other(announced: Place, tmp_path: Path) -> None:
    """Somebody in the book twice is no reason to leave them out altogether, now or later."""
    place = announced.copy(tmp_path / "centre")
    write(place.folder / "twice.xlsx", [*PEOPLE, PEOPLE[1]])
    made = certify(place, "twice.xlsx", NOW + 100, {7: "twice"})
    assert PEOPLE[1]["name"] in [one.holder for one in made.certificates]
    assert certify(place, "b.xlsx", NOW + 200).left_out == ()


def test_objections_go_by_serial_or_name_and_are_shown_first(announced: Place, tmp_path: Path) -> None:
    """The exam by its term or code; a name that two people have wants the number; a slip records nothing."""
    place = announced.copy(tmp_path / "centre")
    struck = place.run("objections", "2022-04", "--strike", f"{PEOPLE[2]['name']}=冒名", "--json")
    assert f"To be struck out: 3  {PEOPLE[2]['name']}  冒名" in struck.stderr
    assert json.loads(struck.stdout) == [{"serial": 3, "name": PEOPLE[2]["name"], "reason": "冒名"}]
    code, said = at_terminal(place, "n", "objections", "CEM-2022-04", "--strike", "1=冒名")
    assert (code, f"1  {PEOPLE[0]['name']}" in said) == (1, True)
    for option in ("查无此人=冒名", "99=冒名"):
        assert place.run("objections", "CEM-2022-04", "--strike", option).returncode == 1
    assert len(json.loads(place.run("objections", "cem-2022-04", "--json").stdout)) == 1
    with pytest.raises(Refusal, match="1, 2"):
        strikes.by_number({"王莉": "x"}, {1: "王莉", 2: "王 莉", 3: "王丽"})
    with pytest.raises(Refusal, match="twice"):
        strikes.by_number({"王莉": "x", 1: "y"}, {1: "王莉"})


def test_an_exam_is_named_by_term_or_code(announced: Place, tmp_path: Path) -> None:
    """Everywhere; what is neither, or is several, is refused before anybody is asked for the passphrase."""
    codes = ["CAM-2022-04", "CEM-2022-04", "CEM-2022-04-2"]
    assert ExamName.read("2022-04").among(codes) == codes[:2]
    assert ExamName.read(" cem-2022-04-2 ").one_of(codes) == codes[2]
    with pytest.raises(Refusal, match="CAM-2022-04 / CEM-2022-04"):
        ExamName.read("2022-04").one_of(codes)
    for text in ("2022", "2022-13", "CEM", "CEM 2022-04", "2022-04-", ""):
        with pytest.raises(Refusal, match="names no exam"):
            ExamName.read(text)
    place = announced.copy(tmp_path / "centre")
    settings: dict[str, Any] = {"YINJIAN_PASSPHRASE": "", "YINJIAN_PASSPHRASE_FILE": ""}
    for arguments, words in (
        (("issue", "b.xlsx", "--exam", "2022-05"), "Is 2022-04 meant"),
        (("issue", "b.xlsx", "--exam", "CAM-2022-04"), "people of CEM"),
        (("status", "CEM2204000009T", "suspend"), "No certificate"),
    ):
        done = place.run(*arguments, **settings)
        assert (done.returncode, words in done.stderr) == (1, True), done.stderr
    assert "passphrase" in place.run("issue", "b.xlsx", "--exam", "2022-04", "--early", "x", **settings).stderr


def test_single_papers_after_a_batch_are_no_reprints(issued: Place, tmp_path: Path) -> None:
    """The printer's file and a paper of its own are two things; the second of each is a reprint."""
    place = issued.copy(tmp_path / "centre")
    session = place.session(NOW + 200)
    with session.ledger as ledger:
        desk = Desk.of(session)

        def print_(order: printing.Order) -> list[tuple[str, int]]:
            before = len(ledger.events())
            printing.print_(desk, order)
            kinds = [event.what for event in ledger.events()[before:]]
            return sorted((kind, kinds.count(kind)) for kind in set(kinds))

        whole = printing.Order(exams=("2022-04",), batch=place.folder / "all.pdf")
        assert print_(whole) == [("in_batch", 5)]
        with pytest.raises(Refusal, match="nothing to print"):
            print_(whole)
        single = printing.Order(numbers=(FIRST,))
        assert print_(single) == [("printed", 1)]
        with pytest.raises(Refusal, match="Printed before"):
            print_(single)
        assert print_(msgspec.structs.replace(single, reprint=True)) == [("reprinted", 1)]
        assert print_(printing.Order(exams=("CEM-2022-04",))) == [("printed", 4)]


def test_one_admission_number_of_two_people_gives_neither_a_photo(announced: Place, tmp_path: Path) -> None:
    """One of them would have the other's face."""
    place = announced.copy(tmp_path / "centre")
    book = openpyxl.load_workbook(place.folder / "b.xlsx")
    sheet = book.worksheets[0]
    column = sheet.max_column + 1
    admissions: tuple[str | int, ...] = ("准考证号", "A1", "a2", "A2", 3, "4")
    for row, value in enumerate(admissions, start=1):
        sheet.cell(row=row, column=column, value=value)
    book.save(place.folder / "b.xlsx")
    session = place.session()
    with session.ledger:
        judged = judging.read(place.folder / "b.xlsx", session.room.centre, {})
        found, told = printing.admissions(session, judged)
    assert sorted(found.values()) == ["3", "4", "A1"]
    assert [("a2" in line, "3, 4" in line) for line in told] == [(True, True)]


def test_certificates_are_exported_by_exam_or_year(issued: Place, tmp_path: Path) -> None:
    """Of issue or of the exam; one of the three at a time."""
    place = issued.copy(tmp_path / "centre")
    for options, count in (
        (("--exam", "2022-04"), 5),
        (("--exam", "CAM-2022-04"), 0),
        (("--exam-year", "2022"), 5),
        (("--year", "2021"), 0),
    ):
        assert place.run("export", "e.csv", *options).stdout.startswith(f"Certificates: {count},")
    assert place.run("export", "e.csv", "--year", "2022", "--exam", "2022-04").returncode == 2


def test_a_programme_written_wrong_suggests_the_nearest(announced: Place) -> None:
    """The name that centre.toml has, not a guess that is taken."""
    write(announced.folder / "p.xlsx", [person(1, programme="碳排放管理士"), person(2, programme="园艺")])
    judged = judging.read(announced.folder / "p.xlsx", announced.room.centre, {})
    assert ["CEM meant" in reason.message for row in judged.rows for reason in row.reasons] == [True, False]
