"""A lost or damaged ledger put back from a backup, or made anew from the releases: the old one or the new, never none.

The new ledger is made whole beside the old one, completed from the releases and from what the old one still tells,
and takes its place in one step.
"""

import contextlib
import datetime
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from keys.folder import KeyFolder
from signing.centre.room import Room
from signing.ledger import backup, ledger_file, opening
from signing.ledger.book import Ledger
from signing.ledger.ledger_file import Origin
from signing.ledger.values import Event, Given, Objection
from signing.messages import _
from signing.release import rebuild
from signing.release.rebuild import Unexplained
from verify.shared import whole_files
from verify.shared.command import Refusal
from verify.shared.progress import Progress, silent


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger that was put back, rebuilt or completed."""

    added: tuple[str, ...]
    """Releases that it lacked."""
    aside: Path | None
    """Where the ledger before is kept."""
    missing: tuple[str, ...]
    """Releases that the ledger before knew and that are not here."""
    unexplained: tuple[Unexplained, ...]


class _Before(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger in place knows that neither a backup nor a release may."""

    objections: Sequence[Objection]
    given: Sequence[Given]
    releases: Sequence[str]
    events: Sequence[Event]
    published: Mapping[str, int]
    withdrawn: Mapping[str, int]


def restore(room: Room, keys: KeyFolder, file: Path, now: int, progress: Progress = silent) -> Restored:
    """Puts the backup ``file`` in the ledger's place, completed from releases and ledger before. Raises Refusal."""
    backup.check(file, keys.root)
    with progress(_("Reading the releases")), _replacing(room, keys, now) as (draft, before, aside):
        draft.write_bytes(file.read_bytes())
        with Ledger(draft) as book:
            added = rebuild.rebuild(book, room.releases, keys.chain())
            book.add_event(now, "restored", room.ledger_path.name, file.name)  # a file may be named for somebody
            missing = _take_over(before, book) if before is not None else []
            unexplained = rebuild.unexplained(book)
    return Restored(added=tuple(added), aside=aside, missing=tuple(missing), unexplained=tuple(unexplained))


def rebuild_(room: Room, keys: KeyFolder, now: int, progress: Progress = silent) -> Restored:
    """Adds to the ledger what it lacks of the releases; makes it from them where there is none. Raises Refusal."""
    chain = keys.chain()
    if ledger_file.is_there(room.ledger_path):
        with progress(_("Reading the releases")), room.ledger(now, keys, complete=False) as book:
            added = rebuild.rebuild(book, room.releases, chain)
            if added:
                book.add_event(now, "rebuilt", ", ".join(added))
            unexplained = rebuild.unexplained(book) if added else []
        return Restored(added=tuple(added), aside=None, missing=(), unexplained=tuple(unexplained))
    with progress(_("Reading the releases")), _replacing(room, keys, now) as (draft, _before, aside):
        ledger_file.make_draft(draft, Origin(root=keys.root, begun_at=now))
        with Ledger(draft) as book:
            added = rebuild.rebuild(book, room.releases, chain)
            if not added:
                text = _("There is no release in {}, and a ledger is rebuilt from nothing else: bring them first.")
                raise Refusal(text.format(room.releases))
            book.add_event(now, "rebuilt", ", ".join(added))
            unexplained = rebuild.unexplained(book)
    return Restored(added=tuple(added), aside=aside, missing=(), unexplained=tuple(unexplained))


@contextlib.contextmanager
def _replacing(room: Room, keys: KeyFolder, now: int) -> Iterator[tuple[Path, _Before | None, Path | None]]:
    """A draft of the next ledger, what the one in place knows, and where it is kept; the draft takes its place then."""
    target = room.ledger_path
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = Ledger.lock(target)
    aside = None
    try:
        for left in target.parent.glob(f".{target.name}.*"):  # of a command that was killed
            left.unlink(missing_ok=True)
        aside = _keep_aside(target, now)
        before = _known(target)
        with whole_files.whole(target, durable=True) as draft:
            yield draft, before, aside
            opening.mark(keys, now)
            # A journal of the ledger before would be played back into the new one.
            _journal(target).unlink(missing_ok=True)
            whole_files.to_disk(target.parent)
    except BaseException:
        for copy in () if aside is None else (aside, _journal(aside)):
            copy.unlink(missing_ok=True)
        raise
    finally:
        lock.release()


def _journal(ledger: Path) -> Path:
    """Where SQLite keeps what an interrupted command had written over."""
    return ledger.with_name(f"{ledger.name}-journal")


def _known(path: Path) -> _Before | None:
    """What the ledger at ``path`` knows; None where it is not there or cannot be read, which is why somebody restores.

    Opening it also plays back what an interrupted command left in its journal.
    """
    try:
        with Ledger(path) as before:
            return _Before(
                objections=before.objections(),
                given=before.all_given(),
                releases=[job.release for job in before.jobs() if job.digest is not None and job.withdrawn_at is None],
                events=before.events(),
                published={job.release: job.published_at for job in before.jobs() if job.published_at is not None},
                withdrawn={job.release: job.withdrawn_at for job in before.jobs() if job.withdrawn_at is not None},
            )
    except Refusal:
        return None


def _take_over(before: _Before, book: Ledger) -> list[str]:
    """Adds what only the ledger before knew; the releases that it knew and that are lost here."""
    known, happened = book.objections(), set(book.events())
    book.add_objections([found for found in before.objections if found not in known])
    with book.transaction():
        # A number stays given, to the same person, though the release that bears it is lost.
        free = [one for one in before.given if book.given(one.number) is None]
        book.give(msgspec.structs.replace(one, job=None, statement=None) for one in _replaced_first(free))
    for event in before.events:
        if event not in happened:
            book.add_event(event.at, event.what, event.subject, event.reason)
    with book.transaction():
        for job in book.jobs():
            if job.release in before.withdrawn and job.withdrawn_at is None:
                book.withdraw(job.id, before.withdrawn[job.release])
    for release, at in before.published.items():
        book.mark_published(release, at)
    there = {job.release for job in book.jobs()}
    return [release for release in before.releases if release not in there]


def _replaced_first(given: Sequence[Given]) -> list[Given]:
    """In an order in which what replaces a certificate comes after it."""
    left = {one.number: one for one in given}
    ordered: list[Given] = []
    while left:
        ordered += [left.pop(one.number) for one in [*left.values()] if one.replaces not in left]
    return ordered


def _keep_aside(target: Path, now: int) -> Path | None:
    """A copy of the ledger that is in place, on disk, as it is: opening it may change it."""
    if not target.exists():
        return None
    stamp = datetime.datetime.fromtimestamp(now, datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = target.with_name(f"{target.name}.before-{stamp}")
    for source, copy in ((target, aside), (_journal(target), _journal(aside))):
        if source.exists():
            shutil.copyfile(source, copy)
            copy.chmod(0o600)
            whole_files.to_disk(copy)
    return aside
