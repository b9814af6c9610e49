"""Certificates after they were issued: changes and their rules, search, export, copies of the ledger."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from signing.centre.centre_toml import Centre
from signing.ledger import backup, compare
from signing.ledger.compare import Registered
from signing.ledger.history import History
from signing.release import rebuild, release_file, rules_alone
from signing.release.produce import short
from signing.steps import change as status
from signing.steps import export, restore
from signing.steps.change import Done, Order
from signing.steps.making import drawing_up
from signing.steps.making.facts import Facts
from signing.workbook import judging
from tests import signing_room
from tests.signing_room import NOW, Place
from tests.workbooks import person, resident, write
from verify.core import certificate as certificates
from verify.core import changes, identity, lookup_index, pass_list
from verify.core.statement import Kind
from verify.shared.command import Refusal

PEOPLE = [person(n) for n in range(4)]
FIRST, SECOND = "CEM2204000001I", "CEM2204000002G"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room with four certificates issued."""
    place = signing_room.make(tmp_path_factory.mktemp("room") / "centre")
    certify(place, PEOPLE, NOW)
    return place


@pytest.fixture
def place(issued: Place, tmp_path: Path) -> Place:
    """A copy of it for one test."""
    return issued.copy(tmp_path / "centre")


def certify(place: Place, people: list[dict[str, Any]], now: int) -> Path:
    """Certificates for these people; the release."""
    session = place.session(now)
    with session.ledger:
        judged = judging.read(write(place.folder / "b.xlsx", people), session.room.centre, {})
        return drawing_up.issue(session, judged, "2022-04", "test", agreed=True).path


def change(place: Place, number: str, verb: Any, now: int, **other: Any) -> Done:
    """One change at the time ``now``."""
    session = place.session(now)
    with session.ledger:
        return status.change(session, Order(number=number, verb=verb, **other), agreed=True)


def test_a_change_is_a_release_of_its_own(place: Place) -> None:
    """It names the certificate by number and hash."""
    done = change(place, FIRST, "revoke", NOW + 10, reason="misconduct", note="2022年第7号决定")
    (statement,) = release_file.parse(release_file.load(done.path))
    made = changes.read(statement)
    assert (made.action, made.reason, made.note) == ("revoked", "misconduct", "2022年第7号决定")
    assert (made.effective_at, made.issued_at) == (NOW + 10, NOW + 10)
    with place.session().ledger as ledger:
        given = ledger.given(FIRST)
    assert given is not None
    assert given.statement is not None
    assert made.certificate.number == FIRST
    assert made.certificate.short == short(given.statement)


@pytest.mark.parametrize(
    ("verbs", "words"),
    [
        (["revoke", "revoke"], None),
        (["revoke", "reinstate"], "final"),
        (["revoke", "replace"], "final"),
        (["replace", "revoke"], "final"),
        (["reinstate"], "not suspended"),
        (["suspend", "reinstate", "suspend", "revoke"], None),
        (["suspend", "replace", "suspend"], "final"),
    ],
)
def test_changes_follow_from_one_another(place: Place, verbs: list[str], words: str | None) -> None:
    """What no registry would take is refused here; the very same order again is the same release."""
    for step, verb in enumerate(verbs[:-1]):
        change(place, FIRST, verb, NOW + 10 * step)
    if words is None:
        change(place, FIRST, verbs[-1], NOW + 100)
        return
    with pytest.raises(Refusal, match=words):
        change(place, FIRST, verbs[-1], NOW + 100)


def test_times_of_changes(place: Place) -> None:
    """Not after now, not before the one before it, not before the certificate."""
    with pytest.raises(Refusal, match="after it is signed"):
        change(place, FIRST, "suspend", NOW + 10, effective_at=NOW + 11)
    with pytest.raises(Refusal, match="nothing can change before"):
        change(place, FIRST, "suspend", NOW + 10, effective_at=NOW - 1)
    change(place, FIRST, "suspend", NOW + 10, effective_at=NOW + 5)
    with pytest.raises(Refusal, match="before the one before"):
        change(place, FIRST, "reinstate", NOW + 10, effective_at=NOW + 4)
    change(place, FIRST, "reinstate", NOW + 10, effective_at=NOW + 5)


def test_an_unknown_number_is_refused(place: Place) -> None:
    """Nobody can change what was not issued here."""
    with pytest.raises(Refusal, match="CEM2204000009T"):
        change(place, "CEM2204000009T", "revoke", NOW + 1)


def test_a_lost_paper_is_replaced_by_the_same_facts(place: Place) -> None:
    """New number, same holder and lookup key; certificate, change and the next lookup index in one release."""
    done = change(place, FIRST, "replace", NOW + 10)
    certified, changed, indexed = release_file.parse(release_file.load(done.path))
    new, made, index = certificates.read(certified), changes.read(changed), lookup_index.read(indexed)
    assert (new.number, new.holder, new.id_hint) == ("CEM2204000005A", PEOPLE[0]["name"], resident(0)[-4:])
    assert made.replacement is not None
    assert (made.replacement.number, made.replacement.short) == (new.number, certified.short)
    assert made.reason == "reissued"
    keys = dict(index.rows)
    assert index.revision == 2
    assert len(keys) == 5
    assert keys[FIRST] == keys[new.number]


def test_a_correction_brings_the_exams_next_list(place: Place) -> None:
    """The reason is registration_error; list and index have the right facts in the old place from then on."""
    facts = Facts(name="赵更正", id_type="resident", id_key=resident(0))
    with pytest.raises(Refusal, match="registered wrong"):
        change(place, FIRST, "replace", NOW + 10, facts=facts, reason="reissued")
    done = change(place, FIRST, "replace", NOW + 10, facts=facts)
    found = list(release_file.parse(release_file.load(done.path)))
    *certified, listed, changed, indexed = found
    rules_alone.check(release_file.load(done.path), place.session().unlocked.chain.newest)
    made, list_made = changes.read(changed), pass_list.read(listed)
    assert (made.action, made.reason) == ("replaced", "registration_error")
    assert made.replacement is not None
    assert certificates.read(certified[0]).holder == "赵更正"
    assert (list_made.stage, list_made.revision, len(list_made.rows)) == ("final", 2, 4)
    first = list_made.rows[0]
    assert (first.serial, first.name, first.certificate) == (1, "赵更正", made.replacement.short)
    assert {row.certificate for row in list_made.rows} == {one.short for one in certified}
    keys = dict(lookup_index.read(indexed).rows)
    session = place.session()
    session.ledger.close()
    secret = session.unlocked.secrets[0]
    assert keys["CEM2204000005A"] == identity.lookup_key(secret, "赵更正", "resident", resident(0))
    assert FIRST not in keys
    assert len(keys) == 4


@pytest.mark.parametrize("name", [PEOPLE[0]["name"], "赵更正"])
def test_a_later_list_names_the_newest(place: Place, name: str) -> None:
    """Whether the workbook has the old name or the right one, the row is the newest certificate's, and that is said."""
    facts = Facts(name="赵更正", id_type="resident", id_key=resident(0))
    change(place, FIRST, "replace", NOW + 10, facts=facts)
    change(place, "CEM2204000005A", "replace", NOW + 20)
    made = issued_again(place, [{**PEOPLE[0], "name": name}, *PEOPLE[1:3], person(9)], NOW + 30)
    found = list(release_file.parse(release_file.load(made.path)))
    certified = [certificates.read(s).number for s in found if s.kind is Kind.CERTIFICATE]
    assert certified == ["CEM22040000068", SECOND, "CEM2204000003E", "CEM22040000076"]
    assert made.taken_for == (() if name == "赵更正" else ("CEM22040000068",))
    (difference,) = made.differences
    assert (difference.added, difference.removed) == ((person(9)["name"],), (PEOPLE[3]["name"],))
    (index,) = [lookup_index.read(s) for s in found if s.kind is Kind.LOOKUP_INDEX]
    assert {number for number, _key in index.rows} == {*certified}
    assert index.revision == 4
    assert standings(place) == {
        FIRST: "replaced",
        SECOND: "valid",
        "CEM2204000003E": "valid",
        "CEM2204000004C": "withdrawn",
        "CEM2204000005A": "replaced",
        "CEM22040000068": "valid",
        "CEM22040000076": "valid",
    }


def issued_again(place: Place, people: list[dict[str, Any]], now: int) -> drawing_up.Made:
    """Another list of the exam."""
    session = place.session(now)
    with session.ledger:
        judged = judging.read(write(place.folder / "b.xlsx", people), session.room.centre, {})
        return drawing_up.issue(session, judged, "2022-04", "test", agreed=True)


def standings(place: Place) -> dict[str, str]:
    """How each certificate stands by the ledger."""
    with place.session().ledger as ledger:
        return {s.given.number: s.standing for s in History(ledger).all()}


def test_who_is_struck_out_loses_what_replaced_theirs_too(place: Place) -> None:
    """A list that names nothing of a line withdraws it whole."""
    change(place, FIRST, "replace", NOW + 10)
    issued_again(place, PEOPLE[1:], NOW + 20)
    stand = standings(place)
    assert (stand[FIRST], stand["CEM2204000005A"], stand[SECOND]) == ("withdrawn", "withdrawn", "valid")
    with pytest.raises(Refusal, match="does not name"):
        change(place, "CEM2204000005A", "replace", NOW + 30)


def test_two_rows_of_one_line_are_refused(place: Place) -> None:
    """The old facts and the right ones are one person's."""
    change(place, FIRST, "replace", NOW + 10, facts=Facts(name="赵更正", id_type="resident", id_key=resident(0)))
    other = {**person(9), "name": "赵更正"}
    change(
        place, SECOND, "replace", NOW + 20,
        facts=Facts(name=other["name"], id_type="resident", id_key=resident(9)),
    )  # fmt: skip
    with pytest.raises(Refusal, match="CEM22040000068"):
        issued_again(place, [PEOPLE[1], other], NOW + 30)


def test_a_change_stopped_before_its_release_is_taken_up_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same order goes on with the recorded time and number; another one takes it back."""

    def stop(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    def stopped(now: int) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("signing.release.produce.release_file.write", stop)
            with pytest.raises(KeyboardInterrupt):
                change(place, FIRST, "replace", now)

    stopped(NOW + 10)
    done = change(place, FIRST, "replace", NOW + 99)
    assert (done.change.effective_at, done.change.replacement) == (NOW + 10, "CEM2204000005A")


def test_another_change_takes_an_unfinished_one_back(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its new number stays given for the same certificate, and revisions have no gap."""

    def stop(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("signing.release.produce.release_file.write", stop)
        with pytest.raises(KeyboardInterrupt):
            change(place, FIRST, "replace", NOW + 10)
    other = change(place, SECOND, "replace", NOW + 20)
    assert other.change.replacement == "CEM22040000068"
    index = lookup_index.read(list(release_file.parse(release_file.load(other.path)))[2])
    assert index.revision == 2
    assert change(place, FIRST, "replace", NOW + 30).change.replacement == "CEM2204000005A"


def test_find_by_name_and_number_however_written(place: Place) -> None:
    """A part of the name is enough."""
    change(place, FIRST, "suspend", NOW + 10)
    with place.session().ledger as ledger:
        history = History(ledger)
        (one,) = history.find("cem 2204-000001 i")
        assert (one.given.number, one.standing, len(one.releases)) == (FIRST, "suspended", 2)
        assert [s.given.holder for s in history.find(PEOPLE[1]["name"][:2])] == [PEOPLE[1]["name"]]
        assert history.find("查无此人") == []
        assert history.find("　") == []


def test_export_holds_no_formula(place: Place, tmp_path: Path) -> None:
    """In .xlsx and .csv every field is a text, and one that begins like a formula stays harmless."""
    with place.session().ledger as ledger:
        rows = export.chosen(History(ledger).all(), export.Choice(year=2022))
        assert export.chosen(History(ledger).all(), export.Choice(year=2021)) == []
    centre = Centre.load(place.folder / "centre.toml")
    assert export.write(tmp_path / "e.xlsx", centre, rows) == 4
    assert export.write(tmp_path / "e.csv", centre, rows) == 4
    sheet = openpyxl.load_workbook(tmp_path / "e.xlsx").worksheets[0]
    assert [sheet["A2"].value, sheet["B2"].value] == [FIRST, PEOPLE[0]["name"]]
    text = (tmp_path / "e.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert [row[0] for row in csv.reader(text.decode("utf-8-sig").splitlines())][1:] == [r.given.number for r in rows]
    with pytest.raises(Refusal):
        export.write(tmp_path / "e.txt", centre, rows)


def test_a_backup_is_put_back_and_completed_from_the_releases(place: Place) -> None:
    """What was issued since the backup comes from the releases; no number is ever given again."""
    copy = place.folder / "backup"
    with place.session().ledger as ledger:
        backup.backup(ledger, copy)
        backup.backup(ledger, copy)  # given again, when it is there
        (place.folder / "other").write_bytes(copy.read_bytes()[:-1])
        with pytest.raises(Refusal, match="never overwrites"):
            backup.backup(ledger, place.folder / "other")
    change(place, FIRST, "replace", NOW + 10)
    certify(place, [*PEOPLE, person(9)], NOW + 20)
    done = place.run("ledger", "restore", "backup")
    assert done.returncode == 0, done.stderr
    with place.session().ledger as ledger:
        assert {given.number[7:13] for given in ledger.all_given()} == {f"{n:06}" for n in range(1, 7)}
        given = ledger.given("CEM2204000005A")
        assert given is not None
        assert given.replaces == FIRST
    assert change(place, SECOND, "replace", NOW + 30).change.replacement == "CEM22040000076"
    copy.write_bytes(copy.read_bytes()[:5000])
    refused = place.run("ledger", "restore", "backup")
    assert (refused.returncode, "not a whole backup" in refused.stderr) == (1, True)
    with pytest.raises(Refusal, match=r"There is no file .*nowhere"):
        backup.check(place.folder / "nowhere", place.root)


def test_a_lost_ledger_is_rebuilt_from_the_releases(place: Place) -> None:
    """Certificates, lists, indexes, changes, and what each release was: all but what only the workbook knew."""
    change(place, FIRST, "replace", NOW + 10)
    change(place, SECOND, "suspend", NOW + 20)
    facts = Facts(name="赵更正", id_type="resident", id_key=resident(2))
    change(place, "CEM2204000003E", "replace", NOW + 25, facts=facts)
    with place.session().ledger as ledger:
        before = {s.given.number: s for s in History(ledger).all()}
        jobs = [(job.release, job.kind) for job in ledger.jobs()]
        rows = ledger.index_rows("CEM-2022-04", 99)
    ledger_file = place.folder / "ledger.sqlite"
    ledger_file.unlink()
    made = restore.rebuild_(place.room, place.keys, NOW + 30)
    assert len(made.added) == 4
    session = place.session()
    with session.ledger as ledger:
        after = {s.given.number: s for s in History(ledger).all()}
        assert after == before
        assert [(job.release, job.kind) for job in ledger.jobs()] == jobs
        assert ledger.index_rows("CEM-2022-04", 99) == rows
        assert rebuild.rebuild(ledger, session.room.releases, session.unlocked.chain) == []
    final = certify(place, PEOPLE, NOW + 500)
    assert final.name == jobs[-1][0]
    damaged = next((place.folder / "releases").glob("*final*"))
    damaged.write_bytes(damaged.read_bytes()[:-9] + b"\0" * 9)
    ledger_file.unlink()
    with pytest.raises(Refusal, match="final-1"):
        restore.rebuild_(place.room, place.keys, NOW + 600)
    damaged.write_bytes(b"\xff" + damaged.read_bytes()[1:])
    with pytest.raises(Refusal, match=rf"{damaged.name}: statement 1 of the release"):
        restore.rebuild_(place.room, place.keys, NOW + 600)
    assert not ledger_file.exists()


def test_a_rebuilt_ledger_takes_the_same_notice_and_its_objections_again(place: Place) -> None:
    """It says what no release holds; the same announce is the same release, and tells who stands on it."""
    people = [person(n, programme="CAM") for n in range(20, 24)]
    write(place.folder / "n.xlsx", people)
    arguments = ("announce", "n.xlsx", "--exam", "2022-04", "--json")
    release_path = json.loads(place.run(*arguments).stdout)["release"]
    before = Path(release_path).read_bytes()
    strike = ("objections", "CAM-2022-04", "--strike", "2=冒名")
    assert place.run(*strike).returncode == 0
    (place.folder / "ledger.sqlite").unlink()
    rebuilt = place.run("ledger", "rebuild")
    assert rebuilt.returncode == 0
    assert "CAM-2022-04: `yinjian-sign announce BOOK --exam 2022-04`" in rebuilt.stderr
    assert "CEM-2022-04" not in rebuilt.stderr
    refused = place.run(*strike)
    assert (refused.returncode, "announce the same workbook again" in refused.stderr) == (1, True)
    again = json.loads(place.run(*arguments).stdout)
    assert (again["release"], again["again"]) == (release_path, True)
    assert Path(release_path).read_bytes() == before
    assert place.run(*strike).returncode == 0
    issued = place.run("issue", "n.xlsx", "--exam", "2022-04", "--early", "test", "--json")
    assert json.loads(issued.stdout)["changed"] == [{"exam": "CAM-2022-04", "added": 0, "removed": 1, "struck": 1}]
    assert "announce" not in issued.stderr
    # Whom a later list leaves out is lacking, too.
    assert (
        place.run("issue", "n.xlsx", "--exam", "2022-04", "--early", "t", "--strike", "5=冒名", "--yes").returncode == 0
    )
    (place.folder / "ledger.sqlite").unlink()
    assert "the final list lacks these numbers of the notice: 2, 4." in place.run("ledger", "rebuild").stderr
    warned = place.run("issue", "n.xlsx", "--exam", "2022-04")
    assert "the final list lacks these numbers of the notice: 2" in warned.stderr
    assert f"new on the list: {people[1]['name']}" in warned.stdout


def test_a_rebuilt_ledger_knows_another_notice_from_the_same(place: Place) -> None:
    """Somebody more, or in another order, is another notice; a rebuilt one is compared by what it shows."""
    people = [person(n, programme="CAM") for n in range(20, 23)]

    def announce(some: list[dict[str, Any]], now: int) -> drawing_up.Made:
        session = place.session(now)
        with session.ledger:
            judged = judging.read(write(place.folder / "n.xlsx", some), session.room.centre, {})
            return drawing_up.announce(session, judged, "2022-04")

    first = announce(people, NOW)
    (place.folder / "ledger.sqlite").unlink()
    restore.rebuild_(place.room, place.keys, NOW + 5)
    other = announce(people[::-1], NOW + 10)
    assert (other.again, other.lists[0].revision) == (False, 2)
    assert [(d.added, d.removed) for d in other.differences] == [((), ())]
    assert announce(people[::-1], NOW + 20).path == other.path
    assert first.path != other.path


def test_the_ledger_tells_what_was_recorded_and_why(place: Place) -> None:
    """Rows left out, objections, an early issue, each with its reason; a corrected list is not early."""
    write(place.folder / "n.xlsx", [person(n, programme="CAM") for n in range(20, 23)] + [person(30, name=None)])
    exam = ("n.xlsx", "--exam", "2022-04", "--strike", "5=合计")
    assert place.run("announce", *exam).returncode == 0
    assert place.run("objections", "CAM-2022-04", "--strike", "1=冒名").returncode == 0
    assert place.run("issue", *exam, "--early", "考生出国").returncode == 0
    assert place.run("issue", *exam, "--strike", "4=退出", "--early", "not needed", "--yes").returncode == 0
    session = place.session()
    with session.ledger as ledger, ledger.transaction():
        ledger.note(session.now + 10**9, "printed", ["CAM22040000028", "CAM22040000036"])
    told = json.loads(place.run("ledger", "history", "--json").stdout)
    assert [(one["what"], one["subject"], one["reason"]) for one in told] == [
        ("final", "2022-04-final-1.release", None),
        ("early", "2022-04-final-1.release", "test"),
        ("notice", "2022-04-notice-1.release", None),
        ("row_struck", "2022-04-notice-1.release, row 5 of the workbook", "合计"),
        ("struck", f"CAM-2022-04 {person(20)['name']}", "冒名"),
        ("final", "2022-04-final-2.release", None),
        ("early", "2022-04-final-2.release", "考生出国"),
        ("row_struck", "2022-04-final-2.release, row 5 of the workbook", "合计"),
        ("final", "2022-04-final-3.release", None),
        ("row_struck", "2022-04-final-3.release, row 4 of the workbook", "退出"),
        ("row_struck", "2022-04-final-3.release, row 5 of the workbook", "合计"),
        ("printed", "certificates: 2", None),
    ]
    assert "公示期未满即发证" in place.run("ledger", "history", LANG="zh_CN.UTF-8").stdout


def test_objections_since_a_backup_are_taken_over(place: Place) -> None:
    """No release holds them, but the ledger that the backup replaces does."""
    write(place.folder / "n.xlsx", [person(n, programme="CAM") for n in range(20, 23)])
    assert place.run("announce", "n.xlsx", "--exam", "2022-04").returncode == 0
    assert place.run("ledger", "backup", "copy").returncode == 0
    assert place.run("objections", "CAM-2022-04", "--strike", "3=冒名").returncode == 0
    assert place.run("ledger", "restore", "copy").returncode == 0
    standing = json.loads(place.run("objections", "CAM-2022-04", "--json").stdout)
    assert [(one["serial"], one["reason"]) for one in standing] == [(3, "冒名")]


@pytest.mark.parametrize("note", ["", " ", "一" * 201, "两\n行", f"查 {resident(1)}", f"经查，{PEOPLE[0]['name']}作弊"])
def test_a_note_is_a_short_line_that_names_nobody(place: Place, note: str) -> None:
    """It is published with the change, for ever."""
    with pytest.raises(Refusal, match="note"):
        change(place, FIRST, "revoke", NOW + 10, note=note)


def test_a_replacement_by_a_number_of_ours_is_refused(tmp_path: Path) -> None:
    """A centre's own number may not look like one of the default scheme, in a replacement either."""
    place = signing_room.make(tmp_path / "centre", **{'code = "CAM"': 'code = "CAM"\nnumbering = "own"'})
    certify(place, [person(1, programme="CAM", number="S000000000000001")], NOW)
    with pytest.raises(Refusal, match="form of those that are given here"):
        change(place, "S000000000000001", "replace", NOW + 10, new_number=FIRST)
    done = change(place, "S000000000000001", "replace", NOW + 10, new_number="S000000000000002")
    assert done.change.replacement == "S000000000000002"


def test_a_list_that_takes_certificates_away_says_so(place: Place) -> None:
    """Somebody no longer on a final list loses the certificate; somebody no longer on a notice had none."""
    write(place.folder / "fewer.xlsx", PEOPLE[1:])
    done = place.run("issue", "fewer.xlsx", "--exam", "2022-04", "--yes")
    assert f"lose their certificates when this is published (0 struck out): {PEOPLE[0]['name']}" in done.stdout


def test_a_ledger_that_differs_from_the_registry_is_named(place: Place) -> None:
    """Each difference by number or list; what waits to be published is no fault."""
    with place.session().ledger as ledger:
        certificates_there = {
            g.number: hashlib.sha256(g.statement).digest() for g in ledger.all_given() if g.statement is not None
        }
        lists = {("CEM-2022-04", 1): "final"}
        same = Registered(certificates=certificates_there, lists=lists, changes={})
        assert compare.differences(ledger, same) == []
        waiting = compare.differences(ledger, Registered(certificates={}, lists={}, changes={}))
        assert [(d.kind, d.subject, d.is_fault) for d in waiting] == [
            ("not_published", "2022-04-final-1.release", False)
        ]
        other = Registered(
            certificates=certificates_there | {FIRST: b"\0" * 32, "CEM2204000009T": b"\0" * 32},
            lists=lists | {("CEM-2022-04", 2): "final"},
            changes={SECOND: 1},
        )
        assert [(d.kind, d.subject) for d in compare.differences(ledger, other)] == [
            ("differs", FIRST),
            ("not_in_ledger", "CEM-2022-04, list 2"),
            ("not_in_ledger", f"{SECOND}, change 1"),
            ("not_in_ledger", "CEM2204000009T"),
        ]
