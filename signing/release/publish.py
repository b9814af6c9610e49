"""A release goes into the registry: everything verified again, one transaction, all of it or nothing."""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import asyncpg
import msgspec
from asyncpg.connect_utils import SessionAttribute

from signing.messages import _
from signing.release import release_file, rules_alone, rules_registered
from signing.release.release_file import ReleaseRefused
from signing.release.rules_alone import Release
from signing.release.rules_registered import Register, RegisteredCertificate, RegisteredList
from verify.core import cbor, changes, statement
from verify.core.chain import Chain
from verify.core.changes import Change
from verify.shared.command import Refusal
from verify.shared.progress import Progress, silent

T = TypeVar("T")

_BATCH: Final = 5_000

_BEGIN: Final = "select registry.begin_publishing()"
"""Waits for one's turn, as the registry's own trigger does."""
_KEYRINGS: Final = """
select k.index, s.bytes from registry.keyring k join registry.statement s using (index) order by k.version
"""
_SIZE: Final = "select coalesce(max(index) + 1, 0) from registry.statement"
_PRESENT: Final = "select digest from registry.statement where digest = any ($1)"
_NUMBERS: Final = "select number from registry.certificate where number = any ($1)"
_LISTS: Final = """
select distinct on (exam) exam, revision, stage from registry.pass_list where exam = any ($1)
order by exam, revision desc
"""
_INDEXES: Final = (
    "select exam, max(revision) as revision from registry.lookup_index where exam = any ($1) group by exam"
)
_LISTED: Final = """
select l.exam, array_agg(c.number) as numbers
from (
    select distinct on (exam) exam, index from registry.pass_list
    where exam = any ($1) and stage = 'final' order by exam, revision desc
) l
join registry.list_row r on r.list = l.index
join registry.certificate c on c.short = r.short and c.exam = l.exam
group by l.exam
"""
_REPLACEMENTS: Final = """
select c.exam, array_agg(c.number) as numbers
from registry.change x join registry.certificate c on c.number = x.replacement
where c.exam = any ($1) group by c.exam
"""
_CERTIFICATES: Final = """
select c.number, c.short, c.exam,
    array(select row (x.index, s.bytes) from registry.change x join registry.statement s using (index)
        where x.number = c.number order by x.index) as changes
from registry.certificate c where c.number = any ($1)
"""


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
        published = [(row["index"], row["bytes"]) for row in await connection.fetch(_KEYRINGS)]
        missing = _missing_keyrings(published, self._chain)
        keyrings = [(size + offset, data) for offset, data in enumerate(missing)]
        placed = Chain.follow([(data, index) for index, data in [*published, *keyrings]], self._root)
        new = rules_registered.check(checked, await _register(connection, checked, placed), self._now)
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


def _missing_keyrings(published: Sequence[tuple[int, bytes]], chain: Chain) -> list[bytes]:
    """The versions of ``chain`` that are not ``published``. Raises ReleaseRefused where the two part ways."""
    ours = [version.statement.data for version in chain.versions]
    if len(published) > len(ours):
        raise ReleaseRefused("keyring_behind", _("the registry has a newer keyring than this folder"))
    if [data for _index, data in published] != ours[: len(published)]:
        raise ReleaseRefused("keyring_differs", _("the registry has another keyring than this folder"))
    return ours[len(published) :]


async def _register(connection: "asyncpg.Connection[asyncpg.Record]", checked: Release, chain: Chain) -> Register:
    """What the registry holds that bears on the release."""
    exams = sorted({listed.exam for listed in checked.lists} | set(checked.indexes))
    present: set[bytes] = set()
    for digests in _batches([entry.digest for entry in checked.entries], 4 * _BATCH):
        present.update(row["digest"] for row in await connection.fetch(_PRESENT, digests))
    used: set[str] = set()
    for numbers in _batches(list(checked.certificates), 4 * _BATCH):
        used.update(row["number"] for row in await connection.fetch(_NUMBERS, numbers))
    lists = await connection.fetch(_LISTS, exams)
    named = [item.change.certificate.number for item in checked.changes]
    named += [item.change.replacement.number for item in checked.changes if item.change.replacement]
    without_list = sorted(set(checked.indexes) - {listed.exam for listed in checked.lists if listed.stage == "final"})
    return Register(
        present=frozenset(present),
        numbers_used=frozenset(used),
        lists={row["exam"]: RegisteredList(revision=row["revision"], stage=row["stage"]) for row in lists},
        index_revisions={row["exam"]: row["revision"] for row in await connection.fetch(_INDEXES, exams)},
        listed_numbers={
            row["exam"]: frozenset(row["numbers"]) for row in await connection.fetch(_LISTED, without_list)
        },
        replacements={row["exam"]: frozenset(row["numbers"]) for row in await connection.fetch(_REPLACEMENTS, exams)},
        certificates={
            row["number"]: RegisteredCertificate(
                short=row["short"], exam=row["exam"], changes=tuple(_believed(row["changes"], chain))
            )
            for row in await connection.fetch(_CERTIFICATES, named)
        },
    )


def _believed(published: Iterable[tuple[int, bytes]], chain: Chain) -> Iterator[Change]:
    """The changes among ``published`` (log index and bytes) that are believed."""
    for index, data in published:
        found = statement.decode(data)
        keys = chain.newest.with_kid(found.kid)
        key = next((key for key in keys if statement.signed_by(found, key.public)), None)
        if key is not None and key.use == "status" and chain.believes(key, index):
            yield changes.read(found)


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
