"""``yinjian-sign objections``, ``calendar`` and ``template``: the office's work around a list."""

import itertools
import sys
from pathlib import Path

import click

from signing.centre import first_settings
from signing.centre.centre_toml import Centre
from signing.centre.exam_names import ExamName
from signing.centre.room import Room, now
from signing.commands import options
from signing.messages import _
from signing.steps import exam_dates
from signing.steps import objections as recording
from signing.steps.exam_dates import Proposal
from signing.steps.objections import StruckOut
from signing.workbook.strikes import parse
from verify.shared import agreement, command
from verify.shared.command import joined


@click.command(
    epilog=command.examples('yinjian-sign objections CEM-2022-04 --strike 17="no proof of the class hours"'),
    help=_(
        "Record what objections came to: a name of the notice struck out of the final list, or restored.\n\nEXAM is "
        "the exam's term or code, such as 2022-04 or CEM-2022-04; SERIAL is the name's number on the newest "
        "notice; the name does as well. Without options it shows who is struck out."
    ),
)
@click.argument("exam")
@click.option("--strike", "strikes", multiple=True, metavar="SERIAL=REASON", help=_("Strike a name out."))
@click.option("--restore", "restored", multiple=True, metavar="SERIAL=REASON", help=_("Take a name in again."))
@agreement.yes
@options.centre
@options.as_json
def objections(
    exam: str, *, strikes: tuple[str, ...], restored: tuple[str, ...], yes: bool, centre_file: Path, as_json: bool
) -> None:
    """``yinjian-sign objections EXAM``."""
    named, to_strike, to_restore = ExamName.read(exam), parse(strikes), parse(restored)
    with options.opened(Room.open(centre_file)) as ledger:
        wanted = recording.intent(ledger, named, to_strike, to_restore, now())
        for word, people in (
            (_("To be struck out: {}"), wanted.strike),
            (_("To be taken in again: {}"), wanted.restore),
        ):
            for one in people:
                click.echo(word.format(_person(one)), err=True)
        if wanted.found and not yes and sys.stdin.isatty():
            click.confirm(_("Is that right?"), abort=True, err=True)
        struck = recording.record(ledger, wanted)
    if as_json:
        command.print_json([{"serial": o.serial, "name": o.name, "reason": o.reason} for o in struck])
        return
    for one in struck:
        click.echo(_person(one))
    click.echo(_("{}: {} struck out; the next `issue` leaves them out.").format(wanted.exam, len(struck)))


def _person(one: StruckOut) -> str:
    where = str(one.serial) if one.serial is not None else _("row {}").format(one.row)
    return "  ".join(filter(None, (where, one.name, one.reason)))


@click.command(
    "calendar",
    epilog=command.examples("yinjian-sign calendar --year 2027", "yinjian-sign calendar --export calendar.json"),
    help=_("Propose exam dates by each programme's rule, beside the dates that the centre has set."),
)
@click.option(
    "--year", type=click.IntRange(2000, 9000), help=_("From the beginning of this year; from today without it.")
)
@click.option(
    "--count", type=click.IntRange(1, 100), default=4, show_default=True, help=_("How many dates for each rule.")
)
@click.option(
    "--export",
    "out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=_("Write the exams of centre.toml for the public service (YINJIAN_CALENDAR), to be shown as planned."),
)
@options.centre
@options.as_json
def dates(year: int | None, *, count: int, out: Path | None, centre_file: Path, as_json: bool) -> None:
    """``yinjian-sign calendar``."""
    found = exam_dates.dates(Room.open(centre_file), count, now(), year)
    if out is not None:
        exam_dates.write(found, out, now())
    if as_json:
        command.print_json(found)
        return
    for codes, proposals in itertools.groupby(found.proposed, key=lambda proposal: proposal.programmes):
        click.echo(_("{}, by the rule:").format(joined(codes)))
        for proposal in proposals:
            click.echo(f"  {_line(proposal)}")
    for exam in found.exams:
        moved = _(", moved from {}").format(exam.planned_on) if exam.planned_on else ""
        click.echo(f"{exam.code}  {exam.held_on}{moved}  {exam.title.zh}")
    if out is not None:
        click.echo(_("The exams are written to {}.").format(out))


def _line(proposal: Proposal) -> str:
    """The weekend, and what speaks against it or was made of it."""
    times = f"{proposal.begins:%H:%M}–{proposal.ends:%H:%M}"
    text = _("{} and {} (Saturday, Sunday), {}").format(proposal.saturday, proposal.sunday, times)
    for remark, found in (
        (_(" — make-up working day: {}"), proposal.working_days),
        (_(" — public holiday: {}"), proposal.holidays),
        (_(" — in [[exams]]: {}"), proposal.exams),
    ):
        if found:
            text += remark.format(joined(found))
    return text


@click.command(
    "template",
    epilog=command.examples("yinjian-sign template centre.toml", "yinjian-sign template candidates.xlsx"),
    help=_(
        "Write an empty workbook with drop-down lists and checks, and a filled example; or, where OUT ends in .toml, "
        "settings to begin with (centre.toml), to be made the centre's own."
    ),
)
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT")
@options.centre
def make_template(out: Path, centre_file: Path) -> None:
    """``yinjian-sign template OUT.xlsx`` or ``centre.toml``."""
    if out.suffix.lower() == ".toml":
        first_settings.write(out)
        click.echo(_("The settings are {}: put the centre's own in, before the keys are made by them.").format(out))
        return
    from signing.workbook import empty_form

    empty_form.write(out, Centre.load(centre_file))
    click.echo(_("The form is {}.").format(out))
