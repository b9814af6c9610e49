"""``yinjian-sign announce`` and ``issue``: from a workbook to a notice, to certificates and final lists."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from signing.centre.calendar import deadline_text, local_text
from signing.centre.centre_toml import Centre
from signing.centre.room import Session
from signing.commands import options, printing
from signing.commands.check import remark
from signing.commands.ledger import say_unexplained
from signing.ledger import rebuild
from signing.messages import _
from signing.print import qr_files
from signing.steps import issue as issuing
from signing.steps import notice, prepare
from signing.steps.issue import Difference, Made
from signing.workbook import judging
from verify.shared import command
from verify.shared.command import working

if TYPE_CHECKING:
    from signing.print.desk import Desk


@click.command(help=_("Announce who passed: a release with the notice that objections are raised to."))
@options.book
@options.exam
@options.centre
@options.keys
@options.as_json
def announce(
    *, book: Path, strikes: tuple[str, ...], term: str, centre_file: Path, keys_dir: Path | None, as_json: bool
) -> None:
    """``yinjian-sign announce BOOK --exam TERM``."""
    from signing.print import desk as desks

    struck = judging.parse_strikes(strikes)
    judged = judging.read(book, Centre.load(centre_file), struck)
    prepare.check_rows(judged)  # before anybody is asked for the passphrase
    remark(judged)
    with options.at_work(centre_file, keys_dir) as session:
        made = issuing.announce(session, judged, term, _notes(struck))
        with working(_("Setting the announcement")):
            papers = desks.announce(_desk(session), made.path)
    if as_json:
        command.print_json(_answer(made) | {"announcement": [str(paper) for paper in papers.files]})
        return
    _say(made)
    click.echo(_("Announcement: {}").format(", ".join(map(str, papers.files))))
    if papers.lacking:
        click.echo(_("It was not printed as PDF. {}").format(papers.lacking), err=True)
    for listed in made.lists:
        until = listed.objections_until
        if until is not None:
            click.echo(_("{}: objections until {}, to {}.").format(listed.exam, deadline_text(until), listed.contact))
            if warning := notice.unknown_holidays(listed.issued_at, until, session.room.working_days):
                click.echo(warning, err=True)


@click.command(help=_("Issue the certificates of all who passed, and the final list."))
@options.book
@options.exam
@click.option("--early", metavar="REASON", help=_("Issue before the objection window closes, and record why."))
@click.option("--pdf", is_flag=True, help=_("Print the certificates, too: those that were never printed."))
@printing.photos
@printing.batch
@options.centre
@options.keys
@options.as_json
def issue(
    *,
    book: Path,
    strikes: tuple[str, ...],
    term: str,
    early: str | None,
    pdf: bool,
    photos_dir: Path | None,
    some_photos: bool,
    batch_file: Path | None,
    centre_file: Path,
    keys_dir: Path | None,
    as_json: bool,
) -> None:
    """``yinjian-sign issue BOOK --exam TERM``."""
    from signing.print import desk as desks

    if not pdf and (photos_dir or some_photos or batch_file):
        raise click.UsageError(_("--photos and --batch print certificates: they want --pdf."))
    printed = None
    struck = judging.parse_strikes(strikes)
    judged = judging.read(book, Centre.load(centre_file), struck)
    prepare.check_rows(judged)  # before anybody is asked for the passphrase
    remark(judged)
    with options.at_work(centre_file, keys_dir) as session:
        made = issuing.issue(session, judged, term, _notes(struck), early)
        exams = {listed.exam for listed in made.lists}
        say_unexplained([one for one in rebuild.unexplained(session.ledger) if one.exam in exams])
        qr_files.draw(session.room.certificates, session.room.centre.host, made.certificates)
        if pdf:
            desk = _desk(session)
            new = desks.unprinted(desk.ledger, made.certificates)
            named = desks.admissions(session, judged) if photos_dir else None
            sources = desks.printables(desk.ledger, new, photos_dir, named, some_missing=some_photos)
            if new:
                printed = desks.print_certificates(desk, sources, [one.number for one in new], batch_file)
    if as_json:
        files = [str(file) for file in printed.files] if printed else []
        command.print_json(_answer(made) | {"certificates_dir": str(session.room.certificates), "printed": files})
        return
    _say(made)
    click.echo(_("QR codes of {} certificates are in {}.").format(len(made.certificates), session.room.certificates))
    if printed:
        desks.say(printed)
    if pdf and (before := len(made.certificates) - (len(printed.numbers) if printed else 0)):
        click.echo(_("{} were printed before; `yinjian-sign print --reprint` prints again.").format(before))


def _desk(session: Session) -> "Desk":
    from signing.print.desk import Desk

    keyring = session.unlocked.chain.newest
    return Desk(room=session.room, ledger=session.ledger, keyring=keyring, now=session.now)


def _notes(struck: Mapping[int, str]) -> dict[str, Any]:
    return {"struck": {str(row): reason for row, reason in struck.items()}} if struck else {}


def _answer(made: Made) -> dict[str, Any]:
    return {
        "release": str(made.path),
        "again": made.again,
        "lists": [
            {
                "exam": listed.exam,
                "stage": listed.stage,
                "revision": listed.revision,
                "rows": made.counts[listed.exam],
                "objections_until": listed.objections_until,
            }
            for listed in made.lists
        ],
        "changed": [
            {"exam": d.exam, "added": len(d.added), "removed": len(d.removed), "struck": d.struck}
            for d in made.differences
        ],
        "certificates": [certificate.number for certificate in made.certificates],
    }


def _say(made: Made) -> None:
    if made.again:
        click.echo(
            _("This was recorded before, on {}; it is the same release.").format(local_text(made.job.recorded_at))
        )
    for listed in made.lists:
        stage = _("notice") if listed.stage == "notice" else _("final list")
        click.echo(
            _("{}: {}, revision {}, {} names.").format(listed.exam, stage, listed.revision, made.counts[listed.exam])
        )
    for difference in made.differences:
        _say_difference(difference)
    click.echo(_("Release: {}").format(made.path))
    if made.aside is not None:
        click.echo(_("The file in its place had been altered; it is kept as {}.").format(made.aside), err=True)


def _say_difference(difference: Difference) -> None:
    if not difference.added and not difference.removed:
        click.echo(_("{}: the names are those of the list before.").format(difference.exam))
    if difference.added:
        click.echo(_("{}: new on the list: {}").format(difference.exam, _some(difference.added)))
    if difference.removed:
        text = (
            _("{}: lose their certificates when this is published ({} by objection): {}")
            if difference.withdraws
            else _("{}: no longer on the list ({} by objection): {}")
        )
        click.echo(text.format(difference.exam, difference.struck, _some(difference.removed)))


def _some(names: tuple[str, ...]) -> str:
    return "、".join(names[:20]) + (_(" and {} more").format(len(names) - 20) if len(names) > 20 else "")
