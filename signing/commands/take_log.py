"""``yinjian-sign take-log``: another machine publishes from now on."""

import urllib.error
import urllib.request
from pathlib import Path

import click

from keys.passphrase import Passphrases
from signing.centre.room import now
from signing.commands import options
from signing.messages import _
from verify.shared import agreement
from verify.shared.command import Refusal

_MOST = 1 << 20


@click.command(
    "take-log",
    help=_(
        "Make this machine the one that publishes, once the log's key and the file log-state beside it were brought "
        "here. PUBLIC is the public site's checkpoint, by its address (https://…/log/checkpoint) or as a file: key "
        "and file are compared with it and with the registry. The other machine must never publish again.\n\n"
        "Where the file is lost everywhere, --state-lost begins it anew from the registry, which must have all that "
        "PUBLIC says: then give the largest checkpoint that anybody has."
    ),
)
@click.argument("public", metavar="PUBLIC")
@click.option("--state-lost", "lost", is_flag=True, help=_("Begin the file log-state anew, which is lost everywhere."))
@options.centre
@options.keys
@agreement.yes
def take_log(public: str, *, lost: bool, centre_file: Path, keys_dir: Path | None, yes: bool) -> None:
    """``yinjian-sign take-log PUBLIC``."""
    from signing.steps import publish as publishing

    keyring = publishing.keyring(None, centre_file, keys_dir)
    log = publishing.logbook(centre_file, keys_dir, Passphrases(), now(), lost=lost)
    said = _read(public)
    agreement.agreed(lambda agreed: publishing.take_log(said, keyring, log, now(), lost=lost, agreed=agreed), yes=yes)
    click.echo(_("This machine publishes from now on, and no other."))


def _read(public: str) -> str:
    try:
        if public.startswith(("https://", "http://")):
            with urllib.request.urlopen(public, timeout=30) as answer:  # noqa: S310 -- http and https alone
                return str(answer.read(_MOST).decode("utf-8"))
        return Path(public).read_text("utf-8")
    except (urllib.error.URLError, TimeoutError, UnicodeDecodeError) as error:
        raise Refusal(_("{}: no checkpoint could be read ({}).").format(public, type(error).__name__)) from None
