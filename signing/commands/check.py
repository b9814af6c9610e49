"""``yinjian-sign check``: every row judged, nothing written but a report."""

from pathlib import Path
from typing import Any, Final

import click

from signing.centre.centre_toml import Centre
from signing.centre.room import now
from signing.commands import options
from signing.messages import _
from signing.steps import check as checking
from signing.workbook import totals
from signing.workbook.headers import HEADINGS
from signing.workbook.judging import Judged, Reason, Row
from signing.workbook.strikes import parse
from verify.shared import command
from verify.shared.command import joined
from verify.shared.progress import shown
from verify.shared.spreadsheet import column_letters

_SHOWN: Final = 20
_NOBODY: Final = {"name_missing", "name_placeholder", "id_missing"}
_COMMA: Final = ", "
_GAP: Final = " "


@click.command(
    epilog=command.examples(
        "yinjian-sign check candidates.xlsx --report marked.xlsx",
        'yinjian-sign check candidates.xlsx --strike 12="withdrew, by letter"',
    ),
    help=_("Judge every row of a workbook, and sign nothing. Exit code 1 while rows are refused."),
)
@options.book
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="OUT.xlsx",
    help=_("Write a copy of the workbook with the cells in question marked."),
)
@click.option("--all", "everything", is_flag=True, help=_("Show every row that there is something to say of."))
@options.centre
@options.as_json
def check(
    book: Path, strikes: tuple[str, ...], report: Path | None, centre_file: Path, *, everything: bool, as_json: bool
) -> int:
    """``yinjian-sign check BOOK``."""
    judged = checking.check(book, Centre.load(centre_file), parse(strikes), report, now=now(), progress=shown)
    if as_json:
        command.print_json(answer(judged))
    else:
        say(judged, everything=everything)
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


def say(judged: Judged, *, everything: bool = False) -> None:
    """The rows that need a look, who has not passed with the reason, the columns, and the totals.

    Of each sort so many lines, and how many more there are, unless ``everything`` is wanted.
    """
    most = None if everything else _SHOWN
    refused = [(row, reason) for row in judged.rows if row.result == "refused" and not row.struck
               for reason in row.reasons if reason.kind == "refusal"]  # fmt: skip
    _some([_line(row, reason) for row, reason in refused], most, "")
    corrected = [(row, reason) for row in judged.rows if not row.struck for reason in row.reasons
                 if row.result == "corrected" and reason.kind == "correction"]  # fmt: skip
    if corrected:
        click.echo(_("Put right for you:"))
        _some([_line(row, reason) for row, reason in corrected], most)
    _not_passed(judged, most)
    if nobody := next((row.row for row in judged.refused if _NOBODY & {reason.code for reason in row.reasons}), None):
        text = _("If row {} is no person but a total or a note, leave it out: --strike {}=REASON")
        click.echo(text.format(nobody, nobody), err=True)
    remark(judged, most)
    numbers = judged.totals()
    click.echo(
        _("Rows: {rows}; accepted {accepted}, corrected {corrected}, refused {refused}, struck out {struck}.").format(
            **numbers
        )
    )
    click.echo(
        _(
            "{passed} passed, {failed} failed, {absent} absent, {disqualified} disqualified, {ineligible} ineligible."
        ).format(**numbers)
    )


def _some(lines: list[str], most: int | None, indent: str = "  ", *, err: bool = False) -> None:
    """The first of the lines, and how many more there are."""
    for line in lines[:most]:
        click.echo(f"{indent}{line}", err=err)
    if most is not None and len(lines) > most:
        click.echo(_("  and {} more; `yinjian-sign check --all` shows them").format(len(lines) - most), err=err)


def _not_passed(judged: Judged, most: int | None) -> None:
    """Those whose outcome is another than passed, and of those who passed what is to be looked at."""
    others = [row for row in judged.rows if not row.struck and row.outcome not in (None, "passed")]
    if others:
        click.echo(_("Not passed:"))
    lines = []
    for row in others:
        told = (reason for reason in row.reasons if reason.kind == "remark" and reason.code != row.outcome)
        text = _("row {}: {}. {}").format(row.row, totals.words(row.outcome or ""), _GAP.join(r.message for r in told))
        lines.append(text.rstrip())
    _some(lines, most)
    doubtful = [(row, reason) for row in judged.rows if row.outcome == "passed" and not row.struck
                for reason in row.reasons if reason.kind == "remark" and reason.code != "not_printable"]  # fmt: skip
    if doubtful:
        click.echo(_("Passed, and to be looked at:"))
    _some([_line(row, reason) for row, reason in doubtful], most)


def remark(judged: Judged, most: int | None = _SHOWN) -> None:
    """What was read of the workbook and what was not, and what was read though nobody sees it; on standard error."""
    for row in judged.rows:
        if row.why is not None:
            click.echo(_("Left out: row {}, {}: {}").format(row.row, row.name or _("no name"), row.why), err=True)
    table = judged.table
    sheet = table.sheet
    taken = {place: HEADINGS[column] for column, place in table.columns.items()}
    taken |= {place: table.headings[place] for place in table.also_read}
    read = _COMMA.join(f"{column_letters(place)} {taken[place]}".replace("\n", " ") for place in sorted(taken))
    unread = _COMMA.join(f"{column_letters(place)} {heading or _('(no heading)')}".replace("\n", " ")
                         for place, heading in table.unread.items())  # fmt: skip
    click.echo(_("Columns read: {}. Not read: {}.").format(read, unread or _("none")), err=True)
    for place, heading in table.doubtful.items():
        text = _(
            "Column {} “{}” looks like marks or remarks and is not read: call it as the form does if it is to count."
        )
        click.echo(text.format(column_letters(place), heading or _("(no heading)")).replace("\n", " "), err=True)
    unprintable = [(row, reason) for row in judged.rows for reason in row.reasons
                   if reason.code == "not_printable" and not row.struck]  # fmt: skip
    _some([_line(row, reason) for row, reason in unprintable], most, "", err=True)
    if left := table.left_out():
        rows = _COMMA.join(map(str, left[:most])) + (" …" if most is not None and len(left) > most else "")
        click.echo(_("Rows that hold nobody and were left out: {} ({}).").format(len(left), rows), err=True)
    if sheet.encoding not in (None, "utf-8", "utf-8-sig"):
        click.echo(_("The text was read as {}.").format(str(sheet.encoding).upper()), err=True)
    if sheet.concealed:
        text = _("The first sheet, “{}”, is hidden; it was read all the same.")
        click.echo(text.format(sheet.cells.name), err=True)
    if sheet.others:
        text = _("Only the first sheet, “{}”, was read; behind it: {}.")
        click.echo(text.format(sheet.cells.name, joined(sheet.others)), err=True)
    if sheet.macros:
        click.echo(_("The workbook holds macros; they were not run."), err=True)
    if hidden := sum(row.row in sheet.cells.hidden_rows for row in judged.rows if not row.struck):
        click.echo(_("Hidden rows that were read: {}.").format(hidden), err=True)
    if out_of_sight := sorted(set(table.columns.values()) & sheet.cells.hidden_columns):
        text = _("Hidden columns were read: {}.")
        click.echo(text.format(_COMMA.join(map(column_letters, out_of_sight))), err=True)


def _line(row: Row, reason: Reason) -> str:
    return f"{reason.cell or _('row {}').format(row.row)}  {reason.message}"
