"""yinjian-migrate: brings the database up and to the newest schema, stops it, says how it is."""

import asyncio
import os
import re
import sys

import click
import msgspec

from migrations import disown as disowning
from migrations import embedded
from migrations.apply import ADMINISTRATOR, migrate, schema
from migrations.failures import DatabaseProblem, _
from verify.shared import command, environment, kind_words
from verify.shared.command import joined

_as_json = click.option("--json", "as_json", is_flag=True, help=_("Answer as JSON."))


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a command found or did; never with a password."""

    database: str
    """absent, stopped, running; or configured: the operator's own server."""
    port: int | None = None
    applied: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    open_to_all: bool = False
    """Whether the administrator has still to run what ``yinjian-migrate administrator`` prints."""


def _configured() -> str | None:
    url = os.environ.get("YINJIAN_DATABASE_URL")
    return environment.database("YINJIAN_DATABASE_URL", url) if url else None


def _left_open(answer: Answer) -> str:
    words = _("Every role may still write large objects and take advisory locks: see “yinjian-migrate administrator”.")
    return f"\n{words}" if answer.open_to_all else ""


def _say(answer: Answer, words: str, as_json: bool) -> None:
    if as_json:
        command.print_json(answer)
    else:
        click.echo(words)


@click.group(help=_("The registry's database: brought up, to its newest schema, and down."))
def commands() -> None:
    """The commands below."""


@commands.command(
    help=_("Bring the database to the newest schema; without YINJIAN_DATABASE_URL, first start the embedded one.")
)
@click.option(
    "--reader-connections",
    type=click.IntRange(1, 10_000),
    help=_("Connections that the public service may have in all: 8 for each of its processes (32 at first)."),
)
@_as_json
def up(as_json: bool, reader_connections: int | None) -> None:
    """``yinjian-migrate up``."""
    if url := _configured():
        done = asyncio.run(migrate(url, reader_connections=reader_connections))
        answer = Answer(database="configured", applied=done.applied, open_to_all=done.open_to_all)
        where = _("The database of YINJIAN_DATABASE_URL")
    else:
        database = embedded.start(environment.var_folder())
        if reader_connections is not None:
            asyncio.run(migrate(database.owner_url, reader_connections=reader_connections))
        answer = Answer(database="running", port=database.port, applied=database.applied)
        where = _("The embedded database on 127.0.0.1:{}").format(database.port)
    applied = joined(answer.applied) or _("nothing was missing")
    _say(answer, _("{} has the newest schema ({}).").format(where, applied) + _left_open(answer), as_json)


@commands.command(help=_("Stop the embedded database; its data stays."))
@_as_json
def down(as_json: bool) -> None:
    """``yinjian-migrate down``."""
    if _configured():
        raise DatabaseProblem(_("YINJIAN_DATABASE_URL names a server that this command did not start."))
    ran = embedded.stop(environment.var_folder())
    answer = Answer(database=embedded.state(environment.var_folder()))
    _say(answer, _("The embedded database is stopped.") if ran else _("No embedded database was running."), as_json)


@commands.command(help=_("Say whether the database runs and what its schema lacks."))
@_as_json
def status(as_json: bool) -> None:
    """``yinjian-migrate status``: exit code 1 where the database cannot be used as it is."""
    url = _configured()
    how = "configured" if url else str(embedded.state(environment.var_folder()))
    url = url or environment.read(environment.var_folder() / "database.env").get(embedded.OWNER_URL)
    if how not in ("configured", "running") or url is None:
        _say(Answer(database=how), _("The embedded database is not running."), as_json)
        sys.exit(1)
    found = asyncio.run(schema(url))
    answer = Answer(database=how, applied=found.applied, pending=found.pending, open_to_all=found.open_to_all)
    lacks = joined(found.pending) or _("nothing")
    _say(answer, _("The database answers; its schema lacks: {}.").format(lacks) + _left_open(answer), as_json)
    if found.pending:
        sys.exit(1)


@commands.command(help=_("Print the SQL that an administrator runs once in the registry's database."))
def administrator() -> None:
    """``yinjian-migrate administrator``: the embedded database has had it from the start."""
    click.echo(ADMINISTRATOR.read_text(), nl=False)


@commands.command(
    help=_(
        "Empty the body of the statement at log index INDEX, which nobody believes: for good. Its index, kind and "
        "hash stay, and no answer changes. One that is believed is refused."
    )
)
@click.argument("index", type=click.IntRange(0, 2**63 - 1))
@click.option("--root", help=_("The first root key's thumbprint, 64 hex digits; or else YINJIAN_ROOT."))
@click.option("--yes", is_flag=True, help=_("Do not ask."))
@_as_json
def disown(index: int, root: str | None, yes: bool, as_json: bool) -> None:
    """``yinjian-migrate disown``: tells what it would empty and why nobody believes it, and asks."""
    asyncio.run(_disown(_owner_url(), index, _root(root), yes, as_json))


@commands.command(
    "give-back",
    help=_(
        "File anew, after a restore, the entry of a statement whose body the owner had emptied: where `yinjian-sign "
        "publish` says that it lacks ENTRY (66 hex digits: kind and SHA-256)."
    ),
)
@click.argument("entry")
def give_back(entry: str) -> None:
    """``yinjian-migrate give-back``."""
    if not re.fullmatch("0[1-8][0-9a-f]{64}", entry):
        raise DatabaseProblem(_("An entry is 66 hex digits: kind and SHA-256."))
    index = asyncio.run(_give_back(_owner_url(), bytes.fromhex(entry)))
    click.echo(_("Filed at index {index}, without a body.").format(index=index))


async def _give_back(url: str, entry: bytes) -> int:
    connection = await disowning.connect(url)
    try:
        return await disowning.give_back(connection, entry)
    finally:
        await connection.close()


def _owner_url() -> str:
    url = _configured() or environment.read(environment.var_folder() / "database.env").get(embedded.OWNER_URL)
    if url is None:
        raise DatabaseProblem(_("The embedded database is not running."))
    return url


def _root(given: str | None) -> bytes:
    text = given or environment.setting("YINJIAN_ROOT", "keys.env") or ""
    if not re.fullmatch("[0-9A-Fa-f]{64}", text):
        raise DatabaseProblem(_("Name the first root key's thumbprint, 64 hex digits, by --root or YINJIAN_ROOT."))
    return bytes.fromhex(text)


async def _disown(url: str, index: int, root: bytes, yes: bool, as_json: bool) -> None:
    connection = await disowning.connect(url)
    try:
        found = await disowning.examine(connection, index, root)
        words = _("Statement {index}, filed as {kind} at {time}, SHA-256 {sha256}: not believed ({code}: {reason}).")
        time = found.filed_at.astimezone().isoformat(timespec="seconds")
        told = {
            "index": index,
            "kind": kind_words.said(found.kind),
            "time": time,
            "sha256": found.sha256,
            "code": found.code,
        }
        click.echo(words.format(**told, reason=command.said(found.reason)), err=True)
        question = _("Empty its body for good? Index, kind and hash stay, and no answer changes.")
        if not yes and not click.confirm(question, err=True):
            raise click.Abort
        await disowning.disown(connection, index)
    finally:
        await connection.close()
    if as_json:
        command.print_json(found)
    else:
        click.echo(_("Statement {index} is disowned.").format(index=index))


def main() -> None:
    """Entry point of yinjian-migrate."""
    command.run(commands)


if __name__ == "__main__":
    main()
