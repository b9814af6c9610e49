"""yinjian-keys: the key custodian's command."""

from typing import NoReturn

import click

from keys.commands.beginning import init, update
from keys.commands.looking import export, show
from keys.commands.rehearse import drill
from keys.commands.stages import compromise, retire, rotate, rotate_root
from keys.messages import _
from verify.shared import command


@click.group(
    cls=command.InOrder,
    help=_("Makes the centre's keys and keeps its keyring."),
    context_settings={"max_content_width": 110},
)
def commands() -> None:
    """The key custodian's command."""


for _command in (init, update, rotate, retire, compromise, rotate_root, drill, show, export):
    commands.add_command(_command)


def main() -> NoReturn:
    """Runs the command."""
    command.run(commands)


if __name__ == "__main__":
    main()
