"""``yinjian-sign publish``: a release into the registry. The one command that needs a network."""

from pathlib import Path

import click

from signing.centre.room import now
from signing.commands import options
from signing.messages import _
from verify.shared import command
from verify.shared.progress import shown


@click.command(
    help=_("Verify a release once more and write it to the registry: all of it, or nothing. Safe to repeat.")
)
@click.argument("release", type=click.Path(path_type=Path))
@click.option(
    "--keyring",
    "keyring_file",
    type=click.Path(path_type=Path),
    help=_("Every keyring version in one file, where this machine has no key folder."),
)
@options.centre
@options.keys
@options.as_json
def publish(release: Path, keyring_file: Path | None, centre_file: Path, keys_dir: Path | None, as_json: bool) -> None:
    """``yinjian-sign publish RELEASE``."""
    from signing.steps import publish as publishing

    keyring = publishing.keyring(keyring_file, centre_file, keys_dir)
    done = publishing.publish(release, keyring, now(), shown)
    if as_json:
        command.print_json(done)
    elif done.added:
        click.echo(_("Published: {} statements, {} of them new.").format(done.statements, done.added))
    else:
        click.echo(_("Everything in this release was published before; nothing changed."))
