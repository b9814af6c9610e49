"""What the subcommands have in common."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from keys.folder import KeyFolder
from keys.messages import _
from keys.passphrase import Passphrases
from keys.root_medium import RootMedium
from verify.shared import environment

CENTRE: Final = click.option(
    "--centre",
    type=click.Path(path_type=Path),
    default="centre.toml",
    show_default=True,
    help=_("The centre's settings: issuing bodies, programmes, and the host that QR codes name."),
)
KEYS: Final = click.option(
    "--keys",
    "folder",
    type=click.Path(path_type=Path),
    help=_("The key folder, where YINJIAN_KEYS or var/keys.env does not tell it, or another is meant."),
)
ROOT_ON: Final = click.option(
    "--root-on",
    type=click.Path(path_type=Path),
    metavar="MEDIUM",
    help=_("The folder on the root's own medium, where YINJIAN_ROOT_MEDIUM does not tell it; else KEYS-root beside."),
)
EACH: Final = click.option(
    "--each", is_flag=True, help=_("Ask for a passphrase of its own for each purpose; see docs/keys.md.")
)
JSON: Final = click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))


def passphrases(*, each: bool = False) -> Passphrases:
    """Where this command's passphrases come from; the strength of a new one is told on standard error."""
    return Passphrases(each=each, tell=lambda words: click.echo(words, err=True))


def find(folder: Path | None, centre: Path) -> KeyFolder:
    """The key folder. Raises Refusal."""
    return KeyFolder.find(folder, beside=centre.absolute().parent / "keys")


@contextmanager
def with_root(folder: Path | None, centre: Path, root_on: Path | None) -> Iterator[tuple[KeyFolder, RootMedium]]:
    """The key folder for this command alone, and the root's medium, from which what was left undone is filed.

    Raises Refusal, KeyringRefused.
    """
    found = find(folder, centre)
    with found.alone():
        medium = RootMedium.find(root_on, found)
        if count := medium.settle(found):
            text = _("Versions of the keyring that the root signed and this folder lacked: {count}; filed now.")
            click.echo(text.format(count=count), err=True)
        yield found, medium


def registry_url() -> str | None:
    """Where the registry is; None where nobody said."""
    return environment.database_url("YINJIAN_DATABASE_URL", "YINJIAN_SIGNER_DATABASE_URL")


def now() -> int:
    """The time of day, in seconds since 1970."""
    return int(time.time())
