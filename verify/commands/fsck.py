"""``yinjian-verify fsck``: the registry held to its statements, as its owner."""

import asyncio
import re
import sys
from typing import TYPE_CHECKING, Final

import click

from verify.shared import command as cli
from verify.shared import environment
from verify.shared.command import Refusal
from verify.shared.progress import shown

if TYPE_CHECKING:
    from verify.fsck import whole_registry

_ = cli.messages(cli.LOCALE)

_OWNER: Final = "YINJIAN_OWNER_DATABASE_URL"


@click.command(
    help=_(
        "Hold the whole registry to its signed statements, as its owner: derives every row, signature, rule, lookup "
        "index and the log's tree anew, and prints each difference. Exit code 0 where there is none, 1 otherwise.\n\n"
        "What was filed and is not believed is told too, and is no difference."
    )
)
@click.option("--root", help=_("The first root key's thumbprint, 64 hex digits; or else YINJIAN_ROOT."))
@click.option("--processes", type=click.IntRange(1, 256), help=_("How many processes; one for each core at first."))
@click.option("--json", "as_json", is_flag=True, help=_("Answer as JSON."))
def fsck(root: str | None, processes: int | None, as_json: bool) -> None:
    """Looks through the registry once."""
    import asyncpg  # the bare wheel, which only checks, is without it

    from verify.fsck import whole_registry
    from verify.shared.database_trouble import TROUBLE, told

    thumbprint = root or environment.setting("YINJIAN_ROOT", "keys.env") or ""
    if not re.fullmatch("[0-9A-Fa-f]{64}", thumbprint):
        raise Refusal(_("Name the first root key's thumbprint, 64 hex digits, by --root or YINJIAN_ROOT."))
    url = environment.database_url("YINJIAN_DATABASE_URL", _OWNER)
    if url is None:
        raise Refusal(_("No registry is known: set YINJIAN_DATABASE_URL to the owner's address."))
    look = whole_registry.look_through(url, bytes.fromhex(thumbprint), processes=processes, progress=shown)
    try:
        found = asyncio.run(look)
    except asyncpg.InsufficientPrivilegeError:
        raise Refusal(_("Only the registry's owner sees all of it: set YINJIAN_DATABASE_URL to the owner's.")) from None
    except whole_registry.WorkerEnded:
        raise Refusal(_("A worker process ended before its work was done; is there enough memory?")) from None
    except TROUBLE as error:
        raise Refusal(_("The registry could not be asked ({}).").format(told(error))) from None
    if as_json:
        cli.print_json(found)
    else:
        _say(found)
    if found.differences:
        sys.exit(1)


def said(told: str | None) -> str | None:
    """What was expected or found, in the reader's language, with the values that are in it as they are."""
    from verify.fsck.found import FORMS

    for form in FORMS if told is not None else ():
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(form))
        if values := re.fullmatch(pattern, told or ""):
            return _(form).format(**{name: _named(value) for name, value in values.groupdict().items() if value})
    return _(told) if told else told


def _named(value: str) -> str:
    """One value, or names one after another, each perhaps with its state in brackets, in the reader's language."""
    whole = value.removesuffix(" …")
    names = []
    for name in whole.split(", "):
        state = re.fullmatch(r"(\w+) \((\w+)\)", name)
        names.append(_("{name} ({state})").format(name=state[1], state=_(state[2])) if state else _(name))
    return cli.joined(names) + value[len(whole) :]


def _say(found: "whole_registry.Findings") -> None:
    for one in found.differences:
        row = f"{one.table} {one.row}" + (f" {one.column}" if one.column else "")
        expected, have = said(one.expected), said(one.found)
        told = {"row": row, "expected": expected, "found": have}
        click.echo(_("{row}: expected {expected}, found {found}").format(**told))
    for strange in found.unbelieved:
        row = f"{strange.table} {strange.row}"
        click.echo(_("{row}: filed, and not believed ({code})").format(row=row, code=strange.code))
    text = _("Statements: {size:,}; checkpoints: {checkpoints:,}; root {root}; differences: {count:,}.")
    count = len(found.differences)
    click.echo(text.format(size=found.size, checkpoints=found.checkpoints, root=found.root, count=count))
