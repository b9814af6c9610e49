"""``yinjian-keys drill``: the whole ceremony on copies."""

from pathlib import Path

import click

from keys import drill as rehearsal
from keys.commands import key_options as options
from keys.messages import _
from verify.shared import command


@click.command(
    short_help=_("Rehearse the whole ceremony on copies."),
    help=_(
        "Rehearses the whole ceremony on copies, which are gone afterwards: opens every key, adds, ends and declares "
        "keys stolen, hands the root over. To be done each year, with the media and the passphrases as they are kept."
    ),
)
@options.CENTRE
@options.KEYS
@options.ROOT_ON
@options.JSON
def drill(*, centre: Path, folder: Path | None, root_on: Path | None, as_json: bool) -> None:
    """``yinjian-keys drill``."""
    steps = []
    with options.with_root(folder, centre, root_on) as (found, medium):
        for step in rehearsal.drill(found, medium, options.passphrases(), options.now()):
            steps.append(step)
            if not as_json:
                click.echo(f"  {step}")
    if as_json:
        command.print_json({"steps": steps})
    else:
        click.echo(_("The drill is over, and nothing was changed. Do it again within a year."))
