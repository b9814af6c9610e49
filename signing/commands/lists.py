"""``yinjian-sign announce`` and ``issue``: from a workbook to a notice, to certificates and final lists."""

from pathlib import Path
from typing import Any

import click

from signing.centre.centre_toml import Centre
from signing.centre.room import now
from signing.commands import options, printing
from signing.commands.check import remark
from signing.commands.ledger import say_unexplained
from signing.messages import _
from signing.steps.making import prepare
from signing.steps.making.drawing_up import Difference, Made
from signing.workbook import judging
from signing.workbook.strikes import parse
from verify.core.china_time import deadline_text, local_day, local_text
from verify.shared import agreement, command
from verify.shared.command import joined
from verify.shared.progress import shown


@click.command(
    epilog=command.examples("yinjian-sign announce candidates.xlsx --exam 2022-04"),
    help=_("Announce who passed: a release with the notice that objections are raised to."),
)
@options.book
@options.exam
@options.centre
@options.keys
@options.as_json
def announce(
    *, book: Path, strikes: tuple[str, ...], exam: str, centre_file: Path, keys_dir: Path | None, as_json: bool
) -> None:
    """``yinjian-sign announce BOOK --exam TERM``."""
    from signing.steps import announce as announcing

    centre = Centre.load(centre_file)
    term = centre.term(exam)
    judged = judging.read(book, centre, parse(strikes), local_day(now()), shown)
    prepare.check_rows(judged)
    prepare.check_programmes(judged, exam)
    remark(judged)
    with options.at_work(centre_file, keys_dir) as session:
        done = announcing.announce(session, judged, term)
    if as_json:
        command.print_json(answer(done.made) | {"announcement": [str(paper) for paper in done.papers]})
        return
    say(done.made)
    click.echo(_("Announcement: {}").format(joined(done.papers)))
    if done.lacking:
        click.echo(_("It was not printed as PDF. {}").format(done.lacking), err=True)
    for listed in done.made.lists:
        if listed.objections_until is not None:
            until = deadline_text(listed.objections_until)
            click.echo(_("{}: objections until {}, to {}.").format(listed.exam, until, listed.contact))
    for warning in done.unknown_holidays:
        click.echo(warning, err=True)


@click.command(
    epilog=command.examples(
        "yinjian-sign issue candidates.xlsx --exam 2022-04",
        "yinjian-sign issue candidates.xlsx --exam 2022-04 --pdf --photos photos --batch printer.pdf",
    ),
    help=_("Issue the certificates of all who passed, and the final list."),
)
@options.book
@options.exam
@click.option("--early", metavar="REASON", help=_("Issue before the objection window closes, and record why."))
@click.option("--pdf", is_flag=True, help=_("Print the certificates, too: those that were never printed."))
@printing.photos
@printing.batch
@agreement.yes
@options.centre
@options.keys
@options.as_json
def issue(
    *,
    book: Path,
    strikes: tuple[str, ...],
    exam: str,
    early: str | None,
    pdf: bool,
    photos_dir: Path | None,
    some_photos: bool,
    batch_file: Path | None,
    yes: bool,
    centre_file: Path,
    keys_dir: Path | None,
    as_json: bool,
) -> None:
    """``yinjian-sign issue BOOK --exam TERM``."""
    from signing.steps import issue as issuing

    if not pdf and (photos_dir or some_photos or batch_file):
        raise click.UsageError(_("--photos and --batch print certificates: they want --pdf."))
    papers = issuing.Papers(photos=photos_dir, some_photos=some_photos, batch=batch_file) if pdf else None
    centre = Centre.load(centre_file)
    term = centre.term(exam)
    judged = judging.read(book, centre, parse(strikes), local_day(now()), shown)
    prepare.check_rows(judged)
    prepare.check_programmes(judged, exam)
    remark(judged)
    with options.at_work(centre_file, keys_dir) as session:
        done = agreement.agreed(
            lambda agreed: issuing.issue(session, judged, term, early=early, papers=papers, agreed=agreed), yes=yes
        )
    say_unexplained(done.unexplained)
    for line in done.told:
        click.echo(line, err=True)
    made, printed = done.made, done.printed
    if as_json:
        files = [str(file) for file in printed.files] if printed else []
        command.print_json(answer(made) | {"certificates_dir": str(session.room.certificates), "printed": files})
        return
    say(made)
    if made.taken_for:
        words = _("Rows with facts that were corrected since were taken for the certificates that replaced theirs: {}.")
        click.echo(words.format(joined(made.taken_for)))
    click.echo(_("QR codes drawn: {}, in {}.").format(len(made.certificates), session.room.certificates))
    if printed:
        printing.say(printed)
    if done.printed_before:
        text = _("{} were printed before; `yinjian-sign print --reprint` prints again.")
        click.echo(text.format(done.printed_before))


def answer(made: Made) -> dict[str, Any]:
    """What ``--json`` prints."""
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


def say(made: Made) -> None:
    """The lists that were made, what they change, and the release."""
    if made.again:
        click.echo(
            _("This was recorded before, on {}; it is the same release.").format(local_text(made.job.recorded_at))
        )
    for out in made.left_out:
        text = _("{}: row {}, {}, stays struck out since {}: {}. `yinjian-sign objections` takes in again.")
        click.echo(text.format(out.exam, out.row, out.name, local_text(out.since), out.reason), err=True)
    for listed in made.lists:
        stage = _("notice") if listed.stage == "notice" else _("final list")
        click.echo(
            _("{}: {}, revision {}, names: {}.").format(listed.exam, stage, listed.revision, made.counts[listed.exam])
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
            _("{}: lose their certificates when this is published ({} struck out): {}")
            if difference.withdraws
            else _("{}: no longer on the list ({} struck out): {}")
        )
        click.echo(text.format(difference.exam, difference.struck, _some(difference.removed)))


def _some(names: tuple[str, ...]) -> str:
    return "、".join(names[:20]) + (_(" and {} more").format(len(names) - 20) if len(names) > 20 else "")
