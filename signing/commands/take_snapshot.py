"""``yinjian-sign snapshot``: what is not valid, for verifiers without a network."""

from pathlib import Path

import click

from signing.commands import options
from signing.messages import _
from verify.shared import command


@click.command(
    "snapshot",
    help=_(
        "Sign what the published register says is not valid, for checks without a network: a release of its own.\n\n"
        "It holds the beginnings of hashes, no number and no name. The registry is asked."
    ),
)
@options.centre
@options.keys
@options.as_json
def take_snapshot(*, centre_file: Path, keys_dir: Path | None, as_json: bool) -> None:
    """``yinjian-sign snapshot``."""
    from signing.steps import publish, take_snapshot

    url = publish.database_url()
    with options.at_work(centre_file, keys_dir) as session:
        done = take_snapshot.take(session, url)
    if as_json:
        command.print_json(
            {
                "release": str(done.path),
                "taken_at": done.snapshot.taken_at,
                "log_size": done.snapshot.log_size,
                "not_valid": len(done.snapshot.standings),
                "bytes": done.path.stat().st_size,
            }
        )
        return
    text = _("Published statements: {}; certificates not valid: {}.")
    click.echo(text.format(done.snapshot.log_size, len(done.snapshot.standings)))
    click.echo(_("Release: {}").format(done.path))
