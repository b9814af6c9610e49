"""``yinjian-sign adopt``: papers from before, registered under the numbers they have."""

import datetime
from pathlib import Path

import click

from signing.centre.centre_toml import Centre
from signing.centre.exam_names import ExamName
from signing.centre.room import now
from signing.commands import check as checking
from signing.commands import lists, options
from signing.messages import _
from signing.steps import adopt as adopting
from signing.steps.making import prepare
from signing.workbook import old_papers
from signing.workbook.strikes import parse
from verify.core.china_time import local_day
from verify.shared import agreement, command
from verify.shared.progress import shown


@click.command(
    epilog=command.examples("yinjian-sign adopt papers.xlsx --exam 2019-06 --date 2019-06-30 --check"),
    help=_(
        "Register papers of earlier years under the numbers they have, with the list that names them.\n\n"
        "BOOK has the columns 姓名, 证书编号 and 发证日期, and 身份证号 where it is known; without an ID number a "
        "paper is found by its number alone."
    ),
)
@options.book
@options.exam
@click.option(
    "--date",
    "dated",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help=_("The date on every paper whose row says none, such as 2019-06-30."),
)
@click.option("--check", "only_check", is_flag=True, help=_("Judge the rows, and register nothing."))
@agreement.yes
@options.centre
@options.keys
@options.as_json
def adopt(
    *,
    book: Path,
    strikes: tuple[str, ...],
    exam: str,
    dated: datetime.datetime | None,
    only_check: bool,
    yes: bool,
    centre_file: Path,
    keys_dir: Path | None,
    as_json: bool,
) -> int:
    """``yinjian-sign adopt BOOK --exam TERM``."""
    centre = Centre.load(centre_file)
    term = centre.term(exam)
    codes = ExamName.read(exam).among(entry.code for entry in centre.exams)
    judged = old_papers.read(
        book,
        centre,
        parse(strikes),
        local_day(now()),
        programmes=[entry.programme for entry in centre.exams if entry.code in codes],
        dated=dated.date() if dated else None,
        progress=shown,
    )
    if only_check or judged.refused:
        if as_json:
            command.print_json(checking.answer(judged))
        else:
            checking.say(judged)
        return 1 if judged.refused else 0
    prepare.check_rows(judged)  # before anybody is asked for the passphrase
    checking.remark(judged)
    with options.at_work(centre_file, keys_dir) as session:
        made = agreement.agreed(lambda agreed: adopting.adopt(session, judged, term, agreed=agreed), yes=yes)
    if as_json:
        command.print_json(lists.answer(made))
        return 0
    lists.say(made)
    click.echo(_("Papers registered once this is published: {}.").format(len(made.certificates)))
    return 0
