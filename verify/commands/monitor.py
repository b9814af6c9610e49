"""``yinjian-verify monitor URL --state FILE``: a log followed from outside, with what the public has; made for cron."""

import functools
import sys
from pathlib import Path
from typing import Final

import click
import msgspec

from verify.commands import asking, kept
from verify.monitor.following import AGAIN, Follower, Look
from verify.monitor.remembered import Remembered
from verify.shared import environment, kind_words
from verify.shared.command import LOCALE, Refusal, examples, messages, print_json
from verify.shared.progress import shown

_ = messages(LOCALE)

_UNREACHED: Final = 3
_SHOWN: Final = 20
"""Entries, and alarms, that are told one by one where not all are asked for."""


@click.command(
    epilog=examples("yinjian-verify monitor https://verify.example.org --state seen.sqlite --root THUMBPRINT"),
    help=_(
        "Follow a centre's log from outside, with what the public has: refuses a fork, a rewrite and a size that went "
        "back, tells every new entry, and holds each pass list that is shown to the log.\n\nExit code 0 all in order, "
        "1 an alarm, 2 wrong usage, 3 the service could not be asked."
    ),
)
@click.argument("url")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help=_("The file of what was seen so far."),
)
@click.option("--root", envvar="YINJIAN_ROOT", help=_("The thumbprint of the centre's first root key, 64 hex digits."))
@click.option(
    "--database",
    metavar="URL",
    help=_("A database whose statements may be read: every certificate must be named by a list or a replacement."),
)
@click.option(
    "--whole",
    is_flag=True,
    help=_("Read every older entry once more; otherwise up to 4,096 of them, drawn by lot."),
)
@click.option("--all", "everything", is_flag=True, help=_("Show every new entry, and not the first of them."))
@click.option("--json", "as_json", is_flag=True, help=_("Answer as JSON."))
def monitor(
    url: str, *, state: Path, root: str | None, database: str | None, whole: bool, everything: bool, as_json: bool
) -> None:
    """Looks once."""
    base, _host = asking.address(url)
    if database is not None:
        environment.database("--database", database)
    with Remembered(state) as seen:
        pinned = kept.root_of(root or environment.setting("YINJIAN_ROOT", "keys.env")) or seen.root
        if pinned is None:
            raise Refusal(
                _("Say the root's thumbprint with --root: it stands on the centre's papers, or ask by telephone.")
            )
        if seen.root not in (None, pinned) or seen.address not in (None, base):
            raise Refusal(_("{} is of another log ({}): take a file of its own for each.").format(state, seen.address))
        try:
            again = None if whole else AGAIN
            ask = functools.partial(asking.get, base)
            found = Follower(ask, seen, pinned, shown, again=again).look(base)
            if database is not None and found.size:  # of what was seen, where the look itself was refused
                from verify.monitor import with_database  # the bare wheel is without the registry's driver

                more = with_database.check(database, seen, pinned, found.size)
                found = msgspec.structs.replace(found, alarms=(*found.alarms, *more))
        except Refusal as error:
            click.echo(_("Could not look: {}").format(error), err=True)
            sys.exit(_UNREACHED)
    if as_json:
        print_json(found)
    else:
        _say(found, None if everything else _SHOWN)
    if found.alarms:
        sys.exit(1)


def _say(found: Look, most: int | None) -> None:
    text = _("Log: size {}, larger than at the last look by {}.")
    click.echo(text.format(found.size, found.size - found.before))
    for kind, count in found.new.items():
        click.echo(_("New in the log, {}: {}.").format(kind_words.said(kind), count))
    for entry in found.entries[:most]:
        click.echo(f"  {entry.index}  {kind_words.said(entry.kind)}  {entry.digest}  {entry.exam or ''}".rstrip())
    if most is not None and len(found.entries) > most:
        click.echo(_("  and {} more; --all or --json shows them").format(len(found.entries) - most))
    for exam, count in found.lists.items():
        click.echo(_("Certificates that the list of {} that is shown names: {}.").format(exam, count))
    text = _("Certificates in the log: {}; named by a list that was shown: {}.")
    click.echo(text.format(found.certificates, found.named))
    for alarm in found.alarms[:most]:
        click.echo(_("ALARM {}: {}").format(alarm.code, alarm.told), err=True)
        click.echo(f"  {alarm.todo}", err=True)
        for note in alarm.evidence:
            click.echo("".join(f"  | {line}\n" for line in note.splitlines()), err=True, nl=False)
    if most is not None and len(found.alarms) > most:
        click.echo(_("ALARM: {} more; --all or --json shows them").format(len(found.alarms) - most), err=True)
