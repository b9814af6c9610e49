"""``yinjian-verify fetch URL``: what a check without a network goes by, taken from a service, judged, and kept.

The one command of a check that asks a network. The service is not trusted: the keyring is followed from the pinned
root, the log is proved to go on from the one that was kept, and nothing older than what was kept takes its place.
"""

from pathlib import Path
from typing import Final

import click

from verify.commands import asking, goes_on, keeping, kept
from verify.commands.kept import Kept
from verify.core.chain import Chain
from verify.core.china_time import local_text
from verify.core.log.checkpoint import Signed
from verify.core.snapshot import Snapshot
from verify.shared import environment
from verify.shared.command import LOCALE, Refusal, examples, messages, print_json
from verify.shared.progress import shown

_ = messages(LOCALE)

_MOST: Final = {"keyring": 16 << 20, "snapshot": 256 << 20, "checkpoint": 1 << 20}
_KEYRING: Final = "/.well-known/yinjian/keyring"
_SNAPSHOT: Final = "/.well-known/yinjian/snapshot"
_CHECKPOINT: Final = "/log/checkpoint"


@click.command(
    epilog=examples("yinjian-verify fetch https://verify.example.org --root THUMBPRINT"),
    help=_(
        "Fetch a centre's keyring, snapshot and log checkpoint, and keep them for `check`.\n\n"
        "The first time it wants the root's thumbprint, which you have from the centre itself."
    ),
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
    base, host = asking.address(url)
    target = kept.file_of(place or kept.folder(), host)
    with keeping.alone(target):
        before = kept.read(target) if target.exists() else None
        pinned = _pinned(root or environment.setting("YINJIAN_ROOT", "keys.env"), target, before)
        with shown(_("Fetching from {}").format(host)):
            keyring = asking.get(base, _KEYRING, _MOST["keyring"])
            if keyring is None:
                raise Refusal(_("{} gives no keyring: is it a centre's service?").format(host))
            chain = keeping.newer_chain(keyring, pinned, before)
            signed = _checkpoint(base, chain, before)
            snapshot = asking.get(base, _SNAPSHOT, _MOST["snapshot"])
        taken, refused = None, None
        if snapshot is not None:
            try:
                taken = keeping.newer_snapshot(snapshot, chain, signed.size if signed else None, before)
            except Refusal as error:
                refused = error  # keyring and log are good all the same
        held = snapshot if taken is not None else before.snapshot if before is not None else None
        keeping.replace(target, pinned, keyring, held, signed.note if signed else None)
    if refused is not None:
        raise refused
    _tell(target, chain, signed, taken, as_json=as_json)


def _tell(target: Path, chain: Chain, signed: Signed | None, taken: Snapshot | None, *, as_json: bool) -> None:
    if as_json:
        snapshot = {"taken_at": taken.taken_at, "log_size": taken.log_size} if taken else None
        size = signed.size if signed else None
        print_json({"kept": str(target), "keyring": len(chain.versions), "checkpoint": size, "snapshot": snapshot})
        return
    click.echo(_("Keyring: version {}, back to the pinned root.").format(len(chain.versions)))
    click.echo(_("Log: size {}.").format(signed.size) if signed else _("Log: the service gives no checkpoint."))
    if taken is not None:
        told = _("Snapshot: certificates not valid: {}, as of {}.")
        click.echo(told.format(len(taken.standings), local_text(taken.taken_at)))
    else:
        click.echo(_("Snapshot: the service gives none; what is kept stays."))


def _checkpoint(base: str, chain: Chain, before: Kept | None) -> Signed | None:
    """The log's checkpoint, of a log that goes on from the one that was known. Raises Refusal."""
    old = before.checkpoint if before is not None else None
    data = asking.get(base, _CHECKPOINT, _MOST["checkpoint"])
    if data is None:
        if old is not None:
            text = _("The service gives no checkpoint of its log any more, which was of size {}.")
            raise Refusal(text.format(old.size))
        return None
    signed = kept.believed_checkpoint(data.decode("utf-8", "replace"), chain)
    if old is not None and kept.is_disowned(old, chain):
        text = _("The checkpoint kept here, of size {}, is of a key that was compromised before: it is let go.")
        click.echo(text.format(old.size), err=True)
    elif old is not None:
        goes_on.check(lambda path, most: asking.get(base, path, most), old, signed)
    return signed


def _pinned(told: str | None, target: Path, before: Kept | None) -> bytes:
    """The thumbprint to follow from; what was pinned before is not changed by another. Raises Refusal."""
    given = kept.root_of(told)
    if before is not None and given not in (None, before.root):
        raise Refusal(_("{} keeps another root for this service: remove it if you mean a new one.").format(target))
    pinned = before.root if before is not None else given
    if pinned is None:
        raise Refusal(
            _("Say the root's thumbprint with --root: it stands on the centre's papers, or ask by telephone.")
        )
    return pinned
