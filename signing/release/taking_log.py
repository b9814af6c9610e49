"""The log taken over by another machine, with its key and file; or its lost file begun anew.

The file said every tree that the log's key ever signed. Without it what the registry has and the public saw takes its
place, refused wherever the two may differ; what was signed beyond that and never left this machine cannot be told any
more, so that somebody has to agree (ADR 35).
"""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from signing.messages import _
from signing.release.into_log import Logbook
from signing.release.into_registry import BEGIN, KEYRINGS, connected
from signing.release.log_state import Line, LogState, logged
from signing.release.release_file import refuse
from verify.core import cbor
from verify.core.chain import Chain
from verify.core.errors import LogRefused
from verify.core.log import checkpoint as notes
from verify.core.log import tree
from verify.core.log.checkpoint import Signed
from verify.shared import command, whole_files
from verify.shared.agreement import NotAgreed
from verify.shared.command import Refusal
from verify.shared.database_trouble import TROUBLE, told

_CHECKPOINTS: Final = """
select size, note, receipt, extract(epoch from filed_at)::int8 as filed_at from registry.checkpoint order by place
"""
_BETWEEN: Final = "select kind, digest, bytes from registry.statement where index >= $1 and index < $2 order by index"


def take_log(
    url: str,
    public: str,
    *,
    keyring: bytes,
    root: bytes,
    log: Logbook,
    now: int,
    lost: bool = False,
    agreed: bool = False,
) -> None:
    """Makes this machine the one that publishes, with the log's key and file that were brought here.

    ``public`` is the log's checkpoint as its public site serves it; ``lost`` where there is no file any more, which is
    begun anew. Raises Refusal or NotAgreed, and nothing is changed.
    """
    chain = Chain.follow([(data, None) for data in cbor.split(keyring)], root)

    async def take() -> None:
        connection = await connected(url)
        try:
            async with connection.transaction():
                await connection.execute(BEGIN)
                filed = [(row["bytes"], row["index"]) for row in await connection.fetch(KEYRINGS)]
                placed = Chain.among(filed, root)
                if lost:
                    await _begin_anew(connection, log.state, (chain, placed), public, agreed=agreed)
                else:
                    with log.opened(chain, now) as work:
                        await work.take(connection, placed, public)
        finally:
            with contextlib.suppress(*TROUBLE):
                await connection.close(timeout=10)

    try:
        asyncio.run(take())
    except TROUBLE as error:
        reason = _("the registry does not answer ({words})")
        raise Refusal(reason.format(words=told(error))) from error


async def _begin_anew(
    connection: Any, state: LogState, chains: tuple[Chain, Chain | None], public: str, *, agreed: bool
) -> None:
    """Makes the file ``state``, which is not there, from the registry and its newest ``public`` checkpoint.

    ``chains`` are the publisher's keyrings and the registry's own. Raises ReleaseRefused, NotAgreed, Refusal.
    """
    ours, placed = chains
    if state.path.is_file():
        refuse("log_state_there", _("the log's file is there: nothing is lost, and it alone says what was signed"))
    try:
        told = notes.genuine(public, ours)
    except LogRefused as error:
        refuse("other_log", command.said(error.detail))
    found = await _signed(connection, placed) if placed is not None else []
    newest = found[-1][0].size if found else 0
    if told.size > newest:
        words = _("the public log is of size {size}, the registry's of size {known}: bring its newest copy back first")
        refuse("registry_behind", words.format(size=told.size, known=newest))
    if (told.size, told.root) not in {(signed.size, signed.root) for signed, _row in found}:
        words = _("at size {size} the registry has another tree than the log's key signed: a fork")
        refuse("log_forked", words.format(size=told.size))
    lines = await _lines(connection, found)
    if not agreed:
        text = _(
            "The log's file is made anew, up to size {size}. A tree beyond that which the lost file had signed and "
            "somebody has would be a fork, which anybody can show: first ask those who follow the log for their newest "
            "checkpoint, and give the largest. Where the file can be found, do not do this."
        )
        raise NotAgreed(text.format(size=newest), str(newest))
    _write(state.path, lines)


async def _signed(connection: Any, placed: Chain) -> list[tuple[Signed, Any]]:
    """The registry's believed checkpoints, one of each size, with their rows, the smallest first."""
    found: dict[int, tuple[Signed, Any]] = {}
    for row in await connection.fetch(_CHECKPOINTS):
        with contextlib.suppress(LogRefused):
            found.setdefault(row["size"], (notes.genuine(row["note"], placed), row))
    return [found[size] for size in sorted(found)]


async def _lines(connection: Any, found: Sequence[tuple[Signed, Any]]) -> list[Line]:
    """A line for each checkpoint, whose tree the statements must give. Raises ReleaseRefused."""
    lines, grown = list[Line](), tree.Frontier()
    for signed, row in found:
        statements = await connection.fetch(_BETWEEN, grown.size, signed.size)
        grown.add(tree.entry(one["kind"], one["digest"]) for one in statements)
        if (grown.size, grown.root) != (signed.size, signed.root):
            refuse("log_differs", _("the registry's tree is not that of its statements: `yinjian-verify fsck`"))
        line = Line(
            time=row["filed_at"],
            size=signed.size,
            root=signed.root.hex(),
            note=row["note"],
            kid=signed.key.kid.hex(),
            receipt=row["receipt"].hex(),
            release=None,
            release_sha256=None,
            place="",
            statements=logged(one["bytes"] or tree.entry(one["kind"], one["digest"]) for one in statements),
        )
        lines.append(line)
    return lines


def _write(path: Path, lines: Sequence[Line]) -> None:
    """The file, whole and on disk when this returns, or none. Raises Refusal."""
    with whole_files.whole(path, durable=True) as draft:
        draft.touch(0o600)
        place = LogState(draft).place  # a name is no part of it
        data = b"".join(msgspec.json.encode(msgspec.structs.replace(line, place=place)) + b"\n" for line in lines)
        draft.write_bytes(data)
