"""Papers made in the signing room: certificates, labels and announcements, and what the ledger is told of them.

Nothing is in the certificates folder that the ledger does not know of: the files are made aside, the printing is
recorded, and then they are put in their places.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from signing.centre.room import Room, Session
from signing.ledger.book import Ledger
from signing.ledger.events import Printing
from signing.ledger.values import Given
from signing.messages import _
from signing.print import announcement, announcement_docx, labels, photos, press, printed
from signing.print.fonts import FontMissing
from signing.print.paper import Printable, Words
from signing.print.photos import PhotoRefused
from verify.core.keyring import Keyring
from verify.shared import whole_files
from verify.shared.command import Refusal, joined
from verify.shared.progress import Progress

SHOWN: Final = 10


def some(items: Sequence[str]) -> str:
    """The first of ``items`` and how many more there are, for a message."""
    more = _(" and {} more").format(len(items) - SHOWN) if len(items) > SHOWN else ""
    return joined(items[:SHOWN]) + more


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
    progress: Progress

    @classmethod
    def of(cls, session: Session) -> Self:
        """The desk of a command at work with the keys."""
        keyring = session.unlocked.chain.newest
        return cls(
            room=session.room, ledger=session.ledger, keyring=keyring, now=session.now, progress=session.progress
        )

    @property
    def site(self) -> str:
        """The address of the public service."""
        return self.room.centre.query_url.rstrip("/")

    @property
    def words(self) -> Words:
        """What every certificate of the centre says alike."""
        centre = self.room.centre
        return Words(
            keyring=self.keyring,
            settings=centre.printing,
            host=centre.host,
            scheme=centre.scheme,
            address=self.site,
        )


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
    files = {} if folder is None else photos.listed(folder)
    held: dict[str, str] = {}
    found: list[Printable] = []
    missing: list[str] = []
    for one in certificates:
        if one.exam not in held:
            head = ledger.newest_list(one.exam, "final")
            if head is None:
                raise Refusal(_("The exam {} has no final list.").format(one.exam))
            held[one.exam] = head.made.held_on
        photo = None
        if folder is not None:
            photo = photos.find(files, [one.number, (named or {}).get(one.lookup_key, "")])
            if photo is None:
                missing.append(one.number)
        found.append(Printable(statement=one.statement or b"", held_on=held[one.exam], photo=photo))
    if missing and not some_missing:
        raise PhotoRefused(
            _("Photos that are missing: {}, in {}, for: {}. --some-photos prints without them.").format(
                len(missing), folder, some(missing)
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
    with whole_files.aside(place / "printing" if batch is None else batch.absolute()) as aside:
        with desk.progress(_("Printing"), len(sources)) as advance:
            if batch is None:
                press.print_each(plan, sources, aside, advance)
                files = [place / f"{number}.pdf" for number in numbers]
            else:
                press.print_batch(plan, sources, aside / batch.name, advance)
                files = [batch]
        _record(desk, numbers, batch=batch is not None)
        for file in files:
            (aside / file.name).replace(file)
    return Printed(files=tuple(files), numbers=tuple(numbers), fonts=tuple(fonts))


def _record(desk: Desk, numbers: Sequence[str], *, batch: bool) -> None:
    """Notes the printing for ever: a paper of its own after one file for the printer is the first of its kind."""
    before = printed.printed(desk.ledger) if batch else printed.single(desk.ledger)
    kind: Printing = "in_batch" if batch else "printed"
    with desk.ledger.transaction():
        desk.ledger.note(desk.now, kind, [number for number in numbers if number not in before])
        desk.ledger.note(desk.now, "reprinted", [number for number in numbers if number in before])


def print_labels(
    desk: Desk,
    sources: Sequence[Printable],
    numbers: Sequence[str],
    path: Path,
) -> Printed:
    """Prints a sheet of labels and records it. Raises Refusal."""
    sheet = labels.pdf(sources, desk.words, desk.room.folder)
    with desk.ledger.transaction():
        desk.ledger.note(desk.now, "labelled", numbers)
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
