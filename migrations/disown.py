"""Emptying the body of a statement that nobody believes, as the registry's owner: what it is, and why it may be.

Whoever has the signer's password can file what no key of the centre signed. It changes no answer, but it takes room,
and may say what should not be kept. Index, kind and hash stay: the log has them.
"""

import datetime
from typing import Final

import asyncpg
import msgspec
from asyncpg.connect_utils import SessionAttribute

from migrations.failures import DatabaseProblem, _
from verify.core import signed
from verify.core.believed_list import BelievedList
from verify.core.chain import Chain
from verify.core.errors import NotBelieved
from verify.core.statement import Kind
from verify.shared import database_trouble
from verify.shared.database_trouble import TROUBLE, told

Connection = "asyncpg.Connection[asyncpg.Record]"

_STATEMENT: Final = "select kind, digest, bytes, published_at from registry.statement where index = $1"
_KEYRINGS: Final = """
select s.bytes, s.index from registry.keyring k join registry.statement s using (index) order by s.index
"""
_NAMING: Final = """
select s.bytes, s.index from registry.list_row r join registry.statement s on s.index = r.list
where r.short = substring($1::bytea for 16) order by s.index
"""
_DISOWN: Final = "select registry.disown($1)"
_GIVE_BACK: Final = "select registry.give_back_disowned($1, $2)"


class Unbelieved(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that may be disowned, and why nobody believes it."""

    index: int
    kind: str
    sha256: str
    filed_at: datetime.datetime
    code: str
    reason: str


async def connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """The owner's connection. Raises DatabaseProblem."""
    try:
        return await database_trouble.connect(url, target_session_attrs=SessionAttribute.primary)
    except TROUBLE as error:
        raise DatabaseProblem(_("The database does not answer: {words}").format(words=told(error))) from None


async def examine(connection: "asyncpg.Connection[asyncpg.Record]", index: int, root: bytes) -> Unbelieved:
    """The statement at this log index, which nobody believes who pins the thumbprint ``root``.

    Raises DatabaseProblem where there is none, its body is empty, or it is or may be believed.
    """
    row = await connection.fetchrow(_STATEMENT, index)
    if row is None:
        raise DatabaseProblem(_("There is no statement at index {index}.").format(index=index))
    if not row["bytes"]:
        raise DatabaseProblem(_("The statement at index {index} is disowned already.").format(index=index))
    chain = Chain.among([(one["bytes"], one["index"]) for one in await connection.fetch(_KEYRINGS)], root)
    if chain is None:
        # With the wrong root everything would look like nobody's.
        raise DatabaseProblem(_("The registry has no keyring of this root, so that nothing tells what is believed."))
    doubt = await _doubt(connection, row["bytes"], index, chain)
    if doubt is None:
        raise DatabaseProblem(_("The statement at index {index} is believed, and stays.").format(index=index))
    return Unbelieved(
        index=index,
        kind=Kind(row["kind"]).name.lower(),
        sha256=row["digest"].hex(),
        filed_at=row["published_at"],
        code=doubt.code,
        reason=doubt.detail,
    )


async def _doubt(
    connection: "asyncpg.Connection[asyncpg.Record]", data: bytes, index: int, chain: Chain
) -> NotBelieved | None:
    """Why the statement is not believed; None where it is, or where only rules of order speak against it."""
    if any(version.index == index for version in chain.versions):
        return None
    try:
        found = signed.genuine(object, data, chain.newest)
        found.at(index, chain)
    except NotBelieved as error:
        if error.code == "key_compromised" and await _is_restored(connection, data, chain):
            return None
        return error
    if found.key.use == "root":
        return NotBelieved("not_in_chain", "a keyring that does not carry the chain on")
    return None


async def _is_restored(connection: "asyncpg.Connection[asyncpg.Record]", data: bytes, chain: Chain) -> bool:
    """Whether a believed list names it."""
    found = signed.genuine(object, data, chain.newest)
    for row in await connection.fetch(_NAMING, found.digest):
        try:
            listed = BelievedList.of(row["bytes"], row["index"], chain)
        except NotBelieved:
            continue
        if listed.names(found.short):
            return True
    return False


async def disown(connection: "asyncpg.Connection[asyncpg.Record]", index: int) -> None:
    """Empties the body of the statement at this log index, for good. Raises DatabaseProblem where it was emptied."""
    try:
        done = await connection.fetchval(_DISOWN, index)
    except TROUBLE as error:
        raise DatabaseProblem(_("The database could not be changed: {words}").format(words=told(error))) from error
    if not done:
        raise DatabaseProblem(_("The statement at index {index} is disowned already.").format(index=index))


async def give_back(connection: "asyncpg.Connection[asyncpg.Record]", entry: bytes) -> int:
    """Files an entry (33 bytes) at the log's end, disowned already; its index. Raises DatabaseProblem."""
    try:
        index: int = await connection.fetchval(_GIVE_BACK, entry[0], entry[1:])
    except TROUBLE as error:
        raise DatabaseProblem(_("The database could not be changed: {words}").format(words=told(error))) from error
    return index
