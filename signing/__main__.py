"""yinjian-sign: the issuing centre's command."""

import os
from typing import NoReturn

import click

from signing.commands.adopt import adopt
from signing.commands.certificates import change, export_year, find, withdraw
from signing.commands.check import check
from signing.commands.ledger import begin, ledger
from signing.commands.lists import announce, issue
from signing.commands.office import dates, make_template, objections
from signing.commands.printing import paper_template, print_
from signing.commands.publish import publish
from signing.commands.resign import resign
from signing.commands.take_log import take_log
from signing.commands.take_snapshot import take_snapshot
from signing.messages import _
from verify.shared import command


@click.group(
    cls=command.InOrder,
    help=_("The issuing centre's work: check a workbook, announce, issue, publish, correct."),
    context_settings={"max_content_width": 110},
)
def commands() -> None:
    """The issuing centre's command."""


for _command in (
    make_template,
    begin,
    dates,
    check,
    announce,
    objections,
    issue,
    publish,
    print_,
    paper_template,
    change,
    withdraw,
    find,
    export_year,
    take_snapshot,
    adopt,
    ledger,
    resign,
    take_log,
):
    commands.add_command(_command)


def main() -> NoReturn:
    """Entry point of yinjian-sign. What it writes is for nobody else on this machine."""
    os.umask(0o077)
    command.run(commands)


if __name__ == "__main__":
    main()
