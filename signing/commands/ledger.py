"""``yinjian-sign ledger``: copies of the ledger, and whether it agrees with what is published."""

import datetime
from collections.abc import Sequence
from pathlib import Path

import click

from signing.centre.calendar import local_text
from signing.centre.room import Room, now
from signing.commands import options
from signing.commands.publish import database_url
from signing.ledger import backup, journal, rebuild
from signing.ledger.book import Ledger
from signing.ledger.rebuild import Unexplained
from signing.messages import _
from verify.shared import command
from verify.shared.command import Refusal


@click.group(help=_("Copies of the centre's ledger, and whether it agrees with the registry."))
def ledger() -> None:
    """``yinjian-sign ledger``."""


@ledger.command("backup", help=_("Copy the ledger to FILE, which must not be there yet."))
@click.argument("file", type=click.Path(path_type=Path))
@options.centre
def make_backup(file: Path, centre_file: Path) -> None:
    """``yinjian-sign ledger backup FILE``."""
    with Room.open(centre_file).ledger() as book:
        backup.backup(book, file)
    click.echo(_("The ledger is copied to {}.").format(file))


@ledger.command(
    "restore",
    help=_("Put a backup in the ledger's place and complete it from the releases; the old ledger is kept beside it."),
)
@click.argument("file", type=click.Path(path_type=Path))
@options.centre
@options.keys
def restore(file: Path, centre_file: Path, keys_dir: Path | None) -> None:
    """``yinjian-sign ledger restore FILE``."""
    room = Room.open(centre_file, keys_dir)
    chain = room.keys().chain()
    target = room.folder / room.centre.paths.ledger
    backup.check(file)
    stamp = datetime.datetime.fromtimestamp(now(), datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    target.parent.mkdir(parents=True, exist_ok=True)
    with Ledger.lock(target):
        aside = backup.put_back(file, target, stamp)
    with room.ledger() as book, command.working(_("Reading the releases")):
        added = rebuild.rebuild(book, room.releases, chain)
        book.add_event(now(), "restored", file.name)
        missing = _take_over(aside, book)
        unexplained = rebuild.unexplained(book)
    click.echo(_("The ledger is {}; {} releases were added to it.").format(file.name, len(added)))
    if aside is not None:
        click.echo(_("The one before is kept as {}.").format(aside))
    say_unexplained(unexplained)
    if missing:
        names = ", ".join(missing)
        raise Refusal(
            _("The old ledger knew releases that are lost here: {}. Bring them, then run rebuild.").format(names)
        )


def _take_over(aside: Path | None, book: Ledger) -> list[str]:
    """Takes over the objections that the ledger before knew; the releases that it knew and this one does not."""
    if aside is None:
        return []
    try:
        with Ledger(aside) as before:
            known = book.objections()
            book.add_objections([found for found in before.objections() if found not in known])
            return rebuild.lost(before, book.jobs())
    except Refusal:
        return []  # the old one could not be read, which is why somebody restores


@ledger.command("rebuild", help=_("Add to the ledger what it lacks of the releases in the releases folder."))
@options.centre
@options.keys
def rebuild_(centre_file: Path, keys_dir: Path | None) -> None:
    """``yinjian-sign ledger rebuild``."""
    room = Room.open(centre_file, keys_dir)
    chain = room.keys().chain()
    with room.ledger() as book, command.working(_("Reading the releases")):
        added = rebuild.rebuild(book, room.releases, chain)
        if added:
            book.add_event(now(), "rebuilt", ", ".join(added))
        unexplained = rebuild.unexplained(book) if added else []
    for name in added:
        click.echo(name)
    click.echo(_("{} releases were added to the ledger.").format(len(added)))
    say_unexplained(unexplained)


def say_unexplained(unexplained: Sequence[Unexplained]) -> None:
    """What no release holds, and how to record it again."""
    if unexplained:
        click.echo(
            _("No release says what objections came to, nor why a row was struck out. To record it again:"), err=True
        )
    for notice in unexplained:
        term = notice.exam.partition("-")[2]
        text = _(
            "{}: `yinjian-sign announce BOOK --exam {}` with the workbook of the notice, which is the same release "
            "again; then `yinjian-sign objections {} --strike NUMBER=REASON`."
        )
        click.echo(text.format(notice.exam, term, notice.exam), err=True)
        if notice.missing:
            text = _("{}: the final list lacks these numbers of the notice: {}.")
            click.echo(text.format(notice.exam, ", ".join(map(str, notice.missing))), err=True)


@ledger.command("history", help=_("Everything that was recorded, with its reasons, the oldest first."))
@options.centre
@options.as_json
def history(centre_file: Path, as_json: bool) -> None:
    """``yinjian-sign ledger history``."""
    with Room.open(centre_file).ledger() as book:
        recorded = journal.entries(book)
    if as_json:
        command.print_json(recorded)
    else:
        for entry in recorded:
            click.echo(f"{local_text(entry.at)}  {entry}")


@ledger.command("check", help=_("Compare the ledger with the registry; exit code 1 where they contradict each other."))
@options.centre
@options.as_json
def check(centre_file: Path, as_json: bool) -> int:
    """``yinjian-sign ledger check``."""
    from signing.ledger import compare

    with Room.open(centre_file).ledger() as book, command.working(_("Comparing with the registry")):
        registry = compare.registered(database_url())
        found = compare.differences(book, registry)
    if as_json:
        command.print_json([{"kind": difference.kind, "subject": difference.subject} for difference in found])
    else:
        for difference in found:
            click.echo(str(difference))
        if not found:
            click.echo(_("The ledger and the registry agree."))
    return 1 if any(difference.is_fault for difference in found) else 0
