"""``yinjian-verify fetch URL``: what a check without a network goes by, taken from a service, judged, and kept.

The one command of a check that asks a network. The service is not trusted: the keyring is followed from the pinned
root, and nothing older than what was kept takes its place.
"""

import http.client
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Final

import click

from verify.commands import kept
from verify.core.china_time import local_text
from verify.shared import environment
from verify.shared.command import LOCALE, Refusal, messages, print_json
from verify.shared.progress import shown

_ = messages(LOCALE)

_SECONDS: Final = 30
_MOST: Final = {"keyring": 16 << 20, "snapshot": 256 << 20, "checkpoint": 1 << 20}
_KEYRING: Final = "/.well-known/yinjian/keyring"
_SNAPSHOT: Final = "/.well-known/yinjian/snapshot"
_CHECKPOINT: Final = "/log/checkpoint"


@click.command(
    help=_(
        "Fetch a centre's keyring, snapshot and log checkpoint, and keep them for `check`.\n\n"
        "The first time it wants the root's thumbprint, which you have from the centre itself."
    )
)
@click.argument("url")
@click.option("--root", envvar="YINJIAN_ROOT", help=_("The thumbprint of the centre's first root key, 64 hex digits."))
@click.option(
    "--kept",
    "place",
    type=click.Path(path_type=Path),
    help=_("The folder to keep things in; this system's folder for programs' data where it is not given."),
)
@click.option("--json", "as_json", is_flag=True, help=_("Answer as JSON."))
def fetch(url: str, *, root: str | None, place: Path | None, as_json: bool) -> None:
    """Keeps what is believed, or refuses and keeps what was there."""
    site = urllib.parse.urlsplit(url if "//" in url else f"https://{url}")
    if site.scheme not in ("https", "http") or not site.hostname:
        raise click.UsageError(_("{} is no address of a service.").format(url))
    target = (place or kept.folder()) / site.netloc.lower().replace(":", "_")
    before = kept.read(target) if (target / kept.ROOT).is_file() else None
    pinned = _pinned(root or environment.setting("YINJIAN_ROOT", "keys.env"), target)
    base = f"{site.scheme}://{site.netloc}{site.path.rstrip('/')}"
    with shown(_("Fetching from {}").format(site.netloc)):
        keyring = get(base, _KEYRING, _MOST["keyring"])
        note = get(base, _CHECKPOINT, _MOST["checkpoint"])
        snapshot = get(base, _SNAPSHOT, _MOST["snapshot"])
    if keyring is None:
        raise Refusal(_("{} gives no keyring: is it a centre's service?").format(site.netloc))
    chain = kept.newer_chain(keyring, pinned, before)
    text = note.decode("utf-8", "replace") if note is not None else None
    signed = kept.newer_checkpoint(text, chain, before) if text is not None else None
    taken, refused = None, None
    if snapshot is not None:
        try:
            taken = kept.newer_snapshot(snapshot, chain, signed.size if signed else None, before)
        except Refusal as error:
            refused = error  # keyring and log are good all the same
    kept.replace(target, pinned, keyring, snapshot if taken else None, text)
    said = {
        "kept": str(target),
        "keyring": len(chain.versions),
        "checkpoint": signed.size if signed else None,
        "snapshot": {"taken_at": taken.taken_at, "log_size": taken.log_size} if taken else None,
    }
    if refused is not None:
        raise refused
    if as_json:
        print_json(said)
        return
    click.echo(_("Keyring: version {}, back to the pinned root.").format(len(chain.versions)))
    click.echo(_("Log: {} entries.").format(signed.size) if signed else _("Log: the service gives no checkpoint."))
    if taken is not None:
        told = _("Snapshot: {} certificates not valid, as of {}.")
        click.echo(told.format(len(taken.standings), local_text(taken.taken_at)))
    else:
        click.echo(_("Snapshot: the service gives none; what is kept stays."))


def _pinned(told: str | None, target: Path) -> bytes:
    """The thumbprint to follow from; what was pinned before is not changed by another. Raises Refusal."""
    given = kept.root_of(told)
    there = target / kept.ROOT
    before = kept.root_of(there.read_text("utf-8")) if there.is_file() else None
    if given is not None and before is not None and given != before:
        raise Refusal(
            _("{} keeps another root for this service: remove the folder if you mean a new one.").format(target)
        )
    pinned = before or given
    if pinned is None:
        raise Refusal(
            _("Say the root's thumbprint with --root: it stands on the centre's papers, or ask by telephone.")
        )
    return pinned


def get(base: str, path: str, most: int) -> bytes | None:
    """What the service at ``base`` has at ``path``, whole; None where it has nothing. Raises Refusal."""
    request = urllib.request.Request(base + path, headers={"User-Agent": "yinjian-verify"})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - as above
            data: bytes = answer.read(most + 1)
            length = answer.headers.get("Content-Length")
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.NOT_FOUND:
            return None
        raise Refusal(_("{}: the service answers {}.").format(path, error.code)) from None
    except (OSError, http.client.HTTPException) as error:
        raise Refusal(_("{}: the service does not answer ({}).").format(path, type(error).__name__)) from None
    if len(data) > most:
        raise Refusal(_("{}: more than is read.").format(path))
    if length is not None and length.isdecimal() and int(length) != len(data):
        raise Refusal(_("{}: it ended before all of it was here; fetch again.").format(path))
    return data
