"""A release that the registry has lost, held to the rules once more before it goes back: by the keyring and the time of
its line in the log's file (2-formats, Transparency log).
"""

import contextlib
from functools import partial
from typing import Any, Final

from signing.release import registered, rules_alone, rules_registered, rules_snapshot
from signing.release.log_state import Line, is_entry
from signing.release.release_file import Release
from verify.core import changes, lookup_index, pass_list, signed
from verify.core.chain import Chain
from verify.core.errors import CoreError
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList
from verify.core.statement import Kind, Statement, decode

_NAMED: Final = """
select s.bytes from registry.certificate c join registry.statement s using (index)
where c.short = any ($1) and octet_length(s.bytes) > 0 order by s.index
"""
_EXAM: Final = "select exam from registry.certificate where short = $1 order by index limit 1"
_INDEXES: Final = """
select s.bytes, s.index from registry.lookup_index i join registry.statement s using (index)
where i.exam = $1 and octet_length(s.bytes) > 0 order by i.revision desc, s.index
"""
_LISTS: Final = """
select s.bytes, s.index from registry.pass_list l join registry.statement s using (index)
where l.exam = $1 and l.stage = 'final' and octet_length(s.bytes) > 0 order by l.revision desc, s.index
"""


async def check(connection: Any, line: Line, chain: Chain, first: int) -> None:
    """That what the release of ``line`` had added at the log index ``first`` may be added there.

    ``chain`` are the keyrings as they were with it in. Raises ReleaseRefused where it breaks a rule.
    """
    added = [data for data in line.logged[line.past :] if not is_entry(data)]
    said = [one for one in map(decode, added) if one.kind is not Kind.KEYRING]
    if not said:
        return
    release = await _whole(connection, said, chain)
    held = await registered.load(connection, release, chain, first + len(added) - len(said))  # behind its keyrings
    new = rules_registered.check(release, held, line.time)
    if new and release.snapshot is not None:
        await rules_snapshot.check(connection, new[0], release.snapshot, chain)


async def _whole(connection: Any, said: list[Statement], chain: Chain) -> Release:
    """The release, with what it brought as it was: what the registry had already and the rules want beside the rest."""
    beside = await _beside(connection, said, chain)
    here = {one.short for one in said}
    shorts = [short for one in (*beside, *said) for short in _named(one) if short not in here]
    rows = await connection.fetch(_NAMED, shorts)
    there = {row["bytes"]: None for row in rows}
    data = b"".join([*there, *(one.data for one in (*beside, *said))])
    return rules_alone.check(data, chain.newest)


async def _beside(connection: Any, said: list[Statement], chain: Chain) -> list[Statement]:
    """Of each exam with a replacement its newest index, and with a correction its newest list, where not said anew.

    A replacement that is signed anew comes with those that its release had, of which the keys may be good ones.
    """
    read = partial(_believed_first, connection, chain)
    found: list[Statement] = []
    for one in said:
        with contextlib.suppress(CoreError):
            change = changes.read(one) if one.kind is Kind.CHANGE else None
            if change is None or change.replacement is None:
                continue
            exam = await connection.fetchval(_EXAM, change.replacement.short)
            index = None if _has(said, found, Kind.LOOKUP_INDEX, exam) else await read(_INDEXES, LookupIndex, exam)
            wants = change.reason == "registration_error" and not _has(said, found, Kind.PASS_LIST, exam)
            listed = await read(_LISTS, PassList, exam) if wants else None
            found += [statement for statement in (listed, index) if statement is not None]
    return found


def _has(said: list[Statement], found: list[Statement], kind: Kind, exam: str | None) -> bool:
    """Whether the exam's list or index is among these."""
    read = pass_list.read if kind is Kind.PASS_LIST else lookup_index.read
    return any(read(one).exam == exam for one in (*said, *found) if one.kind is kind)


async def _believed_first(
    connection: Any, chain: Chain, query: str, kind: type[LookupIndex] | type[PassList], exam: str | None
) -> Statement | None:
    """The first believed of these rows."""
    for row in await connection.fetch(query, exam):
        with contextlib.suppress(CoreError):
            signed.believed(kind, row["bytes"], row["index"], chain)
            return decode(row["bytes"])
    return None


def _named(one: Statement) -> list[bytes]:
    """The certificates that a list or a replacement names, by short hash."""
    with contextlib.suppress(CoreError):  # which the rules say better
        if one.kind is Kind.PASS_LIST:
            return [row.certificate for row in pass_list.read(one).rows if row.certificate is not None]
        if one.kind is Kind.CHANGE and (replacement := changes.read(one).replacement) is not None:
            return [replacement.short]
    return []
