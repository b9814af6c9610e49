"""A release goes into the registry: everything verified again, one transaction, all of it or nothing."""

import asyncio
import contextlib
import functools
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TypeVar

import asyncpg
import msgspec
from asyncpg.connect_utils import SessionAttribute

from signing.messages import _
from signing.release import judged_again, registered, release_file, rules_alone, rules_registered, rules_snapshot
from signing.release.confirming import confirmed
from signing.release.into_log import Logbook, Logging, Named, refuse_lost
from signing.release.log_state import Line
from signing.release.release_file import Release, ReleaseRefused
from verify.core import cbor
from verify.core.chain import Chain
from verify.core.log import tree
from verify.core.statement import Kind
from verify.shared import database_trouble, not_valid
from verify.shared.agreement import NotAgreed
from verify.shared.asked_by_keys import BY_KEYS
from verify.shared.command import Refusal
from verify.shared.database_trouble import TROUBLE, told
from verify.shared.progress import Progress, silent

T = TypeVar("T")

_BATCH: Final = 5_000

BEGIN: Final = "select registry.begin_publishing()"
"""Waits for one's turn, as the registry's own trigger does."""
KEYRINGS: Final = """
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
    given_back: tuple[str, ...] = ()
    """Releases that the registry had lost, and has again from the log's file."""
    snapshot_due: bool = False
    """Whether the newest snapshot does not know of all of them."""


def publish(
    path: Path,
    url: str,
    *,
    keyring: bytes,
    root: bytes,
    log: Logbook,
    now: int,
    standbys: Sequence[str] = (),
    progress: Progress = silent,
    agreed: bool = False,
) -> Publication:
    """Publishes the release at ``path`` to the registry at ``url``, as its signer role.

    ``keyring`` is every keyring version as a CBOR sequence, pinned to the root's thumbprint ``root``; versions
    that the registry lacks are published first. The tree with it is signed by ``log``. Publishers wait for one another.
    Publishing again what is there changes nothing, so that after any interruption the same call completes the work. It
    is done when each of ``standbys`` has it (see ``confirming``). ``now`` is in seconds since 1970. Raises
    ReleaseRefused or KeyringRefused, and nothing is changed; NotAgreed where a keyring that comes with it declares a
    compromise, and what that takes belief from is not made anew by this release; Refusal where the registry or the
    log's file cannot be written or a standby does not confirm it; OSError where the file cannot be read.
    """
    chain = Chain.follow([(data, None) for data in cbor.split(keyring)], root)
    data = release_file.load(path)
    checked = rules_alone.check(data, chain.newest, progress)
    named = Named(name=path.name, sha256=hashlib.sha256(data).hexdigest())
    publisher = _Publisher(chain, root, log, now, progress, standbys=standbys, agreed=agreed)
    return asyncio.run(publisher.run(url, named, checked))


def give_back(
    url: str,
    *,
    keyring: bytes,
    root: bytes,
    log: Logbook,
    now: int,
    standbys: Sequence[str] = (),
    progress: Progress = silent,
    agreed: bool = False,
) -> tuple[str, ...]:
    """Publishes, byte for byte, what ``log`` signed and the registry has lost; the names of those releases.

    Raises Refusal, NotAgreed where one of them breaks a rule.
    """
    chain = Chain.follow([(data, None) for data in cbor.split(keyring)], root)
    publisher = _Publisher(chain, root, log, now, progress, standbys=standbys, agreed=agreed)
    return asyncio.run(publisher.run(url)).given_back


class _Publisher:
    """One publishing, by the keyring chain ``chain`` of the root ``root``."""

    def __init__(
        self,
        chain: Chain,
        root: bytes,
        log: Logbook,
        now: int,
        progress: Progress,
        *,
        standbys: Sequence[str] = (),
        agreed: bool = False,
    ) -> None:
        self._agreed = agreed
        self._chain = chain
        self._root = root
        self._log = log
        self._now = now
        self._standbys = standbys
        self._progress = progress

    async def run(self, url: str, named: Named | None = None, checked: Release | None = None) -> Publication:
        """Publishes a release; or, without one, what was lost alone."""
        connection = await connected(url)
        given: list[str] = []
        try:
            await connection.execute("set lock_timeout = '15min'; set statement_timeout = 0")
            while True:
                async with confirmed(connection, self._standbys, self._progress):
                    await connection.execute(BEGIN)
                    done = await self._step(connection, named, checked, given)
                if done is not None:
                    return msgspec.structs.replace(done, given_back=tuple(given))
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
            reason = _("the registry does not take it: {words}")
            raise ReleaseRefused("registry_refused", reason.format(words=told(error))) from error
        except TROUBLE as error:
            reason = _("the registry could not be written ({words}); publish again, which is safe")
            raise Refusal(reason.format(words=told(error))) from error
        finally:
            with contextlib.suppress(*TROUBLE):
                await connection.close(timeout=10)

    async def _step(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        named: Named | None,
        checked: Release | None,
        given: list[str],
    ) -> Publication | None:
        """One transaction; None where it only gave back a lost release, and another is to follow."""
        filed = [(row["bytes"], row["index"]) for row in await connection.fetch(KEYRINGS)]
        with self._log.opened(self._chain, self._now) as log:
            lost = await log.lost(connection, Chain.among(filed, self._root))
            mine = named is not None and any(line.release_sha256 == named.sha256 for line in lost)
            if lost and (named is None or lost[0].release_sha256 == named.sha256):
                await log.give_back(connection, lost[0], filed, self._root, functools.partial(self._judge, connection))
                given.append(lost[0].name)
                return None
            if mine or not given:
                refuse_lost(lost)
            size = await connection.fetchval(_SIZE)
            if named is None or checked is None or lost:
                count = len(checked.entries) if checked else 0
                return Publication(statements=count, added=count, keyrings_added=0, size=size)
            return await self._add(connection, log, named, checked, filed=filed, size=size)

    async def _judge(
        self, connection: "asyncpg.Connection[asyncpg.Record]", line: Line, chain: Chain, first: int
    ) -> None:
        try:
            await judged_again.check(connection, line, chain, first)
        except ReleaseRefused as error:
            if self._agreed:
                return
            text = _(
                "{name} was signed for the log, and breaks a rule by the keyring and the time that it was signed at "
                "({reason}). Nothing else can be published before it is back, as it was: whoever saw the log has it."
            )
            raise NotAgreed(text.format(name=line.name, reason=error), line.name) from None

    async def _add(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        log: Logging,
        named: Named,
        checked: Release,
        *,
        filed: Sequence[tuple[bytes, int]],
        size: int,
    ) -> Publication:
        there = Chain.among(filed, self._root)
        missing = _missing_keyrings(there, self._chain)
        keyrings = [(data, size + offset) for offset, data in enumerate(missing)]
        placed = Chain.among([*filed, *keyrings], self._root) or self._chain
        held = await registered.load(connection, checked, placed, size + len(missing))
        new = rules_registered.check(checked, held, self._now)
        if new and checked.snapshot is not None:
            await rules_snapshot.check(connection, new[0], checked.snapshot, placed)
        if not self._agreed and there is not None:
            await rules_registered.check_belief_kept(connection, (there, placed), checked, new, self._now)
        statements = [*missing, *(entry.data for entry in new)]
        with self._progress(_("publishing"), len(statements)) as advance:
            for batch in _batches(list(enumerate(statements, start=size)), _BATCH):
                await connection.copy_records_to_table(
                    "statement", schema_name="registry", columns=["index", "bytes"], records=batch
                )
                advance(len(batch))
        if statements:
            entries = [
                *(tree.entry(Kind.KEYRING, hashlib.sha256(data).digest()) for data in missing),
                *(tree.entry(entry.kind, entry.digest) for entry in new),
            ]
            await log.sign(connection, named, size, statements, entries)
        return Publication(
            statements=len(checked.entries),
            added=len(new),
            keyrings_added=len(missing),
            size=size + len(statements),
            snapshot_due=checked.snapshot is None and await _snapshot_due(connection, self._root),
        )


async def connected(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection to the primary. Raises Refusal."""
    try:
        return await database_trouble.connect(
            url, target_session_attrs=SessionAttribute.primary, server_settings=BY_KEYS
        )
    except TROUBLE as error:
        reason = _("the registry does not answer ({words})")
        raise Refusal(reason.format(words=told(error))) from error


async def _snapshot_due(connection: "asyncpg.Connection[asyncpg.Record]", root: bytes) -> bool:
    said = await not_valid.state(connection, root)
    return said is not None and said.due


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
