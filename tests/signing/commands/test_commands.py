"""yinjian-sign as a clerk runs it: answers, exit codes, languages, and no traceback whatever is typed."""

import gc
import io
import json
import resource
import subprocess
import sys
import zipfile
from pathlib import Path
from unittest import mock

import openpyxl
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import signing
from tests import signing_room
from tests.signing_room import PASSPHRASE, Place
from tests.workbooks import person, resident, write

ROOM = Path(signing.__file__).parent


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room made once for all tests here."""
    return signing_room.make(tmp_path_factory.mktemp("room") / "centre")


@pytest.fixture
def place(made_once: Place, tmp_path: Path) -> Place:
    """A copy of it for one test."""
    return made_once.copy(tmp_path / "centre")


def test_check_answers_in_json(place: Place) -> None:
    """Every row with its result, outcome and reasons, and totals; exit code 1 while a row is refused."""
    people = [person(1), person(2, name="张 三"), person(3, id_number="990101199002281230"), person(4, theory=1)]
    write(place.folder / "b.xlsx", people, ["成绩表"])
    done = place.run("check", "b.xlsx", "--json")
    assert (done.returncode, done.stderr) == (1, "")
    answer = json.loads(done.stdout)
    assert [(r["row"], r["result"], r["outcome"]) for r in answer["rows"]] == [
        (3, "accepted", "passed"),
        (4, "corrected", "passed"),
        (5, "refused", None),
        (6, "accepted", "failed"),
    ]
    assert [sorted(reason) for row in answer["rows"] for reason in row["reasons"]] == [["cell", "code", "message"]] * 3
    assert answer["rows"][2]["reasons"][0]["cell"] == "D5"
    assert answer["rows"][2]["reasons"][0]["code"] == "id_checksum"
    assert answer["totals"] == {
        "rows": 4, "accepted": 2, "corrected": 1, "refused": 1, "passed": 2, "failed": 1, "absent": 0,
        "disqualified": 0, "ineligible": 0, "struck": 0,
    }  # fmt: skip
    struck = place.run("check", "b.xlsx", "--strike", "5=退出", "--report", "r.xlsx")
    assert struck.returncode == 0
    assert openpyxl.load_workbook(place.folder / "r.xlsx").worksheets[0]["P5"].value == "struck out"
    assert {path.name for path in place.folder.iterdir()} == {
        "b.xlsx",
        "r.xlsx",
        "centre.toml",
        "keys",
        "keys-root",
        "var",
    }


def test_from_notice_to_a_correction_by_commands(place: Place) -> None:
    """Announce, objection, issue, suspend, replace by the right name, find, export."""
    write(place.folder / "b.xlsx", [person(n) for n in range(4)])
    announced = place.run("announce", "b.xlsx", "--exam", "2022-04", "--json")
    assert announced.returncode == 0, announced.stderr
    assert json.loads(announced.stdout)["release"].endswith("releases/2022-04-notice-1.release")
    waiting = place.run("issue", "b.xlsx", "--exam", "2022-04")
    assert (waiting.returncode, "open until" in waiting.stderr) == (1, True)
    struck = place.run("objections", "CEM-2022-04", "--strike", "2=冒名顶替", "--json")
    assert json.loads(struck.stdout) == [{"serial": 2, "name": person(1)["name"], "reason": "冒名顶替"}]
    assert place.run("objections", "CEM-2022-04", "--strike", "2=again").returncode == 1
    assert place.run("objections", "CEM-2022-04", "--strike", "99=nobody").returncode == 1
    issued = place.run("issue", "b.xlsx", "--exam", "2022-04", "--early", "test", "--json")
    answer = json.loads(issued.stdout)
    assert answer["certificates"] == ["CEM2204000001I", "CEM2204000002G", "CEM2204000003E"]
    assert answer["changed"] == [{"exam": "CEM-2022-04", "added": 0, "removed": 1, "struck": 1}]
    for number in answer["certificates"]:
        assert (place.folder / "certificates" / f"{number}.svg").read_bytes().startswith(b"<svg")
        assert (place.folder / "certificates" / f"{number}.png").read_bytes().startswith(b"\x89PNG")
    assert place.run("status", "cem2204000001i", "suspend").returncode == 0
    assert place.run("status", "CEM2204000001I", "suspend", "--reason", "other").returncode == 1
    order = ("status", "CEM2204000002G", "replace", "--name", "孙更正", "--json")
    replaced = place.run(*order, keyboard=io.StringIO(f"{resident(2)}\n"))
    assert replaced.returncode == 0, replaced.stderr
    assert resident(2) not in replaced.stdout + replaced.stderr
    found = json.loads(place.run("find", "孙更正", "--json").stdout)
    assert [(one["number"], one["replaces"]) for one in found] == [("CEM2204000004C", "CEM2204000002G")]
    assert place.run("find", "查无此人").returncode == 1
    exported = place.run("export", "e.xlsx")
    assert (exported.returncode, exported.stdout.startswith("Certificates: 4,")) == (0, True)


def test_the_form_can_be_filled_in_and_is_accepted(place: Place) -> None:
    """Its filled example judges as it should; its checks are there; it is not overwritten."""
    assert place.run("template", "form.xlsx").returncode == 0
    assert place.run("template", "form.xlsx").returncode == 1
    book = openpyxl.load_workbook(place.folder / "form.xlsx")
    form, _example = book.worksheets
    assert {check.type for check in form.data_validations.dataValidation} == {"list", "decimal", "custom"}
    assert form["D2"].number_format == "@"
    empty = place.run("check", "form.xlsx")
    assert (empty.returncode, "no rows" in empty.stderr) == (1, True)
    book.move_sheet("填写示例", -1)
    book.save(place.folder / "filled.xlsx")
    answer = json.loads(place.run("check", "filled.xlsx", "--json").stdout)
    assert [(row["result"], row["outcome"]) for row in answer["rows"]] == [
        ("accepted", "passed"),
        ("accepted", "absent"),
        ("accepted", "passed"),
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check"], 2),
        (["check", "absent.xlsx"], 1),
        (["check", "b.xlsx", "--strike", "x"], 1),
        (["issue", "b.xlsx"], 2),
        (["issue", "b.xlsx", "--exam", "1999-13", "--early", "x"], 1),
        (["announce", "b.xlsx", "--exam", "2022-04", "--centre", "absent.toml"], 1),
        (["announce", "b.xlsx", "--exam", "2022-04", "--keys", "absent"], 1),
        (["status", "CEM2204000001I", "destroy"], 2),
        (["status", "?", "revoke"], 1),
        (["publish", "absent.release"], 1),
        (["objections", "CEM-2022-04"], 1),
        (["nonsense"], 2),
    ],
)
def test_exit_codes(place: Place, arguments: list[str], code: int) -> None:
    """0 done, 1 refused with a reason, 2 wrong usage; never a traceback, never the passphrase."""
    write(place.folder / "b.xlsx", [person(1)])
    done = place.run(*arguments)
    assert done.returncode == code
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert "fault in this program" not in done.stderr
    assert PASSPHRASE not in done.stdout + done.stderr


def test_a_bad_centre_toml_is_refused_with_the_line_and_the_reason(place: Place) -> None:
    """Whatever is wrong with it."""
    place.settings('column = "practice"', 'column = "oral"')
    done = place.run("check", "b.xlsx")
    assert done.returncode == 1
    assert "centre.toml, line" in done.stderr
    place.settings('column = "oral"', 'column = "practice')
    assert "centre.toml, line" in place.run("check", "b.xlsx").stderr


def test_a_clock_that_runs_behind_is_said(place: Place) -> None:
    """What was signed last is later than now by this machine's clock: whoever sits there is asked to look."""
    with place.session(4_000_000_000).ledger as ledger, ledger.transaction():
        ledger.add_job("status", "ahead.release", b"", 4_000_000_000, {})
    said = place.run("status", "CEM2204000009T", "revoke", "--reason", "misconduct", "--yes")
    assert "clock runs behind what was signed here last" in said.stderr


def test_every_message_is_there_in_chinese() -> None:
    """What the code says, the catalogue translates, with the same places for values."""
    with (ROOM / "locale" / "zh" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = {message.id: message.string for message in read_po(file) if message.id}
    found = extract_from_dir(ROOM, [("**.py", "python")], {}, keywords={"_": None})
    said = {message for _file, _line, message, _comments, _context in found}
    assert sorted(message for message in said if not catalogue.get(message)) == []
    for message in said:
        assert message.count("{") == str(catalogue[message]).count("{"), message


def test_the_room_speaks_chinese_by_locale(place: Place) -> None:
    """LC_ALL before LANG; numbers and codes stay as they are."""
    write(place.folder / "b.xlsx", [person(1, theory="89.5分")])
    assert "成绩不是数字" in place.run("check", "b.xlsx", LC_ALL="zh_CN.UTF-8").stdout
    assert "not a number" in place.run("check", "b.xlsx", LC_ALL="en_GB.UTF-8", LANG="zh_CN.UTF-8").stdout
    answer = json.loads(place.run("check", "b.xlsx", "--json", LANG="zh_CN.UTF-8").stdout)
    assert answer["rows"][0]["reasons"][0] == {"cell": "J2", "code": "mark_not_number", "message": "成绩不是数字。"}


def test_every_command_says_what_it_did_not_read(place: Place) -> None:
    """Macros, other sheets and hidden rows: all three commands say so on standard error, and --json stays clean."""
    path = write(place.folder / "b.xlsx", [person(1), person(2)])
    book = openpyxl.load_workbook(path)
    book.create_sheet("第二批")
    book.worksheets[0].row_dimensions[3].hidden = True
    book.save(path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"Sub Auto_Open()")
    for arguments in (("check",), ("announce", "--exam", "2022-04"), ("issue", "--exam", "2022-04", "--early", "x")):
        command, *options = arguments
        done = place.run(command, "b.xlsx", *options, *(() if command == "check" else ("--json",)))
        assert done.returncode == 0, done.stderr
        for words in ("macros", "“Sheet”, was read; behind it: 第二批", "Hidden rows that were read: 1."):
            assert words in done.stderr
        assert command == "check" or json.loads(done.stdout)


def test_check_tells_corrections_from_refusals(place: Place) -> None:
    """What was put right stands apart, and a refused row shows only what is wrong with it."""
    people = [person(1, name="张 三"), person(2, name="李 四", id_number="990101199002281230"), person(3, name=None)]
    write(place.folder / "b.xlsx", people)
    lines = place.run("check", "b.xlsx").stdout.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["D3", "B4", "Put", "B2"]
    assert "--strike 4=REASON" in place.run("check", "b.xlsx").stderr


def test_objections_are_recorded_all_or_none(place: Place) -> None:
    """A slip in one number, or one named twice, leaves nothing recorded."""
    write(place.folder / "b.xlsx", [person(n) for n in range(4)])
    assert place.run("announce", "b.xlsx", "--exam", "2022-04").returncode == 0
    for options in (
        ("--strike", "2=冒名", "--strike", "99=无此人"),
        ("--strike", "2=冒名", "--strike", "2=替考"),
        ("--strike", "2=冒名", "--restore", "2=查无实据"),
    ):
        done = place.run("objections", "CEM-2022-04", *options)
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert json.loads(place.run("objections", "CEM-2022-04", "--json").stdout) == []


def test_facts_belong_to_a_replacement(place: Place) -> None:
    """Nobody is asked for an ID number only to be refused then."""
    for option in ("--name", "--id-type", "--number"):
        value = {"--name": "王莉", "--id-type": "passport", "--number": "S0000001"}[option]
        done = place.run("status", "CEM2204000001I", "revoke", option, value)
        assert (done.returncode, "Only a replacement" in done.stderr) == (2, True)


FULL: list[tuple[str, ...]] = [
    ("check", "b.xlsx", "--report", "r.xlsx"),
    ("announce", "b.xlsx", "--exam", "2022-04"),
    ("issue", "b.xlsx", "--exam", "2022-04", "--early", "test"),
    ("status", "CEM2204000001I", "replace"),
    ("export", "e.xlsx"),
    ("export", "e.csv"),
    ("ledger", "backup", "copy"),
    ("ledger", "restore", "copy"),
    ("template", "form.xlsx"),
]


def test_a_full_disk_is_a_clear_refusal_and_the_same_command_goes_on(place: Place) -> None:
    """At whatever size a file cannot grow further: no traceback, no draft left behind, nothing lost."""
    write(place.folder / "b.xlsx", [person(n) for n in range(6)])
    for arguments in FULL:
        for size in (0, 900, 20_000):
            done = _with_little_room(place, size, *arguments)
            assert done.returncode in (0, 1)
            assert done.returncode == 0 or "Refused: " in done.stderr
            assert "Traceback" not in done.stderr
            assert "fault in this program" not in done.stderr
            drafts = [path.name for path in place.folder.rglob(".*") if path.name[-1].isdecimal()]
            assert drafts == []
        done = place.run(*arguments)
        assert done.returncode == 0, (arguments, done.stderr)
    with place.session().ledger as ledger:
        assert {given.number[7:13] for given in ledger.all_given()} == {f"{n:06}" for n in range(1, 8)}


def _with_little_room(place: Place, size: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command where no file can grow beyond ``size`` bytes, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        # A library's half-written file fails again when it is thrown away, which a command's own process overlooks.
        with mock.patch.object(sys, "unraisablehook"):
            done = place.run(*arguments)
            gc.collect()
        return done
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_the_calendar_proposes_and_shows_what_moved(place: Place) -> None:
    """Dates by the rule, the centre's own beside them, and the file for the public service."""
    done = place.run("calendar", "--year", "2022", "--count", "4", "--export", "calendar.json")
    assert "CEM, CAM, by the rule:" in done.stdout
    assert "2022-03-19 and 2022-03-20 (Saturday, Sunday), 08:30–10:00 — in [[exams]]: CEM-2022-04" in done.stdout
    assert "2022-12-17 and 2022-12-18" in done.stdout
    assert "CEM-2022-04  2022-04-23, moved from 2022-03-19" in done.stdout
    assert len(json.loads((place.folder / "calendar.json").read_text("utf-8"))["exams"]) == 2


def test_each_programme_has_its_own_rule(place: Place) -> None:
    """Another rule for one programme; weekends that are worked, or holidays, are said to be so."""
    place.settings('programmes = ["CEM", "CAM"]', 'programmes = ["CAM"]')
    rule = "sittings = { months = [10, 5], week = 1, begins = 14:00:00, ends = 16:30:00 }"
    with (place.folder / "centre.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[[rules]]\nprogrammes = ["CEM"]\n{rule}\n')
    done = place.run("calendar", "--year", "2021", "--count", "2")
    first, *dates = done.stdout.splitlines()[:3]
    assert (first, done.stderr) == ("CEM, by the rule:", "")
    assert dates == [
        "  2021-05-01 and 2021-05-02 (Saturday, Sunday), 14:00–16:30 — public holiday: 2021-05-01, 2021-05-02",
        "  2021-10-02 and 2021-10-03 (Saturday, Sunday), 14:00–16:30 — public holiday: 2021-10-02, 2021-10-03",
    ]
    proposed = json.loads(place.run("calendar", "--year", "2021", "--count", "3", "--json").stdout)["proposed"]
    assert [(one["programmes"], one["saturday"], one["working_days"]) for one in proposed] == [
        (["CEM"], "2021-05-01", []),
        (["CEM"], "2021-10-02", []),
        (["CEM"], "2022-05-07", ["2022-05-07"]),
        (["CAM"], "2021-03-20", []),
        (["CAM"], "2021-06-19", []),
        (["CAM"], "2021-09-18", ["2021-09-18"]),
    ]
    place.settings("ends = 16:30:00", "ends = 14:00:00")
    refused = place.run("calendar")
    assert (refused.returncode, "rules 2, sittings.ends: not after it begins" in refused.stderr) == (
        1,
        True,
    ), refused
