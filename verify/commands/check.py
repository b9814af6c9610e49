"""``yinjian-verify check THING…``: certificates judged on this machine, without a network.

Exit 0 where every certificate is valid with the steps that matter; 1 where one is not, or a thing holds none; 3 where
a step that matters could not be done; 2 for wrong usage (3-interfaces).
"""

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import click

from verify.commands import kept, things, told
from verify.commands.at_hand import Desk, Judged
from verify.commands.kept import Kept
from verify.commands.things import Unread
from verify.core.china_time import typed
from verify.shared import environment
from verify.shared.command import LOCALE, Refusal, examples, messages, print_json
from verify.shared.progress import shown

_ = messages(LOCALE)

_NOT_VALID: Final = 1
_NOT_DONE: Final = 3


@click.command(
    epilog=examples("yinjian-verify check certificate.pdf", "yinjian-verify check scans/ --as-of 2026-11-20 --json"),
    help=_(
        "Check certificates without a network: QR texts, pictures, PDFs, folders, spreadsheets or lists of texts; "
        "- is a file on standard input.\n\n"
        "It goes by what `fetch` kept, or by --keyring and --snapshot. Exit 0: all valid; 1: one is not; "
        "3: something could not be checked."
    ),
)
@click.argument("given", nargs=-1, required=True, metavar="THING...")
@click.option("--keyring", type=click.Path(path_type=Path), help=_("Every keyring version, as the service gives them."))
@click.option("--root", envvar="YINJIAN_ROOT", help=_("The thumbprint of the centre's first root key, 64 hex digits."))
@click.option("--snapshot", type=click.Path(path_type=Path), help=_("The centre's snapshot of what is not valid."))
@click.option("--checkpoint", type=click.Path(path_type=Path), help=_("The log's checkpoint."))
@click.option(
    "--receipt",
    type=click.Path(path_type=Path),
    help=_("A certificate's receipt, or a folder of receipts named by certificate number."),
)
@click.option(
    "--kept",
    "place",
    type=click.Path(path_type=Path),
    help=_("The folder to keep things in; this system's folder for programs' data where it is not given."),
)
@click.option("--as-of", metavar="DATE", help=_("Ask about a day, 2026-11-20, or a moment, 2026-11-20T09:30."))
@click.option("--json", "as_json", is_flag=True, help=_("Answer as JSON."))
def check(
    given: tuple[str, ...],
    *,
    keyring: Path | None,
    root: str | None,
    snapshot: Path | None,
    checkpoint: Path | None,
    receipt: Path | None,
    place: Path | None,
    as_of: str | None,
    as_json: bool,
) -> int:
    """Judges everything that is given."""
    if keyring is None and (snapshot is not None or checkpoint is not None):
        raise click.UsageError(_("--snapshot and --checkpoint go with --keyring."))
    try:
        wanted, hidden = things.names(given)
    except things.NoThing as error:
        raise click.UsageError(
            _(
                "{} is neither a file here nor a certificate's QR text. A certificate's number alone is checked by "
                "the centre's service, not here."
            ).format(told.plain(str(error)) or '""')
        ) from None
    if keyring is not None:
        centres = [_from_files(keyring, root, snapshot, checkpoint)]
    else:
        centres = kept.all_kept(place or kept.folder())
    if not centres:
        raise Refusal(_("No centre's keyring is here: `yinjian-verify fetch URL` once, or --keyring FILE."))
    desk = Desk(centres, receipt, int(time.time()), _moment(as_of))
    if hidden:
        click.echo(_("Hidden files passed over: {}.").format(hidden), err=True)
    found = asyncio.run(_judged(wanted, desk, tell=None if as_json else _show))
    desk.tell_time()
    if as_json:
        _print(found, wanted)
    elif len(found) > 1:
        _sum_up(found, receipt=receipt is not None)
    return _exit(found, receipt=receipt is not None)


async def _judged(
    wanted: Sequence[things.Given], desk: Desk, tell: Callable[[Judged | Unread], None] | None
) -> list[Judged | Unread]:
    """What everything given comes to, in its order, each told as soon as it is its turn."""
    found: list[Judged | Unread] = []
    with shown(_("Checking"), len(wanted)) as advance:

        def take(several: list[things.Thing]) -> None:
            for one in several:
                found.append(one if isinstance(one, Unread) else desk.judge(one))
                if tell is not None:
                    tell(found[-1])
            advance()

        await things.read_all(wanted, take)
    return found


def _from_files(keyring: Path, root: str | None, snapshot: Path | None, checkpoint: Path | None) -> Kept:
    pinned = kept.root_of(root or environment.setting("YINJIAN_ROOT", "keys.env"))
    if pinned is None:
        raise click.UsageError(_("--keyring wants --root, the thumbprint that the centre itself tells."))
    note = checkpoint.read_text("utf-8", "replace") if checkpoint is not None else None
    data = snapshot.read_bytes() if snapshot is not None else None
    return kept.of(str(keyring), pinned, keyring.read_bytes(), data, note)


def _moment(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        seconds = typed(text)
    except ValueError:
        raise click.UsageError(_("--as-of wants a date: 2026-11-20 or 2026-11-20T09:30.")) from None
    if seconds > time.time():
        raise click.UsageError(_("--as-of cannot ask about the future."))
    return seconds


def _where(one: Judged | Unread) -> str:
    if one.source == things.TEXT:
        return ""
    place = one.place if isinstance(one, Judged) else None
    where = one.source if place is None else f"{one.source} {_('page {}').format(place) if place.isdigit() else place}"
    return f"{told.plain(where)}: "


def _show(one: Judged | Unread) -> None:
    if isinstance(one, Unread):
        _say(_where(one) + told.detail(one.detail))
        return
    theirs = one.other_host is not None
    shown = [_where(one) + (_("NOT JUDGED: another centre's by its address") if theirs else told.headline(one.verdict))]
    if one.other_host is not None:  # nor do this centre's keys say anything of its steps
        shown.append(_("The code names {}, which is not this centre's: it may be another centre's certificate. "
                       "Fetch that centre's keyring, or ask there.").format(told.plain(one.other_host)))  # fmt: skip
    else:
        shown.extend(told.lines(one.verdict))
    _say("\n    ".join(shown))


def _say(text: str) -> None:
    """A line on standard output, at once for a person; for a program or file when there is enough to write."""
    sys.stdout.write(f"{text}\n")
    if sys.stdout.isatty():
        sys.stdout.flush()


def _answers(found: Sequence[Judged | Unread]) -> Iterator[dict[str, Any]]:
    for one in found:
        if isinstance(one, Judged):
            yield {"source": one.source, "place": one.place, "other_host": one.other_host, "verdict": one.verdict}


def _print(found: Sequence[Judged | Unread], wanted: Sequence[object]) -> None:
    """Of one code its verdict, as the service gives it; else every verdict with its place, and what gave none."""
    if len(wanted) == len(found) == 1 and isinstance(found[0], Judged):
        print_json(found[0].verdict)
        return
    problems = [one for one in found if isinstance(one, Unread)]
    print_json({"verdicts": list(_answers(found)), "problems": problems})


def _codes(found: Sequence[Judged | Unread], *, receipt: bool) -> Iterator[int]:
    for one in found:
        if isinstance(one, Unread) or one.verdict.outcome != "valid":
            yield _NOT_VALID
        else:
            yield 0 if told.confirmed(one.verdict, receipt=receipt) else _NOT_DONE


def _exit(found: Sequence[Judged | Unread], *, receipt: bool) -> int:
    codes = set(_codes(found, receipt=receipt))
    return next((code for code in (_NOT_VALID, _NOT_DONE) if code in codes), 0 if codes else _NOT_VALID)


def _sum_up(found: Sequence[Judged | Unread], *, receipt: bool) -> None:
    codes = list(_codes(found, receipt=receipt))
    unread = sum(isinstance(one, Unread) for one in found)
    text = _("Codes: {}; valid {}, not valid {}, not wholly checked {}; files or columns with something else: {}.")
    click.echo(
        text.format(
            len(found) - unread, codes.count(0), codes.count(_NOT_VALID) - unread, codes.count(_NOT_DONE), unread
        )
    )
