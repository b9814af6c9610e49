"""``yinjian-sign ledger``: copies of the ledger, and whether it agrees with what is published."""

from collections.abc import Sequence
from pathlib import Path

import click

from signing.centre.room import Room, now
from signing.commands import options
from signing.ledger import backup, journal
from signing.messages import _
from signing.release.rebuild import Unexplained
from signing.steps import restore as restoring
from verify.core import exam_code
from verify.core.china_time import local_text
from verify.shared import command
from verify.shared.command import Refusal, joined
from verify.shared.progress import shown


@click.group(help=_("Copies of the centre's ledger, and whether it agrees with the registry."))
def ledger() -> None:
    """``yinjian-sign ledger``."""


@click.command("init", help=_("Begin the ledger: the memory of every number given, where there never was one."))
@options.centre
@options.keys
def begin(centre_file: Path, keys_dir: Path | None) -> None:
    """``yinjian-sign init``."""
    room = Room.open(centre_file, keys_dir)
    with options.opened(room, room.keys()) as book:
        click.echo(_("The ledger {} is here since {}.").format(book.path, local_text(book.origin.begun_at)))


@ledger.command("backup", help=_("Copy the ledger to FILE, which must not be there yet."))
@click.argument("file", type=click.Path(path_type=Path))
@options.centre
def make_backup(file: Path, centre_file: Path) -> None:
    """``yinjian-sign ledger backup FILE``."""
    with options.opened(Room.open(centre_file), complete=False) as book:
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
    done = restoring.restore(room, room.keys(), file, now(), shown)
    click.echo(_("The ledger is {}; releases added to it: {}.").format(file.name, len(done.added)))
    if done.aside is not None:
        click.echo(_("The one before is kept as {}.").format(done.aside))
    say_unexplained(done.unexplained)
    if done.missing:
        names = joined(done.missing)
        raise Refusal(
            _("The old ledger knew releases that are lost here: {}. Bring them, then run rebuild.").format(names)
        )


@ledger.command("rebuild", help=_("Add to the ledger what it lacks of the releases in the releases folder."))
@options.centre
@options.keys
def rebuild_(centre_file: Path, keys_dir: Path | None) -> None:
    """``yinjian-sign ledger rebuild``."""
    room = Room.open(centre_file, keys_dir)
    done = restoring.rebuild_(room, room.keys(), now(), shown)
    for name in done.added:
        click.echo(name)
    click.echo(_("Releases added to the ledger: {}.").format(len(done.added)))
    say_unexplained(done.unexplained)


def say_unexplained(unexplained: Sequence[Unexplained]) -> None:
    """What no release holds, and how to record it again."""
    if unexplained:
        click.echo(
            _("No release says what objections came to, nor why a row was struck out. To record it again:"), err=True
        )
    for notice in unexplained:
        term = exam_code.term_of(notice.exam)
        text = _(
            "{}: `yinjian-sign announce BOOK --exam {}` with the workbook of the notice, which is the same release "
            "again; then `yinjian-sign objections {} --strike NUMBER=REASON`."
        )
        click.echo(text.format(notice.exam, term, notice.exam), err=True)
        if notice.missing:
            text = _("{}: the final list lacks these numbers of the notice: {}.")
            click.echo(text.format(notice.exam, joined(notice.missing)), err=True)


@ledger.command("history", help=_("Everything that was recorded, with its reasons, the oldest first."))
@options.centre
@options.as_json
def history(centre_file: Path, as_json: bool) -> None:
    """``yinjian-sign ledger history``."""
    with options.opened(Room.open(centre_file), complete=False) as book:
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
    from signing.steps.publish import database_url

    room = Room.open(centre_file)
    with (
        options.opened(room, complete=False) as book,
        shown(_("Comparing with the registry")),
    ):
        registry = compare.registered(database_url(), room.keys().chain().newest, book)
        found = compare.differences(book, registry)
        compare.note_published(book, found, now())
    if as_json:
        command.print_json([{"kind": difference.kind, "subject": difference.subject} for difference in found])
    else:
        for difference in found:
            click.echo(str(difference))
        if not found:
            click.echo(_("The ledger and the registry agree."))
    return 1 if any(difference.is_fault for difference in found) else 0
