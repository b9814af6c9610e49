"""``yinjian-verify``: the public service, and checks without it."""

import sys
from typing import Final

import click

from verify.service import settings
from verify.shared import command as cli

_ = cli.messages(cli.LOCALE)


_APART: Final = ("doctor", "check", "fetch", "monitor", "fsck")


@click.group(
    cls=cli.Deferred,
    modules={name: f"verify.commands.{name}" for name in _APART},
    help=_("The public service that verifies certificates."),
)
def command() -> None:
    """The group of all subcommands."""


@command.command(
    help=_(
        "Serve the public site until told to stop. Settings: the YINJIAN_… variables, which docs/operator.md lists, "
        "and the var folder. SIGHUP takes them anew without a request lost."
    )
)
@click.option(
    "--host",
    envvar="YINJIAN_HOST",
    default="127.0.0.1",
    show_default=True,
    help=_("The address to listen on, or YINJIAN_HOST; 0.0.0.0 is every one of this machine's."),
)
@click.option(
    "--port",
    envvar="YINJIAN_PORT",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help=_("The port to listen on, or YINJIAN_PORT; 0 takes a free one."),
)
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


def main() -> None:
    """The entry point."""
    cli.run(command, refusals=(settings.SettingRefused,))


if __name__ == "__main__":
    main()
