"""``yinjian-verify``: the public service, and checks without it."""

import sys

import click

from verify.commands.check import check
from verify.commands.doctor import doctor
from verify.commands.fetch import fetch
from verify.commands.fsck import fsck
from verify.commands.monitor import monitor
from verify.service import settings
from verify.shared import command as cli

_ = cli.messages(cli.LOCALE)


@click.group(help=_("The public service that verifies certificates."))
def command() -> None:
    """The group of all subcommands."""


@command.command(
    help=_(
        "Serve the public site until told to stop. Settings: YINJIAN_… and the var folder. SIGHUP takes them anew "
        "without a request lost."
    )
)
@click.option("--host", envvar="YINJIAN_HOST", default="127.0.0.1", show_default=True)
@click.option("--port", envvar="YINJIAN_PORT", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--workers",
    envvar="YINJIAN_WORKERS",
    type=click.IntRange(1, 512),
    help=_("Processes that answer; as many as this program may use processors, unless said."),
)
def serve(host: str, port: int, workers: int | None) -> None:
    """Runs until SIGINT or SIGTERM."""
    if sys.platform == "win32":
        raise cli.Refusal(_("The public service runs on Linux and macOS."))
    from verify.commands import serve as serving

    serving.run(host, port, workers)


command.add_command(check)
command.add_command(doctor)
command.add_command(fetch)
command.add_command(fsck)
command.add_command(monitor)


def main() -> None:
    """The entry point."""
    cli.run(command, refusals=(settings.SettingRefused,))


if __name__ == "__main__":
    main()
