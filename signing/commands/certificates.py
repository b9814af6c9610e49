"""``yinjian-sign status``, ``find`` and ``export``: certificates after they were issued."""

from pathlib import Path
from typing import Any, get_args

import click
import msgspec

from signing.centre.exam_names import ExamName
from signing.centre.room import Room, now
from signing.commands import options
from signing.ledger.history import History, Standing, standing_words
from signing.messages import _
from signing.steps import change as status
from signing.steps.change import Order
from signing.steps.making import facts
from verify.core.certificate import normal_number
from verify.core.changes import Reason
from verify.core.china_time import local_day, typed
from verify.core.tables import ID_TYPES
from verify.shared import agreement, command
from verify.shared.command import Refusal, joined
from verify.shared.progress import shown


@click.command(
    "status",
    epilog=command.examples(
        "yinjian-sign status CEM2204000001I revoke --reason false_materials",
        "yinjian-sign status CEM2204000001I suspend --reason investigation --effective 2026-11-20",
        "yinjian-sign status CEM2204000001I replace --reason registration_error --name 王丽",
    ),
    help=_(
        "Revoke, suspend, reinstate or replace a certificate: a release of the change.\n\nA replacement has the same "
        "facts and a new number; --name or --id-type say that facts were registered wrong, and then the holder's right "
        "ID number is asked for."
    ),
)
@click.argument("number")
@click.argument("verb", type=click.Choice(["revoke", "suspend", "reinstate", "replace"]))
@click.option("--reason", type=click.Choice(list(get_args(Reason))), help=_("Why, in the words of the format."))
@click.option("--effective", metavar="DATE", help=_("From when: 2022-05-01 or 2022-05-01T09:30, not later than now."))
@click.option("--note", metavar="TEXT", help=_("A remark that is published with the change; no personal data."))
@click.option("--name", metavar="NAME", help=_("The right name, for a replacement that corrects."))
@click.option("--id-type", type=click.Choice(list(ID_TYPES)), help=_("The type of the right ID number."))
@click.option("--number", "new_number", metavar="NUMBER", help=_("The new number, where the centre has its own."))
@agreement.yes
@options.centre
@options.keys
@options.as_json
def change(
    *,
    number: str,
    verb: Any,
    reason: Any,
    effective: str | None,
    note: str | None,
    name: str | None,
    id_type: str | None,
    new_number: str | None,
    yes: bool,
    centre_file: Path,
    keys_dir: Path | None,
    as_json: bool,
) -> None:
    """``yinjian-sign status NUMBER VERB``."""
    if verb != "replace" and (name is not None or id_type is not None or new_number is not None):
        raise click.UsageError(_("Only a replacement has facts and a number of its own."))
    order = Order(
        number=_number(number),
        verb=verb,
        reason=reason,
        effective_at=None if effective is None else _moment(effective),
        note=note,
        new_number=None if new_number is None else _number(new_number),
    )
    if verb == "revoke" and reason is None:
        raise click.UsageError(_("A revocation wants its reason: --reason {}.").format(" | ".join(get_args(Reason))))
    with options.at_work(centre_file, keys_dir) as session:
        seen = status.foresee(session.ledger, order)
        click.echo(f"{seen.number}  {seen.holder}  {seen.exam}: {seen.follows}", err=True)
        if name is not None or id_type is not None:
            given = session.ledger.given(order.number)
            held = name if name is not None else given.holder if given is not None else ""
            kept = facts.right_name(held)
            # Asked for, as an argument would stand in every process list.
            asked = _("The holder's right ID number ({}; --id-type says another type)").format(id_type or "resident")
            typed = click.prompt(asked, err=True)
            order = msgspec.structs.replace(
                order, facts=facts.right(kept, id_type or "resident", typed, local_day(session.now))
            )
        done = agreement.agreed(lambda agreed: status.change(session, order, agreed=agreed), yes=yes)
    if as_json:
        command.print_json(
            {
                "release": str(done.path),
                "number": done.change.number,
                "action": done.change.action,
                "reason": done.change.reason,
                "replacement": done.change.replacement,
            }
        )
        return
    click.echo(
        _("{}: {} from {} on.").format(number, standing_words(done.change.action), local_day(done.change.effective_at))
    )
    if done.replacement is not None:
        click.echo(_("The new certificate is {}.").format(done.replacement.number))
    click.echo(_("Release: {}").format(done.path))


def _number(text: str) -> str:
    number = normal_number(text)
    if number is None:
        raise Refusal(
            _("This cannot be a certificate number. `yinjian-sign find` finds one by a part of the holder's name.")
        )
    return number


def _moment(text: str) -> int:
    try:
        return typed(text)
    except ValueError:
        raise Refusal(_("--effective wants a date: 2022-05-01 or 2022-05-01T09:30.")) from None


@click.command(help=_("Find certificates in the centre's own ledger, by number or by a part of the name."))
@click.argument("text")
@options.centre
@options.as_json
def find(text: str, centre_file: Path, as_json: bool) -> int:
    """``yinjian-sign find TEXT``: exit code 1 where there is none."""
    with options.opened(Room.open(centre_file)) as ledger:
        found = History(ledger).find(text)
    if as_json:
        command.print_json([_answer(standing) for standing in found])
    else:
        for standing in found:
            given = standing.given
            line = (
                f"{given.number}  {given.holder}  ＊{given.id_hint}  {given.exam}  {standing_words(standing.standing)}"
            )
            click.echo(line + (f" → {standing.replaced_by}" if standing.replaced_by else ""))
            click.echo(f"    {' · '.join(standing.releases)}")
        if not found:
            click.echo(_("Nothing found."), err=True)
    return 0 if found else 1


def _answer(standing: Standing) -> dict[str, Any]:
    given = standing.given
    return {
        "number": given.number,
        "holder": given.holder,
        "id_hint": given.id_hint,
        "exam": given.exam,
        "status": standing.standing,
        "replaced_by": standing.replaced_by,
        "replaces": given.replaces,
        "releases": list(standing.releases),
    }


@click.command(
    "export",
    epilog=command.examples("yinjian-sign export certificates.xlsx --exam 2022-04"),
    help=_("Write certificates to a spreadsheet (.xlsx or .csv): a year's, or an exam's."),
)
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--year", type=click.IntRange(2000, 9999), help=_("The year of issue; this year where nothing is said."))
@click.option("--exam-year", type=click.IntRange(2000, 9999), help=_("The year of the exam's term."))
@click.option("--exam", "exams", multiple=True, metavar="EXAM", help=_("An exam: 2022-04 or CEM-2022-04."))
@options.centre
def export_year(
    out: Path, *, year: int | None, exam_year: int | None, exams: tuple[str, ...], centre_file: Path
) -> None:
    """``yinjian-sign export OUT.xlsx --year 2022``."""
    from signing.steps import export

    if sum((year is not None, exam_year is not None, bool(exams))) > 1:
        raise click.UsageError(_("Say one of --year, --exam-year and --exam."))
    room = Room.open(centre_file)
    if not exams and exam_year is None:
        year = year or local_day(now()).year
    wanted = export.Choice(year=year, exam_year=exam_year, exams=tuple(map(ExamName.read, exams)))
    with options.opened(room) as ledger:
        count = export.export(room, ledger, out, wanted, shown)
    said = joined(exams) or year or exam_year
    click.echo(_("Certificates: {}, of {}, in {}.").format(count, said, out))


@click.command(
    "withdraw",
    epilog=command.examples('yinjian-sign withdraw 2022-04-final-1.release --reason "a wrong workbook"'),
    help=_(
        "Take a release back that is not published yet; it stays on record, and its numbers go to the same people.\n\n"
        "The registry is asked whether it is published; where none is known here, --never-left says that the release "
        "was not carried anywhere."
    ),
)
@click.argument("release", metavar="RELEASE")
@click.option("--reason", required=True, metavar="TEXT", help=_("Why; it stays in the ledger."))
@click.option("--never-left", is_flag=True, help=_("The release never left this room, and no registry is to be asked."))
@options.centre
def withdraw(release: str, *, reason: str, never_left: bool, centre_file: Path) -> None:
    """``yinjian-sign withdraw RELEASE``."""
    from signing.ledger import compare
    from signing.steps import withdraw as withdrawing
    from signing.steps.publish import database_url

    room = Room.open(centre_file)
    with options.opened(room) as ledger:
        registry = None if never_left else compare.registered(database_url(), room.keys().chain().newest, ledger)
        done = withdrawing.withdraw(room, ledger, release, reason, registry=registry, now=now())
    click.echo(_("{} is withdrawn; it is kept as {}.").format(done.release, done.kept))
    if done.printed:
        text = _("Papers of it were printed and must not be handed out ({}): {}")
        click.echo(text.format(len(done.printed), joined(done.printed)), err=True)
