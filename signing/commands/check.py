"""``yinjian-sign check``: every row judged, nothing written but a report."""

from pathlib import Path
from typing import Any, Final

import click

from signing.centre.centre_toml import Centre
from signing.commands import options
from signing.messages import _
from signing.workbook import judging
from signing.workbook.judging import Judged, Reason, Row
from verify.shared import command

_SHOWN: Final = 20
_NOBODY: Final = {"name_missing", "id_missing"}


@click.command(help=_("Judge every row of a workbook, and sign nothing. Exit code 1 while rows are refused."))
@options.book
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="OUT.xlsx",
    help=_("Write a copy of the workbook with the cells in question marked."),
)
@options.centre
@options.as_json
def check(book: Path, strikes: tuple[str, ...], report: Path | None, centre_file: Path, as_json: bool) -> int:
    """``yinjian-sign check BOOK``."""
    judged = judging.read(book, Centre.load(centre_file), judging.parse_strikes(strikes))
    if report is not None:
        from signing.workbook import report as reports

        reports.write(report, book, judged)
    if as_json:
        command.print_json(answer(judged))
    else:
        say(judged)
        if report is not None:
            click.echo(_("The marked copy is {}.").format(report))
    return 1 if judged.refused else 0


def answer(judged: Judged) -> dict[str, Any]:
    """What ``--json`` prints."""
    rows = [
        {
            "row": row.row,
            "result": row.result,
            "outcome": row.outcome,
            "reasons": [{"cell": r.cell, "code": r.code, "message": r.message} for r in row.reasons],
        }
        for row in judged.rows
    ]
    return {"rows": rows, "totals": judged.totals()}


def say(judged: Judged) -> None:
    """The rows that need a look, and the totals."""
    for row in judged.rows:
        if row.result == "refused" and not row.struck:
            for reason in row.reasons:
                if reason.kind == "refusal":
                    click.echo(_line(row, reason))
    corrected = [(row, reason) for row in judged.rows if not row.struck for reason in row.reasons
                 if row.result == "corrected" and reason.kind == "correction"]  # fmt: skip
    if corrected:
        click.echo(_("Put right for you:"))
        for row, reason in corrected[:_SHOWN]:
            click.echo(f"  {_line(row, reason)}")
        if len(corrected) > _SHOWN:
            click.echo(_("  and {} more; --report shows them all").format(len(corrected) - _SHOWN))
    if nobody := next((row.row for row in judged.refused if _NOBODY & {reason.code for reason in row.reasons}), None):
        text = _("If row {} is no person but a total or a note, leave it out: --strike {}=REASON")
        click.echo(text.format(nobody, nobody), err=True)
    remark(judged)
    totals = judged.totals()
    click.echo(
        _("{rows} rows: {accepted} accepted, {corrected} corrected, {refused} refused, {struck} struck out.").format(
            **totals
        )
    )
    click.echo(
        _(
            "{passed} passed, {failed} failed, {absent} absent, {disqualified} disqualified, {ineligible} ineligible."
        ).format(**totals)
    )


def remark(judged: Judged) -> None:
    """What was not read of the workbook, and what was read though nobody sees it there; on standard error."""
    sheet = judged.table.sheet
    if sheet.concealed:
        click.echo(_("The first sheet, “{}”, is hidden; it was read all the same.").format(sheet.name), err=True)
    if sheet.others:
        text = _("Only the first sheet, “{}”, was read; behind it: {}.")
        click.echo(text.format(sheet.name, ", ".join(sheet.others)), err=True)
    if sheet.macros:
        click.echo(_("The workbook holds macros; they were not run."), err=True)
    if hidden := sum(row.row in sheet.hidden for row in judged.rows if not row.struck):
        click.echo(_("{} hidden rows were read.").format(hidden), err=True)


def _line(row: Row, reason: Reason) -> str:
    return f"{reason.cell or _('row {}').format(row.row)}  {reason.message}"
