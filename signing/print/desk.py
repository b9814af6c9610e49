"""Printing in the signing room: which certificates, with which photos, and what the ledger says of it.

Nothing is in the certificates folder that the ledger does not know of: the files are made aside, the printing is
recorded, and then they are put in their places.
"""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import msgspec

from signing.centre.calendar import local_text
from signing.centre.room import Room, Session
from signing.ledger.book import Ledger
from signing.ledger.values import Given
from signing.messages import _
from signing.print import announcement, announcement_docx, labels, photos, press, printed
from signing.print.fonts import FontMissing
from signing.print.paper import Printable, Words
from signing.print.photos import PhotoRefused
from signing.workbook.cells import written
from signing.workbook.judging import Judged
from verify.core import identity
from verify.core.keyring import Keyring
from verify.core.pass_list import PassList
from verify.shared import whole_files
from verify.shared.command import Refusal, progress

_SHOWN = 10


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """What a printing job did."""

    files: tuple[Path, ...]
    numbers: tuple[str, ...]
    fonts: tuple[str, ...]
    """Families and their files."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Where printing is done: the room, its open ledger, the keyring in force, and the time."""

    room: Room
    ledger: Ledger
    keyring: Keyring
    now: int

    @property
    def site(self) -> str:
        """The address of the public service."""
        return self.room.centre.query_url.rstrip("/")

    @property
    def words(self) -> Words:
        """What every certificate of the centre says alike."""
        centre = self.room.centre
        return Words(keyring=self.keyring, settings=centre.printing, host=centre.host, address=self.site)


def given(ledger: Ledger, numbers: Sequence[str]) -> list[Given]:
    """The issued certificates of these numbers. Raises Refusal where one was never issued."""
    found = []
    for number in numbers:
        one = ledger.given(number)
        if one is None or one.statement is None:
            raise Refusal(_("No certificate {} was issued here.").format(number))
        found.append(one)
    return found


def of_exam(ledger: Ledger, exam: str) -> list[Given]:
    """Everybody's on the exam's final list, in its order. Raises Refusal where there is none."""
    head = ledger.newest_list(exam, "final")
    if head is None:
        raise Refusal(_("The exam {} has no final list.").format(exam))
    rows = ledger.list_rows(exam, head.revision)
    return given(ledger, [row.number for row in rows if row.number is not None])


def unprinted(ledger: Ledger, certificates: Sequence[Given]) -> list[Given]:
    """Those of ``certificates`` that were never printed."""
    before = printed.printed(ledger)
    return [one for one in certificates if one.number not in before]


def refuse(ledger: Ledger, certificates: Sequence[Given], *, again: bool, even_revoked: bool) -> None:
    """Raises Refusal where one of these is not in force, or was printed before, unless that was asked for."""
    standing = {} if even_revoked else printed.not_in_force(ledger)
    bad = [f"{one.number} ({standing[one.number]})" for one in certificates if one.number in standing]
    if bad:
        raise Refusal(_("Not in force: {}. --even-revoked prints them all the same.").format(_some(bad)))
    before = {} if again else printed.printed(ledger)
    twice = [f"{one.number} ({local_text(before[one.number])})" for one in certificates if one.number in before]
    if twice:
        raise Refusal(_("Printed before: {}. --reprint prints again, and records it.").format(_some(twice)))


def sift(
    ledger: Ledger, certificates: Sequence[Given], *, again: bool, even_revoked: bool
) -> tuple[list[Given], list[str]]:
    """Those of an exam that are to be printed, and what is to be said of the others."""
    standing = {} if even_revoked else printed.not_in_force(ledger)
    bad = [one.number for one in certificates if one.number in standing]
    before = {} if again else printed.printed(ledger)
    left = [one for one in certificates if one.number not in standing]
    twice = [one for one in left if one.number in before]
    said = []
    if bad:
        said.append(_("Not in force, and not printed: {}.").format(_some(bad)))
    if twice:
        text = _("{} were printed before; `yinjian-sign print --reprint` prints again.")
        said.append(text.format(len(twice)))
    return [one for one in left if one.number not in before], said


def admissions(session: Session, judged: Judged) -> dict[bytes, str]:
    """The workbook's 准考证号, by which photos may be named, by lookup key."""
    values = {number: row.get("admission") for number, row in judged.table.rows()}
    found: dict[bytes, str] = {}
    secrets = session.unlocked.secrets
    for one in judged.candidates:
        if text := written(values.get(one.row)):
            for secret in secrets:
                found[identity.lookup_key(secret, one.name, one.id_type, one.id_key)] = text
    return found


def printables(
    ledger: Ledger,
    certificates: Sequence[Given],
    folder: Path | None = None,
    named: Mapping[bytes, str] | None = None,
    *,
    some_missing: bool = False,
) -> list[Printable]:
    """The certificates as they go to press, with photos from ``folder`` where it is given.

    A photo is named by number or by admission number (``named``, by lookup key). Raises PhotoRefused that names
    what is missing, but with ``some_missing`` only for photos that are there and cannot be told apart or printed.
    """
    if folder is not None and not folder.is_dir():
        raise PhotoRefused(_("There is no folder {}.").format(folder))
    files = {} if folder is None else photos.listed(folder)
    held: dict[str, str] = {}
    found: list[Printable] = []
    missing: list[str] = []
    for one in certificates:
        if one.exam not in held:
            head = ledger.newest_list(one.exam, "final")
            if head is None:
                raise Refusal(_("The exam {} has no final list.").format(one.exam))
            held[one.exam] = msgspec.json.decode(head.head, type=PassList).held_on
        photo = None
        if folder is not None:
            photo = photos.find(files, [one.number, (named or {}).get(one.lookup_key, "")])
            if photo is None:
                missing.append(one.number)
        found.append(Printable(statement=one.statement or b"", held_on=held[one.exam], photo=photo))
    if missing and not some_missing:
        raise PhotoRefused(
            _("{} photos are missing in {}, for: {}. --some-photos prints without them.").format(
                len(missing), folder, _some(missing)
            )
        )
    return found


def print_certificates(
    desk: Desk,
    sources: Sequence[Printable],
    numbers: Sequence[str],
    batch: Path | None = None,
) -> Printed:
    """Prints to the certificates folder, one file each, or to ``batch``, and records it. Raises Refusal."""
    plan, fonts = press.plan(desk.words, desk.room.folder, sources)
    place = desk.room.certificates if batch is None else batch.absolute().parent
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".printing-", dir=place) as aside:
        with progress(_("Printing"), len(sources)) as advance:
            if batch is None:
                press.print_each(plan, sources, Path(aside), advance)
                files = [place / f"{number}.pdf" for number in numbers]
            else:
                press.print_batch(plan, sources, Path(aside) / batch.name, advance)
                files = [batch]
        _record(desk, numbers)
        for file in files:
            (Path(aside) / file.name).replace(file)
    return Printed(files=tuple(files), numbers=tuple(numbers), fonts=tuple(fonts))


def _record(desk: Desk, numbers: Sequence[str]) -> None:
    before = printed.printed(desk.ledger)
    printed.record(desk.ledger, "printed", [number for number in numbers if number not in before], desk.now)
    printed.record(desk.ledger, "reprinted", [number for number in numbers if number in before], desk.now)


def print_labels(
    desk: Desk,
    sources: Sequence[Printable],
    numbers: Sequence[str],
    path: Path,
) -> Printed:
    """Prints a sheet of labels and records it. Raises Refusal."""
    sheet = labels.pdf(sources, desk.words, desk.room.folder)
    printed.record(desk.ledger, "labelled", numbers, desk.now)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole_files.write(path, sheet)
    return Printed(files=(path,), numbers=tuple(numbers), fonts=())


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """The papers of an announcement."""

    files: tuple[Path, ...]
    lacking: str | None
    """Why there is no PDF, where fonts are missing: the release is made all the same, and so is the DOCX."""


def announce(desk: Desk, release: Path) -> Announced:
    """Writes the announcement of a release's lists beside it, as DOCX and PDF. Raises Refusal."""
    settings, folder = desk.room.centre.printing, desk.room.folder
    paper = announcement.compose(announcement.lists_of(release), desk.keyring, settings, desk.site)
    editable, printable = release.with_suffix(".docx"), release.with_suffix(".pdf")
    whole_files.write(editable, announcement_docx.docx(paper))
    try:
        whole_files.write(printable, announcement.pdf(paper, settings, folder))
    except FontMissing as missing:
        return Announced(files=(editable,), lacking=str(missing))
    return Announced(files=(printable, editable), lacking=None)


def say(made: Printed) -> None:
    """Tells people what was printed, and with which fonts."""
    if made.fonts:
        click.echo(_("Fonts: {}.").format(", ".join(made.fonts)))
    where = made.files[0] if len(made.files) == 1 else made.files[0].parent
    click.echo(_("{} certificates printed: {}").format(len(made.numbers), where))


def _some(items: Sequence[str]) -> str:
    more = _(" and {} more").format(len(items) - _SHOWN) if len(items) > _SHOWN else ""
    return ", ".join(items[:_SHOWN]) + more
