"""The log beside the statements, for an auditor who may read them: does a list or replacement name each certificate?"""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from verify.core import signed
from verify.core.believed_list import GenuineList
from verify.core.chain import Chain
from verify.core.changes import Change
from verify.core.errors import NotBelieved
from verify.core.statement import Kind
from verify.monitor.alarms import Alarm, alarm
from verify.monitor.remembered import Remembered
from verify.shared.command import LOCALE, Refusal, messages
from verify.shared.database_trouble import TROUBLE, connect, told

_ = messages(LOCALE)

_AT_ONCE: Final = 2_000
_DIGESTS: Final = """
select index, case when octet_length(bytes) > 0 then sha256(bytes) else digest end as digest
from registry.statement where index < $1 order by index
"""
_MOST_LACKING: Final = 100
"""Entries that the database lacks which are named one by one."""
_SAID: Final = "select index, kind, bytes from registry.statement where kind in (2, 3) and index < $1 order by index"
_SIZE: Final = "select count(*) from registry.statement"
_KEYRINGS: Final = "select index, bytes from registry.statement where kind = 5 and index < $1 order by index"


def check(url: str, seen: Remembered, root: bytes, size: int) -> list[Alarm]:
    """What is wrong between the database at ``url`` and the log of ``size`` as it was seen. Raises Refusal."""
    try:
        return asyncio.run(_check(url, seen, root, size))
    except TROUBLE as error:
        raise Refusal(_("The registry could not be asked ({}).").format(told(error))) from None


async def _check(url: str, seen: Remembered, root: bytes, size: int) -> list[Alarm]:
    connection = await connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            count = await connection.fetchval(_SIZE)
            found = [alarm("database_short", size, count=count)] if count < size else []
            there = [
                (row["index"], seen.entry(row["index"]) == row["digest"])
                async for row in connection.cursor(_DIGESTS, size, prefetch=_AT_ONCE)
            ]
            lacking = sorted(set(range(size)) - {index for index, _same in there})
            found += [alarm("database_lacks", index) for index in lacking[:_MOST_LACKING]]
            found += [alarm("database_differs", index) for index, same in there if not same]
            filed = [(row["bytes"], row["index"]) for row in await connection.fetch(_KEYRINGS, size)]
            chain = Chain.among(filed, root)
            said = await connection.fetch(_SAID, size) if chain is not None else []
            named = _named(said, chain) if chain is not None else set[bytes]()
            gone = set(lacking)
            certificates = ((index, digest) for index, digest in seen.certificates() if index not in gone)
            unnamed = (index for index, digest in certificates if digest[:16] not in named and index < size)
            return [*found, *(alarm("unnamed", index) for index in unnamed)]
    finally:
        await connection.close(timeout=10)


def _named(rows: Iterable[Any], chain: Chain) -> set[bytes]:
    """The shorts that a believed final list or a believed replacement names."""
    named: set[bytes] = set()
    for row in rows:
        try:
            if row["kind"] == Kind.PASS_LIST:
                genuine = GenuineList.of(row["bytes"], chain.newest)
                if genuine.at(row["index"], chain).head.stage == "final":
                    named.update(genuine.shorts())
            else:
                change = signed.believed(Change, row["bytes"], row["index"], chain).content
                if change.replacement is not None:
                    named.add(change.replacement.short)
        except NotBelieved:
            continue
    return named
