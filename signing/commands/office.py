"""``yinjian-sign objections``, ``calendar`` and ``template``: the office's work around a list."""

import itertools
from pathlib import Path

import click

from signing.centre.centre_toml import Centre
from signing.centre.room import Room, now
from signing.commands import options
from signing.messages import _
from signing.steps import exam_dates
from signing.steps import objections as recording
from signing.steps.exam_dates import Proposal
from signing.workbook.strikes import parse_strikes
from verify.shared import command


@click.command(
    help=_(
        "Record what objections came to: a name of the notice struck out of the final list, or restored.\n\nEXAM is "
        "the exam's code, such as CEM-2022-04; SERIAL is the name's number on the newest notice. Without options it "
        "shows who is struck out."
    )
)
@click.argument("exam")
@click.option("--strike", "strikes", multiple=True, metavar="SERIAL=REASON", help=_("Strike a name out."))
@click.option("--restore", "restored", multiple=True, metavar="SERIAL=REASON", help=_("Take a name in again."))
@options.centre
@options.as_json
def objections(
    exam: str, *, strikes: tuple[str, ...], restored: tuple[str, ...], centre_file: Path, as_json: bool
) -> None:
    """``yinjian-sign objections EXAM``."""
    to_strike, to_restore = parse_strikes(strikes), parse_strikes(restored)
    with options.opened(Room.open(centre_file)) as ledger:
        struck = recording.objections(ledger, exam, to_strike, to_restore, now())
    if as_json:
        command.print_json(struck)
        return
    for one in struck:
        click.echo(f"{one.serial}  {one.name}  {one.reason}")
    click.echo(_("{}: {} struck out; the next `issue` leaves them out.").format(exam, len(struck)))


@click.command(
    "calendar", help=_("Propose exam dates by each programme's rule, beside the dates that the centre has set.")
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
        click.echo(_("{}, by the rule:").format(", ".join(codes)))
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
            text += remark.format(", ".join(map(str, found)))
    return text


@click.command("template", help=_("Write an empty workbook with drop-down lists and checks, and a filled example."))
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT.xlsx")
@options.centre
def make_template(out: Path, centre_file: Path) -> None:
    """``yinjian-sign template OUT.xlsx``."""
    from signing.workbook import empty_form

    empty_form.write(out, Centre.load(centre_file))
    click.echo(_("The form is {}.").format(out))
