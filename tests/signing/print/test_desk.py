"""Printing in the signing room: what the ledger remembers, and what the commands say."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
from PIL import Image

from examples import make_workbook
from signing.__main__ import commands
from signing.centre.room import Session
from signing.ledger.book import Ledger
from signing.ledger.values import RecordedChange
from signing.print import desk as desks
from signing.print import fonts
from signing.print.desk import Desk
from signing.print.photos import PhotoRefused
from signing.steps import printing
from signing.steps.making import drawing_up as issuing
from signing.workbook import judging
from tests import signing_room
from tests.paper import text
from tests.signing_room import NOW, Place
from verify.core.changes import Action
from verify.shared.command import Refusal

TERM = "2022-04"
EXAM = f"CAM-{TERM}"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A room where the demo's exams are issued."""
    place = signing_room.make(tmp_path_factory.mktemp("centre"))
    make_workbook.write(place.folder / "book.xlsx")
    session = place.session()
    with session.ledger:
        judged = judging.read(place.folder / "book.xlsx", session.room.centre, {})
        issuing.issue(session, judged, TERM, "test")
    return place


@pytest.fixture
def session(issued: Place, tmp_path: Path) -> Iterator[Session]:
    """A command at work in a copy of that room."""
    opened = issued.copy(tmp_path / "centre").session(NOW + 100)
    with opened.ledger:
        yield opened


def desk_of(session: Session, now: int = NOW + 100) -> Desk:
    """Where that command prints."""
    return msgspec.structs.replace(Desk.of(session), now=now)


def events(session: Session) -> list[tuple[str, str, int]]:
    """What the ledger says of printing."""
    rows = session.ledger.db.execute("SELECT what, subject, at FROM event ORDER BY id")
    return [(row[0], row[1], row[2]) for row in rows if row[0] in ("printed", "reprinted", "labelled")]


def test_printed_once_and_again(session: Session) -> None:
    """Printing is recorded; printing again wants to be asked for, marks nothing on the paper, and is recorded too."""
    desk = desk_of(session)
    wanted = printing.of_exam(session.ledger, EXAM)[:2]
    numbers = [one.number for one in wanted]
    sources = desks.printables(session.ledger, wanted)
    made = desks.print_certificates(desk, sources, numbers)
    first = [path.read_bytes() for path in made.files]
    assert wanted[0].holder in text(first[0]).replace("\r\n", "")
    assert printing.unprinted(session.ledger, wanted) == []
    before = printing.printed_before(session.ledger, batch=False)
    with pytest.raises(Refusal, match=numbers[0]):
        printing.refuse(session.ledger, wanted, before, even_revoked=False)
    printing.refuse(session.ledger, wanted, {}, even_revoked=False)
    left, said = printing.sift(session.ledger, printing.of_exam(session.ledger, EXAM), before, even_revoked=False)
    assert len(left) == len(printing.of_exam(session.ledger, EXAM)) - 2
    assert said[0].startswith("2 ")
    later = desk_of(session, NOW + 9000)
    again = desks.print_certificates(later, sources[:1], numbers[:1])
    assert again.files[0].read_bytes() == first[0]
    assert events(session) == [
        *(("printed", number, NOW + 100) for number in numbers),
        ("reprinted", numbers[0], NOW + 9000),
    ]


def test_nothing_unrecorded_is_left(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the ledger cannot record it, no certificate is left in the folder."""
    desk = desk_of(session)
    wanted = printing.of_exam(session.ledger, EXAM)[:1]

    def refuse(*_arguments: object) -> None:
        raise Refusal("disk full")

    monkeypatch.setattr(Ledger, "note", refuse)
    with pytest.raises(Refusal, match="disk full"):
        desks.print_certificates(desk, desks.printables(session.ledger, wanted), [wanted[0].number])
    assert list(session.room.certificates.iterdir()) == []


def test_order_is_the_list_s(session: Session) -> None:
    """An exam is printed in the order of its final list, not of its numbers."""
    rows = session.ledger.list_rows(EXAM, session.ledger.newest_list(EXAM, "final").revision)  # type: ignore[union-attr]  # it is there
    assert [one.number for one in printing.of_exam(session.ledger, EXAM)] == [row.number for row in rows]


@pytest.mark.parametrize(
    ("actions", "refused"),
    [(["revoked"], True), (["suspended"], True), (["suspended", "reinstated"], False), (["replaced"], True)],
)
def test_not_in_force(actions: list[Action], refused: bool, session: Session) -> None:
    """A certificate that was revoked, replaced or suspended since is not printed unless told so."""
    one = printing.of_exam(session.ledger, EXAM)[0]
    with session.ledger.transaction():
        for action in actions:
            change = RecordedChange(
                number=one.number, kid=one.kid, action=action, effective_at=NOW, reason="other",
                replacement=None, note=None, job=one.job or 0,
            )  # fmt: skip
            session.ledger.add_change(change)
    everybody = printing.of_exam(session.ledger, EXAM)
    left, said = printing.sift(session.ledger, everybody, {}, even_revoked=False)
    assert left == everybody[refused:]
    assert [one.number in line for line in said] == [True] * refused
    printing.refuse(session.ledger, [one], {}, even_revoked=True)
    if not refused:
        printing.refuse(session.ledger, [one], {}, even_revoked=False)
        return
    with pytest.raises(Refusal, match=f"{one.number} .{actions[-1]}.*--even-revoked"):
        printing.refuse(session.ledger, [one], {}, even_revoked=False)


def test_numbers_never_issued(session: Session) -> None:
    """A number that was never issued here is refused by name."""
    with pytest.raises(Refusal, match="CEM2204999999X"):
        printing.given(session.ledger, ["CEM2204999999X"])
    with pytest.raises(Refusal, match="CEM-2099-01"):
        printing.of_exam(session.ledger, "CEM-2099-01")


def test_photos_by_number_or_admission(session: Session, tmp_path: Path) -> None:
    """Photos are found by number or by 准考证号; those missing are named, all at once, unless that is said to do."""
    wanted = printing.of_exam(session.ledger, EXAM)[:3]
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in (wanted[0].number, "22040001"):
        Image.new("RGB", (413, 579), "red").save(folder / f"{name}.jpg")
    named = {wanted[1].lookup_key: "22040001"}
    with pytest.raises(PhotoRefused, match=wanted[2].number) as caught:
        desks.printables(session.ledger, wanted, folder, named)
    assert wanted[1].number not in str(caught.value)
    found = desks.printables(session.ledger, wanted, folder, named, some_missing=True)
    assert [source.photo and source.photo.stem for source in found] == [wanted[0].number, "22040001", None]
    with pytest.raises(PhotoRefused, match="nowhere"):
        desks.printables(session.ledger, wanted, tmp_path / "nowhere")


def test_announcement_beside_its_release(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """A release's lists are announced beside it; without fonts there is the DOCX, and a word of what to install."""
    release = next(session.room.releases.glob("*-final-1.release"))
    made = desks.announce(desk_of(session), release)
    assert [path.suffix for path in made.files] == [".pdf", ".docx"]
    assert made.lacking is None
    for path in made.files:
        path.unlink()
    monkeypatch.setattr(fonts, "_installed", dict)
    made = desks.announce(desk_of(session), release)
    assert [path.suffix for path in made.files] == [".docx"]
    assert made.lacking is not None
    assert "fonts-noto-cjk" in made.lacking


def test_the_command(issued: Place, tmp_path: Path) -> None:
    """``print`` makes a file for each number, however it is typed, says which font it took, and does so once."""
    place = issued.copy(tmp_path / "centre")
    number = "CAM22040000028"
    printed = place.run("print", "cam 2204 000002-8", "--json")
    assert printed.returncode == 0, printed.stderr
    answer = json.loads(printed.stdout)
    assert answer["numbers"] == [number]
    assert answer["files"] == [str(place.folder / "certificates" / f"{number}.pdf")]
    assert answer["fonts"]
    again = place.run("print", number)
    assert again.returncode == 1
    assert "--reprint" in again.stderr
    assert place.run("print", number, "--reprint", "--batch", "a.pdf").returncode == 0
    assert (place.folder / "a.pdf").is_file()


def test_usage(tmp_path: Path) -> None:
    """What contradicts itself is wrong usage, and a template of somebody's is never overwritten."""
    for arguments in ([], ["CEM1", "--exam", EXAM], ["CEM1", "--batch", "a.pdf", "--labels", "b.pdf"]):
        with pytest.raises(click.UsageError):
            commands.main(["print", *arguments], standalone_mode=False)
    own = tmp_path / "own.typ"
    commands.main(["paper-template", "certificate", str(own)], standalone_mode=False)
    assert "sys.inputs.data" in own.read_text("utf-8")
    with pytest.raises(Refusal):
        commands.main(["paper-template", "labels", str(own)], standalone_mode=False)
