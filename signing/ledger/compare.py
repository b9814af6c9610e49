"""The ledger against the registry: what one has and the other lacks, each difference named."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Final, Literal

import asyncpg
import msgspec

from signing.ledger.book import Ledger
from signing.messages import _
from verify.shared.command import Refusal

_CERTIFICATES: Final = """
select c.number, s.digest from registry.certificate c join registry.statement s using (index) order by c.number
"""
_LISTS: Final = "select exam, revision, stage from registry.pass_list order by exam, revision"
_CHANGES: Final = "select number, count(*) as changes from registry.change group by number"


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """What the registry holds, in as much as the ledger must agree with it."""

    certificates: dict[str, bytes]
    """SHA-256 by number."""
    lists: dict[tuple[str, int], str]
    """Stage by exam and revision."""
    changes: dict[str, int]
    """How many, by number."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in which the two differ."""

    kind: Literal["not_in_ledger", "differs", "not_published"]
    subject: str
    """A certificate number, or an exam and a revision of its list; a release, of what is not published."""

    @property
    def is_fault(self) -> bool:
        """Whether it must not be: what is only not published yet is none."""
        return self.kind != "not_published"

    def __str__(self) -> str:
        texts = {
            "not_in_ledger": _("{}: in the registry, not in the ledger."),
            "differs": _("{}: the registry and the ledger differ."),
            "not_published": _("{}: in the ledger, not published."),
        }
        return texts[self.kind].format(self.subject)


def registered(url: str) -> Registered:
    """What the registry at ``url`` holds. Raises Refusal where it does not answer."""
    return asyncio.run(_registered(url))


async def _registered(url: str) -> Registered:
    try:
        connection = await asyncpg.connect(url, timeout=15)
        try:
            return Registered(
                certificates={row["number"]: row["digest"] for row in await connection.fetch(_CERTIFICATES)},
                lists={(row["exam"], row["revision"]): row["stage"] for row in await connection.fetch(_LISTS)},
                changes={row["number"]: row["changes"] for row in await connection.fetch(_CHANGES)},
            )
        finally:
            await connection.close(timeout=10)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
        raise Refusal(_("The registry does not answer ({}).").format(type(error).__name__)) from error


def note_published(ledger: Ledger, found: Sequence[Difference], now: int) -> None:
    """Notes which releases are published by what was ``found``; nothing where the two contradict each other."""
    if any(difference.is_fault for difference in found):
        return
    unpublished = {difference.subject for difference in found}
    for job in ledger.waiting():
        if job.release not in unpublished:
            ledger.mark_published(job.release, now)


def differences(ledger: Ledger, registry: Registered) -> list[Difference]:
    """Every difference, faults first; then one for each release that is not published yet."""
    found: list[Difference] = []

    def note(kind: Literal["not_in_ledger", "differs", "not_published"], subject: str) -> None:
        found.append(Difference(kind=kind, subject=subject))

    released = {job.id: job.release for job in ledger.jobs() if job.digest is not None and job.withdrawn_at is None}
    waiting: set[int | None] = set()
    issued = [given for given in ledger.all_given() if given.statement is not None]
    ours = {given.number: given.statement for given in issued}
    for number, digest in registry.certificates.items():
        statement = ours.get(number)
        if statement is None:
            note("not_in_ledger", number)
        elif hashlib.sha256(statement).digest() != digest:
            note("differs", number)
    waiting.update(given.job for given in issued if given.number not in registry.certificates)
    heads = [head for head in ledger.lists() if head.job in released]
    lists = {(head.exam, head.revision): head.stage for head in heads}
    for (exam, revision), stage in registry.lists.items():
        if (exam, revision) not in lists:
            note("not_in_ledger", _("{}, list {}").format(exam, revision))
        elif lists[exam, revision] != stage:
            note("differs", _("{}, list {}").format(exam, revision))
    waiting.update(head.job for head in heads if (head.exam, head.revision) not in registry.lists)
    made: dict[str, list[int]] = {}
    for change in ledger.changes():
        if change.job in released:
            made.setdefault(change.number, []).append(change.job)
    for number in ours:
        jobs, there = made.get(number, []), registry.changes.get(number, 0)
        if there > len(jobs):
            note("not_in_ledger", _("{}, change {}").format(number, there))
        waiting.update(jobs[there:])
    for job, name in released.items():
        if job in waiting:
            note("not_published", name)
    # What is not published stays in the order in which it is to be.
    return sorted(found, key=lambda one: (one.kind, one.subject) if one.is_fault else ("~", ""))
