"""``yinjian-sign publish``: a release into the registry. The one command that needs a network."""

from pathlib import Path

import click

from keys.folder import KeyFolder
from signing.centre.centre_toml import Centre
from signing.commands import options
from signing.messages import _
from verify.shared import command, environment
from verify.shared.command import Refusal

_URL = "YINJIAN_SIGNER_DATABASE_URL"


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
    from signing.release import publish as publishing

    root, keyring = _keyring(keyring_file, centre_file, keys_dir)
    done = publishing.publish(release, database_url(), keyring=keyring, root=root)
    if as_json:
        command.print_json(done)
    elif done.added:
        click.echo(_("Published: {} statements, {} of them new.").format(done.statements, done.added))
    else:
        click.echo(_("Everything in this release was published before; nothing changed."))


def _keyring(keyring_file: Path | None, centre_file: Path, keys_dir: Path | None) -> tuple[bytes, bytes]:
    """The pinned root's thumbprint and every keyring version."""
    if keyring_file is None:
        beside = centre_file.absolute().parent / "keys"
        if centre_file.is_file():
            beside = centre_file.absolute().parent / Centre.load(centre_file).paths.keys
        folder = KeyFolder.find(keys_dir, beside=beside)
        folder.chain()  # refuses one that was altered or is older than one seen here
        return folder.root, folder.keyring()
    root = environment.setting("YINJIAN_ROOT", "keys.env")
    try:
        thumbprint = bytes.fromhex(root or "")
    except ValueError:
        thumbprint = b""
    if len(thumbprint) != 32:
        raise Refusal(_("Set YINJIAN_ROOT to the root's thumbprint, 64 hex digits, which `yinjian-keys init` printed."))
    return thumbprint, keyring_file.read_bytes()


def database_url() -> str:
    """Where the registry is. Raises Refusal where nobody said."""
    url = environment.setting("YINJIAN_DATABASE_URL", "database.env") or environment.setting(_URL, "database.env")
    if url is None:
        raise Refusal(_("No registry is known: set YINJIAN_DATABASE_URL, or run `yinjian-migrate up` here first."))
    return url
