"""A release goes into the registry: everything verified again, one transaction, all of it or nothing."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import asyncpg
import msgspec
from asyncpg.connect_utils import SessionAttribute

from signing.messages import _
from signing.release import registered, release_file, rules_alone, rules_registered
from signing.release.release_file import ReleaseRefused
from signing.release.rules_alone import Release
from verify.core import cbor
from verify.core.chain import Chain
from verify.shared.command import Refusal
from verify.shared.progress import Progress, silent

T = TypeVar("T")

_BATCH: Final = 5_000

_BEGIN: Final = "select registry.begin_publishing()"
"""Waits for one's turn, as the registry's own trigger does."""
_KEYRINGS: Final = """
select s.index, s.bytes from registry.keyring k join registry.statement s using (index)
where octet_length(s.bytes) > 0 order by s.index
"""
_SIZE: Final = "select coalesce(max(index) + 1, 0) from registry.statement"


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """What publishing did."""

    statements: int
    """Statements in the release."""
    added: int
    """Those of them that were not there yet."""
    keyrings_added: int
    size: int
    """Statements in the registry now."""


def publish(
    path: Path,
    url: str,
    *,
    keyring: bytes,
    root: bytes,
    now: int,
    progress: Progress = silent,
) -> Publication:
    """Publishes the release at ``path`` to the registry at ``url``, as its signer role.

    ``keyring`` is every keyring version as a CBOR sequence, pinned to the root's thumbprint ``root``; versions
    that the registry lacks are published first. Publishers wait for one another. Publishing again what is there
    changes nothing, so that after any interruption the same call completes the work. ``now`` is in seconds since
    1970. Raises ReleaseRefused or KeyringRefused, and nothing is changed; Refusal where the registry cannot be
    written; OSError where the file cannot be read.
    """
    chain = Chain.follow([(data, None) for data in cbor.split(keyring)], root)
    data = release_file.load(path)
    with progress(_("checking"), release_file.count(data)) as advance:
        checked = rules_alone.check(release_file.parse(data), chain.newest, advance)
    publisher = _Publisher(chain, root, now, progress)
    return asyncio.run(publisher.publish(checked, url))


class _Publisher:
    """One publishing, by the keyring chain ``chain`` of the root ``root``."""

    def __init__(self, chain: Chain, root: bytes, now: int, progress: Progress) -> None:
        self._chain = chain
        self._root = root
        self._now = now
        self._progress = progress

    async def publish(self, checked: Release, url: str) -> Publication:
        """The whole transaction."""
        try:
            connection = await asyncpg.connect(url, timeout=15, target_session_attrs=SessionAttribute.primary)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            reason = _("the registry does not answer ({words})")
            raise Refusal(reason.format(words=type(error).__name__)) from error
        try:
            await connection.execute("set lock_timeout = '15min'; set statement_timeout = 0")
            async with connection.transaction():
                await connection.execute(_BEGIN)
                return await self._add(connection, checked)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            reason = _("the registry does not take it: {words}")
            raise ReleaseRefused("registry_refused", reason.format(words=error)) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            reason = _("the registry could not be written ({words}); publish again, which is safe")
            raise Refusal(reason.format(words=type(error).__name__)) from error
        finally:
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await connection.close(timeout=10)

    async def _add(self, connection: "asyncpg.Connection[asyncpg.Record]", checked: Release) -> Publication:
        size = await connection.fetchval(_SIZE)
        filed = [(row["bytes"], row["index"]) for row in await connection.fetch(_KEYRINGS)]
        there = Chain.among(filed, self._root)
        missing = _missing_keyrings(there, self._chain)
        keyrings = [(data, size + offset) for offset, data in enumerate(missing)]
        placed = Chain.among([*filed, *keyrings], self._root) or self._chain
        held = await registered.load(connection, checked, placed, size + len(missing))
        new = rules_registered.check(checked, held, self._now)
        statements = [*missing, *(entry.data for entry in new)]
        with self._progress(_("publishing"), len(statements)) as advance:
            for batch in _batches(list(enumerate(statements, start=size)), _BATCH):
                await connection.copy_records_to_table(
                    "statement", schema_name="registry", columns=["index", "bytes"], records=batch
                )
                advance(len(batch))
        return Publication(
            statements=len(checked.entries),
            added=len(new),
            keyrings_added=len(missing),
            size=size + len(statements),
        )


def _missing_keyrings(there: Chain | None, chain: Chain) -> list[bytes]:
    """The versions of ``chain`` that are not ``there``. Raises ReleaseRefused where the two part ways."""
    ours = [version.statement.data for version in chain.versions]
    theirs = [version.statement.data for version in there.versions] if there else []
    if len(theirs) > len(ours):
        raise ReleaseRefused("keyring_behind", _("the registry has a newer keyring than this folder"))
    if theirs != ours[: len(theirs)]:
        raise ReleaseRefused("keyring_differs", _("the registry has another keyring than this folder"))
    return ours[len(theirs) :]


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
