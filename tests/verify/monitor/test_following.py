"""A log is followed from outside, look by look; what must not be is told, with what to do, and not taken in."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from tests import releases
from tests.invented import CERTIFICATE, ROOT, TestKey, keyring
from tests.verify.monitor.invented_site import Site, final, people
from verify.commands import monitor
from verify.core.log.tiles import ENTRIES, Tile
from verify.monitor import following
from verify.monitor.alarms import _words, alarm
from verify.monitor.following import Entry, Follower, Look
from verify.monitor.remembered import Remembered
from verify.shared.command import Refusal
from verify.shared.progress import silent

EXAM = releases.EXAM
KEYRING = releases.keyrings()
PEOPLE = people(300)
LIST = final(PEOPLE[:299])
STATEMENTS = [KEYRING, *PEOPLE[:299], LIST]


def site(statements: Sequence[bytes] = STATEMENTS, lists: dict[str, bytes] | None = None, **other: bytes) -> Site:
    """A site with these statements in its log."""
    return Site(statements, keyring=other.get("keyring", KEYRING), lists={EXAM: LIST} if lists is None else lists)


def look(at: Site, state: Path) -> Look:
    """One look, as cron gives it."""
    with Remembered(state) as seen:
        return Follower(at.ask, seen, releases.ROOT_THUMBPRINT, silent).look("https://verify.example.org")


def codes(found: Look) -> list[str]:
    """The alarms."""
    return [one.code for one in found.alarms]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A state after a first look."""
    state = tmp_path_factory.mktemp("state") / "seen"
    assert codes(look(site(), state)) == []
    return state.read_bytes()


@pytest.fixture
def state(first: bytes, tmp_path: Path) -> Path:
    """A copy of it."""
    path = tmp_path / "seen"
    path.write_bytes(first)
    return path


def test_the_first_look_reads_everything(tmp_path: Path) -> None:
    """Every entry by kind, and whom the list that is shown names."""
    found = look(site(), tmp_path / "seen")
    assert (found.before, found.size, found.certificates, found.named) == (0, 301, 299, 299)
    assert found.new == {"keyring": 1, "certificate": 299, "pass_list": 1}
    assert found.lists == {EXAM: 299}
    assert [one.exam for one in found.entries] == [None, *[EXAM] * 299, None]
    assert found.alarms == ()


def test_a_later_look_tells_what_is_new_and_keeps_whom_a_list_named_past_its_term(state: Path) -> None:
    """One entry more; the list is no longer shown, and its names still count."""
    found = look(site([*STATEMENTS, PEOPLE[299]], lists={}), state)
    assert [(one.index, one.kind) for one in found.entries] == [(301, "certificate")]
    assert (found.certificates, found.named, found.alarms) == (300, 299, ())
    again = look(site([*STATEMENTS, PEOPLE[299]], lists={}), state)
    assert (again.entries, again.size, again.alarms) == ((), 302, ())


def test_what_was_removed_since_it_was_seen_is_told(state: Path) -> None:
    """An entry of before that the service serves no more, or another in its place, though the tree's tiles stay."""
    for end in (b"", b"other"):
        altered = site([*STATEMENTS, PEOPLE[299]], lists={})
        path = f"/log/tile/{Tile(level=ENTRIES, index=0, width=256).path}"
        altered.files[path] = altered.files[path][: -len(end) - 1] + end
        found = look(altered, state)
        assert [(one.code, one.subject) for one in found.alarms] == [("entries_gone", "0")]
        assert "entries 0 to 255 are not served" in found.alarms[0].told
    assert codes(look(site([*STATEMENTS, PEOPLE[299]], lists={}), state)) == []


def test_of_a_long_log_a_look_reads_some_again_or_all(state: Path) -> None:
    """Drawn by lot, so that nobody knows which."""
    asked = list[str]()
    served = site(lists={})

    def ask(path: str, most: int) -> bytes | None:
        asked.append(path)
        return served.ask(path, most)

    for again, bundles in ((1, 1), (None, 2)):
        asked.clear()
        with Remembered(state) as seen:
            Follower(ask, seen, releases.ROOT_THUMBPRINT, silent, again=again).look("https://verify.example.org")
        assert len([path for path in asked if "/entries/" in path]) == 1 + bundles  # the last is read for what is new


def test_a_size_that_went_back_is_refused_with_both_notes(state: Path) -> None:
    """And nothing of it is taken in: the next look at the right log finds it in order."""
    found = look(site(STATEMENTS[:-1], lists={}), state)
    assert codes(found) == ["size_went_back"]
    assert ["\n301\n" in found.alarms[0].evidence[0], "\n300\n" in found.alarms[0].evidence[1]] == [True, True]
    assert codes(look(site(), state)) == []


def test_a_fork_is_refused(state: Path) -> None:
    """Two signed trees of one size."""
    assert codes(look(site([KEYRING, *PEOPLE[1:300], LIST], lists={}), state)) == ["fork"]


def test_a_rewrite_is_refused(state: Path) -> None:
    """A longer log whose beginning is another, wherever that was changed."""
    for place in (1, 150, 300):
        changed = [*STATEMENTS, PEOPLE[299]]
        changed[place] = releases.certify(900)
        assert codes(look(site(changed, lists={}), state)) == ["rewrite"]


def test_a_stranger_another_log_and_an_altered_note_are_refused(state: Path) -> None:
    """Neither a key that is no log key, nor another's name, nor one changed byte of the note."""
    stranger = Site(STATEMENTS, keyring=KEYRING, lists={}, key=CERTIFICATE)
    assert codes(look(stranger, state)) == ["note_refused"]
    altered = site()
    altered.files["/log/checkpoint"] = altered.files["/log/checkpoint"].replace(b"\n301\n", b"\n302\n")
    assert codes(look(altered, state)) == ["note_refused"]
    gone = site()
    del gone.files["/log/checkpoint"]
    assert codes(look(gone, state)) == ["no_checkpoint"]


def test_a_keyring_that_went_back_or_is_another_is_refused(state: Path) -> None:
    """The chain that was seen is the beginning of every later one."""
    other = ROOT.sign(keyring(expires_at=2_000_000_001).draft(ROOT.kid))
    assert codes(look(site(keyring=other), state)) == ["keyring_differs"]
    foreign = TestKey("another root")
    forged = foreign.sign(keyring((foreign.entry("root"),)).draft(foreign.kid))
    assert codes(look(site(keyring=forged), state)) == ["keyring_refused"]


def test_a_tile_changed_cut_or_lacking_is_named(tmp_path: Path) -> None:
    """By its address; nothing is taken in."""
    bundle, hashes = Tile(level=ENTRIES, index=0, width=256), Tile(level=0, index=1, width=45)
    for path, change, code in (
        (f"/log/tile/{bundle.path}", lambda data: data[:-1], "tile_bad"),
        (f"/log/tile/{hashes.path}", lambda data: bytes([data[0] ^ 1]) + data[1:], "tile_bad"),
        (f"/log/tile/{hashes.path}", lambda _data: None, "tile_lacking"),
    ):
        bad = site()
        data = change(bad.files.pop(path))
        if data is not None:
            bad.files[path] = data
        found = look(bad, tmp_path / "seen")
        assert codes(found) == [code]
        assert found.alarms[0].subject in path
        assert look(bad, tmp_path / "seen").before == 0


def test_a_list_that_is_older_than_one_shown_before_is_told(state: Path) -> None:
    """Whoever takes a revision away shows the one before, which the log has, too."""
    second = final(PEOPLE[:3], revision=2)
    assert codes(look(site([*STATEMENTS, second], lists={EXAM: second}), state)) == []
    assert codes(look(site([*STATEMENTS, second]), state)) == ["list_went_back"]
    assert codes(look(site([*STATEMENTS, second], lists={EXAM: second}), state)) == []


@pytest.mark.parametrize(("until", "alarms"), [("2001-01-01T00:00:00Z", []), ("9001-01-01T00:00:00Z", ["list_hidden"])])
def test_a_list_that_is_not_shown_within_its_term_is_told(state: Path, until: str, alarms: list[str]) -> None:
    """By what the service itself says of its term; past it nothing is amiss."""
    hiding = site(lists={})
    item = {"code": EXAM, "stage": "final", "public_until": until}
    hiding.files["/api/v1/exams"] = json.dumps({"items": [item], "next": None}).encode()
    assert codes(look(hiding, state)) == alarms


def test_a_list_that_the_log_does_not_have_or_that_is_not_believed_is_told(state: Path) -> None:
    """Shown to somebody, and to nobody else; or by a key that may not; or naming certificates that are not logged."""
    unlogged = final(PEOPLE[:3], revision=2)
    assert codes(look(site(lists={EXAM: unlogged}), state)) == ["list_not_logged"]
    ghost = final([*PEOPLE[:2], releases.certify(777)], revision=2)
    found = look(site([*STATEMENTS, ghost], lists={EXAM: ghost}), state)
    assert codes(found) == ["listed_not_logged"]
    assert "the log does not have: 1" in found.alarms[0].told
    forged = final(PEOPLE[:3], revision=3, key=TestKey("nobody"))
    assert codes(look(site([*STATEMENTS, ghost, forged], lists={EXAM: forged}), state)) == ["list_refused"]


def test_a_certificate_whose_hash_begins_with_zeros_is_missed_as_any_other(tmp_path: Path) -> None:
    """One in 256 does: others that come behind it are not taken for it, nor is the last hash of all."""
    with Remembered(tmp_path / "seen") as seen:
        seen.add(0, [b"\x01" + bytes([first]) + bytes(31) for first in (0x00, 0x10, 0xFF)])
        assert [seen.has_short(bytes([first]) + bytes(15)) for first in (0x00, 0x10, 0xFF)] == [True] * 3
        lacking = (b"\0" * 15 + b"\x01", b"\0" + b"\x07" * 15, b"\x10" + b"\x07" * 15, b"\xff" * 16)
        assert [seen.has_short(short) for short in lacking] == [False] * 4


def test_a_list_that_was_filed_again_is_believed_where_it_is(tmp_path: Path) -> None:
    """Somebody who files it once more, when its key is believed no more, changes nothing."""
    key = keyring().key(CERTIFICATE.public)
    assert key is not None
    lost = msgspec.structs.replace(key, state="compromised", believed_below=302)
    second = msgspec.structs.replace(
        keyring(),
        version=2,
        previous=hashlib.sha256(KEYRING).digest(),
        keys=tuple(lost if one.public == key.public else one for one in keyring().keys),
    )
    both = KEYRING + ROOT.sign(second.draft(ROOT.kid))
    again = site([*STATEMENTS, both[len(KEYRING) :], LIST], keyring=both)
    assert codes(look(again, tmp_path / "seen")) == []


@pytest.mark.parametrize(
    "answer",
    [
        b"no json",
        b"[]",
        b'{"items": [{"code": 7, "stage": "final"}]}',
        b'{"items": [{"code": "../x?", "stage": "final"}]}',
        b'{"items": [], "next": ""}',
    ],
)
def test_a_site_whose_exams_make_no_sense_or_no_end_is_refused(state: Path, answer: bytes) -> None:
    """The look ends, with a reason."""
    wrong = site()
    wrong.files["/api/v1/exams"] = answer
    with pytest.raises(Refusal, match="exams"):
        look(wrong, state)


def test_a_state_file_is_whole_or_untouched(tmp_path: Path) -> None:
    """Something else is refused; a look that was killed left the file as it was."""
    (tmp_path / "other").write_text("no database\n" * 100)
    with pytest.raises(Refusal, match="not a monitor's file"):
        Remembered(tmp_path / "other")
    killed = site()

    def ask(path: str, most: int) -> bytes | None:
        if path.endswith("pass-list.cbor"):
            raise KeyboardInterrupt
        return killed.ask(path, most)

    with Remembered(tmp_path / "seen") as seen, pytest.raises(KeyboardInterrupt):
        Follower(ask, seen, releases.ROOT_THUMBPRINT, silent).look("https://verify.example.org")
    found = look(site(), tmp_path / "seen")
    assert (found.before, found.size, found.alarms) == (0, 301, ())


def test_every_alarm_says_what_to_do() -> None:
    """In words, with the subject's own."""
    for code in _words():
        made = alarm(code, "7", reason="x", before=9, count=2, stop=8)
        assert made.told
        assert made.todo
        assert "{" not in made.told


def test_exams_that_are_no_json_are_a_refusal_and_no_fault(state: Path) -> None:
    """A text that is no UTF-8 is told as anything else is that no service gives."""
    at = site()
    at.files["/api/v1/exams"] = b'{"items": [], "next": "\xff"}'
    with pytest.raises(Refusal, match="not the exams that a service gives"):
        look(at, state)


def test_pages_of_exams_without_end_are_told(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However a service names them: each page has another cursor."""
    at = site()
    asked: list[str] = []

    def ask(path: str, most: int) -> bytes | None:
        if not path.startswith("/api/v1/exams?") and path != "/api/v1/exams":
            return Site.ask(at, path, most)
        asked.append(path)
        return json.dumps({"items": [], "next": f"page {len(asked)}"}).encode()

    monkeypatch.setattr(at, "ask", ask)
    monkeypatch.setattr(following, "_MOST_PAGES", 5)
    with pytest.raises(Refusal, match="no end"):
        look(at, state)
    assert len(asked) == 6


def test_a_file_that_cannot_be_made_is_a_refusal(tmp_path: Path) -> None:
    """In a folder that is not there; and where a folder stands in its place."""
    for path in (tmp_path / "nowhere" / "seen", tmp_path):
        with pytest.raises(Refusal, match=path.name):
            Remembered(path)


def test_the_first_look_at_a_long_log_tells_some_entries_and_how_many_more(capsys: pytest.CaptureFixture[str]) -> None:
    """And all of them where they are asked for; an hour's look from cron is a screen."""
    entries = tuple(Entry(index=index, kind="certificate", digest="00") for index in range(25))
    found = Look(
        size=25, before=0, new={"certificate": 25}, entries=entries, lists={}, certificates=25, named=0, alarms=()
    )
    monitor._say(found, 20)
    said = capsys.readouterr().out
    assert "New in the log, certificate: 25." in said
    assert said.count("  certificate  ") == 20
    assert "and 5 more; --all or --json shows them" in said
    monitor._say(found, None)
    assert capsys.readouterr().out.count("  certificate  ") == 25
