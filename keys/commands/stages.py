"""``rotate``, ``retire``, ``compromise``, ``rotate-root``: the life of a key, step by step."""

from pathlib import Path
from typing import Any

import click

from keys import waiting
from keys.commands import key_options as options
from keys.generate import beside
from keys.life import ROTATED, Done, Life
from keys.messages import _
from verify.shared import agreement, command


@click.command(
    epilog=command.examples("yinjian-keys rotate certificate", "yinjian-keys rotate status"),
    short_help=_("Add a new key, which signs from then on."),
    help=_(
        "Makes a new key for USE, which signs everything new from then on, and the keyring's next version. What older "
        "keys signed stays as it is; `yinjian-keys retire` ends an older one."
    ),
)
@click.argument("use", type=click.Choice(list(ROTATED)))
@click.option("--programme", "programmes", multiple=True, metavar="CODE", help=_("Sign for this programme alone."))
@options.CENTRE
@options.KEYS
@options.ROOT_ON
@options.EACH
@agreement.yes
@options.JSON
def rotate(
    *,
    use: Any,
    programmes: tuple[str, ...],
    centre: Path,
    folder: Path | None,
    root_on: Path | None,
    each: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """``yinjian-keys rotate USE``."""
    with options.with_root(folder, centre, root_on) as (found, medium):
        life = Life(found, medium, options.passphrases(each=each), options.now())
        done = agreement.agreed(lambda agreed: life.rotate(use, programmes, agreed=agreed), yes=yes)
    _tell(done, as_json=as_json)


@click.command(
    short_help=_("End a key; what it signed stays."),
    help=_(
        "Ends the key KID (8 hex digits): it signs nothing more, and what it signed stays. Refused while a release of "
        "it waits to be published, and where it is the last of its use."
    ),
)
@click.argument("kid")
@click.option("--all-published", is_flag=True, help=_("Every release is published, and no registry is to be asked."))
@options.CENTRE
@options.KEYS
@options.ROOT_ON
@agreement.yes
@options.JSON
def retire(
    *,
    kid: str,
    all_published: bool,
    centre: Path,
    folder: Path | None,
    root_on: Path | None,
    yes: bool,
    as_json: bool,
) -> None:
    """``yinjian-keys retire KID``."""
    releases = waiting.releases(centre)
    url = None if all_published else options.registry_url()
    with options.with_root(folder, centre, root_on) as (found, medium):
        life = Life(found, medium, options.passphrases(), options.now(), url=url)
        done = agreement.agreed(
            lambda agreed: life.retire(kid, releases, all_published=all_published, agreed=agreed), yes=yes
        )
    _tell(done, as_json=as_json)


@click.command(
    epilog=command.examples("yinjian-keys compromise 1f2e3d4c --below 1208"),
    short_help=_("Declare a key stolen."),
    help=_(
        "Declares that the key KID (8 hex digits) is in other hands: what it signed is believed in the log below SIZE "
        "alone. `yinjian-sign resign` then makes anew what should go on to hold."
    ),
)
@click.argument("kid")
@click.option(
    "--below",
    type=click.IntRange(min=0),
    required=True,
    metavar="SIZE",
    help=_("The log size up to which you are sure that only the centre had the key."),
)
@options.CENTRE
@options.KEYS
@options.ROOT_ON
@agreement.yes
@options.JSON
def compromise(
    *, kid: str, below: int, centre: Path, folder: Path | None, root_on: Path | None, yes: bool, as_json: bool
) -> None:
    """``yinjian-keys compromise KID --below SIZE``."""
    with options.with_root(folder, centre, root_on) as (found, medium):
        life = Life(found, medium, options.passphrases(), options.now(), url=options.registry_url())
        done = agreement.agreed(lambda agreed: life.compromise(kid, below, agreed=agreed), yes=yes)
    _tell(done, as_json=as_json)
    if not as_json:
        click.echo(_("Next: `yinjian-sign resign`, then `yinjian-sign publish`."))


@click.command(
    "rotate-root",
    short_help=_("Hand over to a new root on a new medium."),
    help=_(
        "Makes a new root on the new medium at MEDIUM; the old one, whose medium must be there too, signs the keyring "
        "that names it and is retired with that."
    ),
)
@click.argument("new", metavar="[MEDIUM]", required=False, type=click.Path(path_type=Path))
@options.CENTRE
@options.KEYS
@options.ROOT_ON
@options.EACH
@agreement.yes
@options.JSON
def rotate_root(
    *,
    new: Path | None,
    centre: Path,
    folder: Path | None,
    root_on: Path | None,
    each: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """``yinjian-keys rotate-root MEDIUM``."""
    with options.with_root(folder, centre, root_on) as (found, medium):
        version = found.chain().newest.version + 1
        place = new or beside(found.path).with_name(f"{beside(found.path).name}-{version}")
        life = Life(found, medium, options.passphrases(each=each), options.now())
        done = agreement.agreed(lambda agreed: life.rotate_root(place, agreed=agreed), yes=yes)
    _tell(done, as_json=as_json)
    if not as_json:
        click.echo(_("The new root is on {place}: carry it away, and keep a second copy.").format(place=place))


def _tell(done: Done, *, as_json: bool) -> None:
    keyring = done.chain.newest
    if as_json:
        told: dict[str, object] = {"version": keyring.version, "changes": done.changes, "kid": done.key.kid.hex()}
        if done.forecast is not None:
            told["exams"] = {
                exam: [{"before": before, "after": after, "count": n} for (before, after), n in counts.items()]
                for exam, counts in done.forecast.exams.items()
            }
            told["valid_again"] = done.forecast.valid_again
        if done.notes is not None:
            told["checkpoints"] = {"count": done.notes.count, "first": done.notes.first, "last": done.notes.last}
        command.print_json(told)
        return
    click.echo(_("Keyring version {version}:").format(version=keyring.version))
    for change in done.changes:
        click.echo(f"  {change}")
    click.echo(_("It takes effect when the next release is published."))
