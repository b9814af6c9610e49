"""A release that the registry has lost, held to the rules once more before it goes back: by the keyring and the time of
its line in the log's file (2-formats, Transparency log).
"""

import contextlib
from typing import Any, Final

from signing.release import registered, rules_alone, rules_registered, rules_snapshot
from signing.release.log_state import Line, is_entry
from signing.release.release_file import Release
from verify.core import changes, pass_list
from verify.core.chain import Chain
from verify.core.errors import CoreError
from verify.core.statement import Kind, Statement, decode

_NAMED: Final = """
select s.bytes from registry.certificate c join registry.statement s using (index)
where c.short = any ($1) and octet_length(s.bytes) > 0 order by s.index
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
    """The release, with the certificates that it named and the registry had already."""
    here = {one.short for one in said}
    shorts = [short for one in said for short in _named(one) if short not in here]
    rows = await connection.fetch(_NAMED, shorts)
    there = {row["bytes"]: None for row in rows}
    data = b"".join([*there, *(one.data for one in said)])
    return rules_alone.check(data, chain.newest)


def _named(one: Statement) -> list[bytes]:
    """The certificates that a list or a replacement names, by short hash."""
    with contextlib.suppress(CoreError):  # which the rules say better
        if one.kind is Kind.PASS_LIST:
            return [row.certificate for row in pass_list.read(one).rows if row.certificate is not None]
        if one.kind is Kind.CHANGE and (replacement := changes.read(one).replacement) is not None:
            return [replacement.short]
    return []
