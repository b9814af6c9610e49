"""``yinjian-sign publish``: a release into the registry. The one command that needs a network."""

import functools
from pathlib import Path

import click

from keys.passphrase import Passphrases
from signing.centre.room import Room, now
from signing.commands import options
from signing.messages import _
from signing.release.into_log import Logbook
from signing.release.into_registry import Publication
from signing.release.release_file import ReleaseRefused
from signing.steps.publish import Waiting
from verify.shared import agreement, command
from verify.shared.command import joined
from verify.shared.progress import shown


@click.command(
    epilog=command.examples("yinjian-sign publish", "yinjian-sign publish releases/2022-04-notice-1.release"),
    help=_(
        "Verify releases once more and write them to the registry: each whole, or nothing of it. Safe to repeat.\n\n"
        "Without RELEASE it shows those that wait and publishes them in their order. The log's key is needed, and the "
        "file log-state beside it: both stay on the machine that publishes."
    ),
)
@click.argument("releases", nargs=-1, type=click.Path(path_type=Path), metavar="[RELEASE]...")
@click.option(
    "--keyring",
    "keyring_file",
    type=click.Path(path_type=Path),
    help=_("Every keyring version in one file, where this machine has no key folder."),
)
@click.option(
    "--lost",
    is_flag=True,
    help=_("First publish, byte for byte, what was signed for the log and the registry has lost, as after a restore."),
)
@options.centre
@options.keys
@agreement.yes
@options.as_json
def publish(
    releases: tuple[Path, ...],
    *,
    keyring_file: Path | None,
    lost: bool,
    centre_file: Path,
    keys_dir: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """``yinjian-sign publish RELEASE``."""
    from signing.steps import publish as publishing

    keyring = publishing.keyring(keyring_file, centre_file, keys_dir)
    if releases:
        found = [publishing.named(path, centre_file, now()) for path in releases]
    else:
        found = publishing.waiting(Room.open(centre_file, keys_dir), now())
        for one in found:
            click.echo(_("To be published: {}").format(one.path.name), err=True)
    done: list[Publication] = []
    if not found and not lost:
        click.echo(_("No release waits to be published."), err=True)
        if as_json:
            command.print_json(done)
        return
    log = publishing.logbook(centre_file, keys_dir, Passphrases(), now())
    if lost:
        given = agreement.agreed(
            lambda agreed: publishing.give_back(keyring, log, now(), shown, agreed=agreed), yes=yes
        )
        click.echo(_("Published again, as they were: {}").format(joined(given) or _("nothing was lost")), err=True)
    for one in found:
        try:
            publication = agreement.agreed(functools.partial(_publish, one, keyring, log), yes=yes)
        except ReleaseRefused as error:
            raise error if len(found) == 1 else error.of(one.path.name) from None
        done.append(publication)
        if as_json:
            continue
        named = f"{one.path.name}: " if len(found) > 1 else ""
        if publication.given_back:
            click.echo(named + _("Published again, as it was signed before: the registry had lost it."))
        elif publication.added:
            text = _("Published. Statements: {}, new among them: {}.")
            click.echo(named + text.format(publication.statements, publication.added))
        else:
            click.echo(named + _("Everything in this release was published before; nothing changed."))
    if done and done[-1].snapshot_due:
        click.echo(
            _("What was published since the last snapshot is not in it: `yinjian-sign snapshot` makes the next."),
            err=True,
        )
    if as_json:
        command.print_json(done[0] if len(releases) == 1 else done)


def _publish(one: Waiting, keyring: tuple[bytes, bytes], log: Logbook, agreed: bool) -> Publication:
    from signing.steps import publish as publishing

    return publishing.publish(one, keyring, log, now(), shown, agreed=agreed)
