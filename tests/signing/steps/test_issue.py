"""From a workbook to releases: numbers, lists, objections, corrections, and the ledger that remembers them."""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openpyxl import load_workbook
from PIL import Image

from keys.folder import KeyFolder
from signing.ledger.values import Objection
from signing.print.photos import PhotoRefused
from signing.release import release_file, rules_alone
from signing.steps import issue as issuing
from signing.steps.issue import Papers
from signing.steps.making import drawing_up
from signing.steps.making.drawing_up import Made
from signing.workbook import judging
from tests import signing_room
from tests.signing_room import NOW, Place
from tests.workbooks import person, resident, write
from verify.core import certificate as certificates
from verify.core import identity, lookup_index, pass_list
from verify.core.certificate import Certificate
from verify.core.china_time import end_of, local_day
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList
from verify.core.statement import Kind, Statement
from verify.shared.command import Refusal

TERM = "2022-04"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room made once for all tests here."""
    return signing_room.make(tmp_path_factory.mktemp("room") / "centre")


@pytest.fixture
def place(made_once: Place, tmp_path: Path) -> Place:
    """A copy of it for one test."""
    return made_once.copy(tmp_path / "centre")


def announce(place: Place, people: list[dict[str, Any]], now: int = NOW) -> Made:
    """A notice of these people."""
    session = place.session(now)
    with session.ledger:
        judged = judging.read(write(place.folder / "b.xlsx", people), session.room.centre, {})
        return drawing_up.announce(session, judged, TERM)


def certify(place: Place, people: list[dict[str, Any]], now: int = NOW, early: str | None = "test") -> Made:
    """Certificates for these people."""
    session = place.session(now)
    with session.ledger:
        judged = judging.read(write(place.folder / "b.xlsx", people), session.room.centre, {})
        return drawing_up.issue(session, judged, TERM, early, agreed=True)


def stop_before_writing(monkeypatch: pytest.MonkeyPatch, place: Place, people: list[dict[str, Any]]) -> None:
    """Issues, and is stopped when all is recorded and signed and no release written."""

    def stop(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("signing.release.produce.release_file.write", stop)
        with pytest.raises(KeyboardInterrupt):
            certify(place, people)


def statements(path: Path) -> list[Statement]:
    """A release's statements."""
    return list(release_file.parse(release_file.load(path)))


def contents(path: Path) -> tuple[list[Certificate], list[PassList], list[LookupIndex]]:
    """What a release holds, by kind and in order."""
    found = statements(path)
    return (
        [certificates.read(s) for s in found if s.kind is Kind.CERTIFICATE],
        [pass_list.read(s) for s in found if s.kind is Kind.PASS_LIST],
        [lookup_index.read(s) for s in found if s.kind is Kind.LOOKUP_INDEX],
    )


def test_a_final_release_ties_certificates_lists_and_index_together(place: Place) -> None:
    """Certificates in row order, a list for each programme that names them by hash, one lookup row each."""
    people = [person(n, programme="CAM" if n % 3 == 0 else "CEM") for n in range(1, 10)] + [person(20, theory=1)]
    made = certify(place, people)
    certified, lists, indexes = contents(made.path)
    assert [s.kind for s in statements(made.path)] == [Kind.CERTIFICATE] * 9 + [Kind.PASS_LIST] * 2 + [
        Kind.LOOKUP_INDEX
    ] * 2
    by_exam = {made_list.exam: made_list for made_list in lists}
    assert sorted(by_exam) == ["CAM-2022-04", "CEM-2022-04"]
    shorts = {s.short: certificates.read(s) for s in statements(made.path) if s.kind is Kind.CERTIFICATE}
    for exam, made_list in by_exam.items():
        named = [shorts[row.certificate] for row in made_list.rows if row.certificate]
        assert [c.holder for c in named] == [p["name"] for p in people[:9] if exam.startswith(p["programme"])]
        assert [row.serial for row in made_list.rows] == list(range(1, len(named) + 1))
        assert all(row.id == f"＊{c.id_hint}" for row, c in zip(made_list.rows, named, strict=True))
        assert (made_list.stage, made_list.revision, made_list.objections_until) == ("final", 1, None)
    (secret, *_others) = KeyFolder(place.folder / "keys", place.root).lookup_secrets()
    for index in indexes:
        for number, key in index.rows:
            holder = next(c for c in certified if c.number == number).holder
            number_of = next(p["id_number"] for p in people if p["name"] == holder)
            assert key == identity.lookup_key(secret, holder, "resident", number_of)
    assert certified[0].number in {"CAM2204000001A", "CEM2204000001I"}
    assert all(c.issued_at == NOW and c.expires_at is None for c in certified)


def test_a_release_passes_the_publishers_own_rules(place: Place) -> None:
    """What publishing would refuse is never written."""
    made = certify(place, [person(n) for n in range(5)])
    session = place.session()
    session.ledger.close()
    keyring = session.unlocked.chain.newest
    checked = rules_alone.check(made.path.read_bytes(), keyring)
    assert len(checked.certificates) == 5


def test_the_same_command_again_gives_the_same_bytes(place: Place) -> None:
    """However much later, and whether or not the file is still there."""
    people = [person(n) for n in range(5)]
    first = certify(place, people)
    data = first.path.read_bytes()
    assert certify(place, people, NOW + 999_999).again
    first.path.unlink()
    again = certify(place, people, NOW + 9_999_999)
    assert again.again
    assert again.path.read_bytes() == data


def test_a_corrected_workbook_gives_the_next_revision(place: Place) -> None:
    """Who stays keeps the very certificate, who is new gets the next number, and what changed is said."""
    people = [person(n) for n in range(4)]
    first = certify(place, people)
    second = certify(place, [*people[:1], *people[2:], person(9)], NOW + 100)
    certified, (final,), (index,) = contents(second.path)
    before = {c.number: c for c in contents(first.path)[0]}
    assert [c.number[7:13] for c in certified] == ["000001", "000003", "000004", "000005"]
    assert all(before[c.number] == c for c in certified[:3])
    assert certified[3].issued_at == NOW + 100
    assert (final.revision, index.revision) == (2, 2)
    assert {number for number, _key in index.rows} == {c.number for c in certified}
    (difference,) = second.differences
    assert (difference.added, difference.removed) == ((person(9)["name"],), (person(1)["name"],))
    # Taken in again, somebody has the number they had.
    third = certify(place, [*people, person(9)], NOW + 200)
    assert contents(third.path)[0][1].number == "CEM" + "2204" + contents(first.path)[0][1].number[7:]


def test_a_name_written_otherwise_is_the_same_person(place: Place) -> None:
    """The lookup key folds dots and width; the certificate stays as it was signed."""
    first = certify(place, [person(1, name="买买提·吐尔逊江")])
    second = certify(place, [person(1, name="买买提•吐尔逊江"), person(2)], NOW + 5)
    assert contents(first.path)[0][0] == contents(second.path)[0][0]


def test_two_sittings_of_a_month_share_its_serials(place: Place) -> None:
    """A number is given once, whatever the term's suffix."""
    place.settings(
        "[[rules]]\nprogrammes",
        '[[exams]]\nprogramme = "CEM"\nterm = "2022-04-2"\ntitle = { zh = "补考" }\nheld_on = 2022-05-08\n\n'
        "[[rules]]\nprogrammes",
    )
    certify(place, [person(1), person(2)])
    session = place.session()
    with session.ledger:
        book = write(place.folder / "c.xlsx", [person(3)])
        made = drawing_up.issue(session, judging.read(book, session.room.centre, {}), "2022-04-2", "test")
    (certificate,) = contents(made.path)[0]
    assert (certificate.number[:13], certificate.term) == ("CEM2204000003", "2022-04-2")


def test_the_objection_window_keeps_issue_waiting(place: Place) -> None:
    """Without a notice, and before its window closes, issue wants --early; what came of it is said."""
    people = [person(n) for n in range(4)]
    with pytest.raises(Refusal, match="not announced"):
        certify(place, people, early=None)
    notice = announce(place, people)
    (listed,) = notice.lists
    assert listed.objections_until is not None
    # 2022-04-15 is a Friday; five working days on, the make-up Sunday 2022-04-24 not among them: until 2022-04-22.
    assert str(local_day(NOW)) == "2022-04-15"
    assert listed.objections_until == end_of(local_day(NOW).replace(day=22))
    with pytest.raises(Refusal, match="open until"):
        certify(place, people, listed.objections_until - 1, early=None)
    made = certify(place, people, listed.objections_until, early=None)
    assert [(d.added, d.removed) for d in made.differences] == [((), ())]
    assert contents(made.path)[1][0].revision == 2
    assert announce(place, people, NOW + 9).path == notice.path
    with pytest.raises(Refusal, match="final list already"):
        announce(place, people[1:], NOW + 9)


def test_an_objection_strikes_a_name_out_and_can_be_taken_back(place: Place) -> None:
    """The final list leaves the name out, serials close up, and a restored name comes with the next revision."""
    people = [person(n) for n in range(4)]
    announce(place, people)
    session = place.session()
    with session.ledger as ledger:
        row = ledger.list_rows("CEM-2022-04", 1)[1]
        struck = Objection(exam="CEM-2022-04", lookup_key=row.lookup_key, struck=True, reason="冒名", recorded_at=NOW)
        ledger.add_objections([struck])
    made = certify(place, people, NOW + 10)
    certified, (final,), _indexes = contents(made.path)
    assert [row.name for row in final.rows] == [people[n]["name"] for n in (0, 2, 3)]
    assert [c.number[7:13] for c in certified] == ["000001", "000002", "000003"]
    assert made.differences[0].struck == 1
    with place.session().ledger as ledger:
        ledger.add_objections([msgspec.structs.replace(struck, struck=False, reason="查无实据", recorded_at=NOW + 20)])
    again = certify(place, people, NOW + 30, early=None)
    assert [row.name for row in contents(again.path)[1][0].rows] == [p["name"] for p in people]
    assert contents(again.path)[0][1].number[7:13] == "000004"


def test_refused_rows_keep_everything_from_being_signed(place: Place) -> None:
    """Nothing is recorded, no file is written."""
    with pytest.raises(Refusal, match="row 3"):
        certify(place, [person(1), person(2, id_number="990101199002281230")])
    assert not list((place.folder / "releases").glob("*"))
    with place.session().ledger as ledger:
        assert ledger.jobs() == []


def test_lists_mask_where_the_centre_says_so(place: Place) -> None:
    """First character and stars, and no part of the ID number; the certificate is not masked."""
    place.settings('names = "full"', 'names = "masked"')
    place.settings('ids = "last4"', 'ids = "hidden"')
    made = certify(place, [person(1, name="欧阳若兰")])
    certified, (final,), _indexes = contents(made.path)
    assert [(row.name, row.id) for row in final.rows] == [("欧＊＊", "＊")]
    assert certified[0].holder == "欧阳若兰"


def test_validity_in_months_becomes_an_expiry(made_once: Place, tmp_path: Path) -> None:
    """The same day of the month, or its last."""
    place = signing_room.make(tmp_path / "own", **{"pass_mark = 90\n": "pass_mark = 90\nvalidity_months = 36\n"})
    (certificate,) = contents(certify(place, [person(1)]).path)[0]
    assert certificate.expires_at is not None
    assert str(local_day(certificate.expires_at)) == "2025-04-15"
    assert (certificate.expires_at - certificate.issued_at) % 86_400 == 0


def test_a_programme_changed_after_the_keyring_is_refused(place: Place) -> None:
    """Old certificates would change their words; the refusal names what differs."""
    place.settings("pass_mark = 90", "pass_mark = 80")
    with pytest.raises(Refusal, match=r"CEM.*pass_mark"):
        certify(place, [person(1)])
    place.settings("pass_mark = 80", "pass_mark = 90")
    place.settings("示例设计研究院", "另一研究院")
    with pytest.raises(Refusal, match="institute"):
        certify(place, [person(1)])


def test_an_exam_that_centre_toml_lacks_is_refused(place: Place) -> None:
    """The refusal names term and programme."""
    session = place.session()
    judged = judging.read(write(place.folder / "b.xlsx", [person(1)]), session.room.centre, {})
    with session.ledger, pytest.raises(Refusal, match="2022-05 of CEM"):
        drawing_up.announce(session, judged, "2022-05")


def test_own_numbers_are_given_once(made_once: Place, tmp_path: Path) -> None:
    """A number of an earlier exam or of somebody else is refused, and nothing is recorded."""
    place = signing_room.make(tmp_path / "own", **{'code = "CAM"': 'code = "CAM"\nnumbering = "own"'})
    people = [person(n, programme="CAM", number=f"ZS-{n:05}") for n in range(3)]
    certified, _lists, _indexes = contents(certify(place, people).path)
    assert [c.number for c in certified] == ["ZS00000", "ZS00001", "ZS00002"]
    with pytest.raises(Refusal, match="ZS00002"):
        certify(place, [*people[:2], person(7, programme="CAM", number="ZS00002")], NOW + 5)
    with pytest.raises(Refusal, match="replace"):
        certify(place, [person(0, programme="CAM", number="ZS99999")], NOW + 5)
    with place.session().ledger as ledger:
        assert len(ledger.jobs()) == 1


def test_the_ledger_keeps_no_id_number(place: Place) -> None:
    """Neither do releases and pictures: only lookup keys and the last four characters."""
    announce(place, [person(n) for n in range(3)])
    certify(place, [person(n) for n in range(3)], NOW + 5)
    for path in place.folder.rglob("*"):
        if path.is_file() and path.suffix != ".xlsx":
            assert not any(resident(n).encode() in path.read_bytes() for n in range(3)), path


def test_two_commands_do_not_work_on_one_ledger(place: Place) -> None:
    """The second is told to wait; it has changed nothing."""
    with place.session().ledger:
        command = place.run("find", "x")
    assert (command.returncode, "Another command" in command.stderr) == (1, True)


def test_a_job_stopped_before_its_release_is_taken_up_again(
    made_once: Place, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Recorded, not signed: the same command goes on with the recorded time and numbers."""
    people = [person(n) for n in range(3)]

    stop_before_writing(monkeypatch, place, people)
    made = certify(place, people, NOW + 500)
    assert made.again
    assert all(c.issued_at == NOW for c in contents(made.path)[0])
    undisturbed = made_once.copy(place.folder.parent / "other")
    assert certify(undisturbed, people).path.read_bytes() == made.path.read_bytes()


def test_another_workbook_after_a_stop_takes_the_unfinished_job_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its numbers stay with the people who had them; nobody else ever gets one."""
    stop_before_writing(monkeypatch, place, [person(n) for n in range(3)])
    made = certify(place, [person(9), person(2)], NOW + 500)
    certified, (final,), _indexes = contents(made.path)
    assert [(c.holder, c.number[7:13]) for c in certified] == [
        (person(9)["name"], "000004"),
        (person(2)["name"], "000003"),
    ]
    assert final.revision == 1


def test_a_release_altered_on_disk_is_written_anew(place: Place) -> None:
    """The ledger knows what it released."""
    people = [person(n) for n in range(3)]
    made = certify(place, people)
    digest = hashlib.sha256(made.path.read_bytes()).digest()
    made.path.write_bytes(made.path.read_bytes()[:-1])
    assert hashlib.sha256(certify(place, people).path.read_bytes()).digest() == digest


def test_photos_that_cannot_be_printed_are_told_before_anything_is_signed(place: Place, tmp_path: Path) -> None:
    """All at once, by name, where the workbook's 准考证号 says whose they are; no number is given, no release made."""
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("F", (413, 579), 128.0).save(folder / "22040001.Tif")
    (folder / "22040002.jpg").write_bytes(b"no picture")
    Image.new("RGB", (413, 579), "red").save(folder / "22040003.JPG", format="JPEG")
    path = write(place.folder / "b.xlsx", [person(n) for n in (1, 2, 3, 4)])
    book = load_workbook(path)
    for row, text in enumerate(("准考证号", "22040001", "22040002", "22040003", "22040004"), 1):
        book.worksheets[0].cell(row, 16, text)
    book.save(path)
    session = place.session()
    papers = Papers(photos=folder, some_photos=True)
    with session.ledger:
        judged = judging.read(path, session.room.centre, {})
        with pytest.raises(PhotoRefused) as refused:
            issuing.issue(session, judged, TERM, early="test", papers=papers)
        assert [line.split()[2] for line in str(refused.value).splitlines()] == ["22040001.Tif", "22040002.jpg"]
        assert session.ledger.newest_list("CEM-2022-04", "final") is None
        with pytest.raises(PhotoRefused, match="nowhere"):
            issuing.issue(session, judged, TERM, early="test", papers=Papers(photos=tmp_path / "nowhere"))
    assert list(session.room.releases.glob("*.release")) == []
