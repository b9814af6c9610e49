"""``init`` and ``update``: the first keys, and the keyring that follows the centre's settings."""

from pathlib import Path

import click

from keys import generate, rotation
from keys.commands import key_options as options
from keys.commands.looking import shown, tell
from keys.folder import SETTINGS
from keys.messages import _
from keys.programmes import Published
from keys.root_medium import check_absent
from verify.shared import command, environment
from verify.shared.toml.settings_file import Source


@click.command(
    epilog=command.examples("yinjian-keys init keys", "yinjian-keys init keys --root-on /media/usb/yinjian"),
    short_help=_("Make the first keys and the keyring."),
    help=_(
        "Makes certificate, status and log keys, the lookup secret and the first keyring in the new folder DIR, the "
        "root on a medium of its own, and prints the root's thumbprint.\n\nThe passphrase is asked for, or comes from "
        "the file that YINJIAN_PASSPHRASE_FILE names, or from YINJIAN_PASSPHRASE; one for a purpose from "
        "YINJIAN_PASSPHRASE_FILE_ROOT and the like."
    ),
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--root-on",
    type=click.Path(path_type=Path),
    metavar="MEDIUM",
    help=_("A new folder on the root's own medium; DIR-root beside where nothing is said."),
)
@options.CENTRE
@options.EACH
@options.JSON
def init(folder: Path, *, root_on: Path | None, centre: Path, each: bool, as_json: bool) -> None:
    """Makes a centre's first keys."""
    settings = Published.read(Source.of(centre))
    check_absent(folder.absolute())
    passphrases = options.passphrases(each=each)
    made, medium, chain = generate.init(folder, settings, passphrases, options.now(), root_on)
    if as_json:
        command.print_json(shown(made, chain) | {"root_medium": str(medium.path)})
        return
    click.echo(_("The keys are in {folder}.").format(folder=made.path))
    tell(made, chain)
    click.echo()
    click.echo(_("The root's thumbprint, by which verifiers know this centre (YINJIAN_ROOT):"))
    click.echo(made.root.hex())
    if not made.is_remembered():
        file = environment.var_folder() / SETTINGS
        click.echo(_("{file} goes on naming other keys: say with YINJIAN_KEYS that these are meant.").format(file=file))
    text = _("The root is on {place}, and in no other place: carry it away, and bring it for the keyring alone.")
    click.echo(text.format(place=medium.path))
    click.echo(
        _("Keep a copy of the folder elsewhere, and the passphrase apart from both: nobody can make them again.")
    )


@click.command(
    short_help=_("Bring new settings into the next keyring."),
    help=_(
        "Brings what the settings have more into the next keyring version: issuing bodies, programmes, the host. "
        "Renews its term when that is nearly over. Does nothing where all is as it was."
    ),
)
@options.CENTRE
@options.KEYS
@options.ROOT_ON
@options.JSON
def update(*, centre: Path, folder: Path | None, root_on: Path | None, as_json: bool) -> None:
    """Signs the next keyring where the settings have more."""
    settings = Published.read(Source.of(centre))
    found = options.find(folder, centre)
    chain = found.chain()
    if rotation.following(chain, settings, options.now()) is not None:  # or else the root may stay where it is
        with options.with_root(folder, centre, root_on) as (found, medium):
            chain = found.chain()
            keyring = rotation.following(chain, settings, options.now())
            if keyring is not None:
                medium.sign(found, keyring, options.passphrases())
    else:
        keyring = None
    old = chain.newest
    changes = [] if keyring is None else rotation.differences(old, keyring)
    if as_json:
        command.print_json({"version": (keyring or old).version, "changes": changes})
    elif keyring is None:
        click.echo(_("Nothing to do: the keyring (version {version}) says all of this.").format(version=old.version))
    else:
        click.echo(_("Keyring version {version}:").format(version=keyring.version))
        for change in changes:
            click.echo(f"  {change}")
        click.echo(_("It takes effect when the next release is published."))
