"""``yinjian-sign objections``, ``calendar`` and ``template``: the office's work around a list."""

import datetime
import itertools
from pathlib import Path

import click
import msgspec

from signing.centre import calendar
from signing.centre.centre_toml import Centre, Sittings
from signing.centre.planned_file import planned, write
from signing.centre.room import Room, now
from signing.commands import options
from signing.ledger.book import Ledger
from signing.ledger.values import ListHead, Objection
from signing.messages import _
from signing.workbook.judging import parse_strikes
from verify.shared import command
from verify.shared.command import Refusal


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
    with options.opened(Room.open(centre_file)) as ledger:
        head = ledger.newest_list(exam, "notice") or ledger.newest_list(exam)
        if head is None:
            raise Refusal(_("{} has no list yet.").format(exam))
        to_strike, to_restore = parse_strikes(strikes), parse_strikes(restored)
        if both := to_strike.keys() & to_restore.keys():
            raise Refusal(_("Number {} is to be struck out and restored at once.").format(min(both)))
        found = [
            _objection(ledger, head, serial, struck, reason)
            for struck, asked in ((True, to_strike), (False, to_restore))
            for serial, reason in asked.items()
        ]
        ledger.add_objections(found)
        standing = ledger.struck(exam)
        rows = [row for row in ledger.list_rows(exam, head.revision) if row.lookup_key in standing]
    if as_json:
        command.print_json(
            [{"serial": row.serial, "name": row.name, "reason": standing[row.lookup_key]} for row in rows]
        )
        return
    for row in rows:
        click.echo(f"{row.serial}  {row.holder}  {standing[row.lookup_key]}")
    click.echo(_("{}: {} struck out; the next `issue` leaves them out.").format(exam, len(rows)))


def _objection(ledger: Ledger, head: ListHead, serial: int, struck: bool, reason: str) -> Objection:
    row = next((row for row in ledger.list_rows(head.exam, head.revision) if row.serial == serial), None)
    if row is None:
        raise Refusal(_("The list of {} has no number {}.").format(head.exam, serial))
    if not row.lookup_key:
        text = _(
            "The ledger was rebuilt, and no release says who number {} of {} is: announce the same workbook again."
        )
        raise Refusal(text.format(serial, head.exam))
    if struck is (row.lookup_key in ledger.struck(head.exam)):
        text = _("Number {} of {} is struck out already.") if struck else _("Number {} of {} is not struck out.")
        raise Refusal(text.format(serial, head.exam))
    return Objection(exam=head.exam, lookup_key=row.lookup_key, struck=struck, reason=reason, recorded_at=now())


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
    room = Room.open(centre_file)
    since = datetime.date(year, 1, 1) if year else calendar.local_day(now())
    exams = planned(room.centre)
    proposed = [
        _proposal(room, codes, rule, saturday)
        for rule, codes in room.centre.sittings.items()
        for saturday in itertools.islice(calendar.proposals(rule.months, rule.week, since), count)
    ]
    if out is not None:
        write(out, exams, now())
    if as_json:
        command.print_json({"proposed": proposed, "exams": exams})
        return
    for codes, proposals in itertools.groupby(proposed, key=lambda proposal: proposal.programmes):
        click.echo(_("{}, by the rule:").format(", ".join(codes)))
        for proposal in proposals:
            click.echo(f"  {_line(proposal)}")
    for exam in exams:
        moved = _(", moved from {}").format(exam.planned_on) if exam.planned_on else ""
        click.echo(f"{exam.code}  {exam.held_on}{moved}  {exam.title.zh}")
    if out is not None:
        click.echo(_("The exams are written to {}.").format(out))


class _Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A weekend that the rule of some programmes proposes, and what there is to know of it."""

    programmes: tuple[str, ...]
    saturday: datetime.date
    sunday: datetime.date
    begins: datetime.time
    ends: datetime.time
    term: str
    working_days: tuple[datetime.date, ...]
    """Make-up working days."""
    holidays: tuple[datetime.date, ...]
    exams: tuple[str, ...]
    """Exams of centre.toml that are, or were, planned for it."""


def _proposal(room: Room, codes: list[str], rule: Sittings, saturday: datetime.date) -> _Proposal:
    weekend = (saturday, saturday + datetime.timedelta(days=1))
    known = room.working_days
    taken = (e.code for e in room.centre.exams if e.programme in codes and {e.held_on, e.planned_on} & {*weekend})
    return _Proposal(
        programmes=tuple(codes),
        saturday=weekend[0],
        sunday=weekend[1],
        begins=rule.begins,
        ends=rule.ends,
        term=f"{saturday:%Y-%m}",
        working_days=tuple(filter(known.is_working, weekend)),
        holidays=tuple(filter(known.is_holiday, weekend)),
        exams=tuple(taken),
    )


def _line(proposal: _Proposal) -> str:
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
