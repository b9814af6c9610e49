"""The ledger against the registry: what one has and the other lacks, each difference named."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeVar

import msgspec

from signing.ledger.book import Ledger
from signing.messages import _
from verify.core import signed
from verify.core.certificate import Certificate
from verify.core.changes import Change
from verify.core.errors import NotBelieved
from verify.core.keyring import Keyring
from verify.core.pass_list import PassList
from verify.shared.command import Refusal
from verify.shared.database_trouble import TROUBLE, connect, told

T = TypeVar("T")

_AT_ONCE: Final = 1_000

_CERTIFICATES: Final = """
select c.number, s.digest, s.bytes from registry.certificate c join registry.statement s using (index) order by index
"""
_LISTS: Final = """
select l.exam, l.revision, l.stage, s.digest, s.bytes from registry.pass_list l join registry.statement s using (index)
order by index
"""
_SNAPSHOTS: Final = "select digest from registry.snapshots"
_CHANGES: Final = """
select x.number, s.digest, s.bytes from registry.change x join registry.statement s using (index) order by index
"""


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """What the registry holds of what the centre's keys signed, in as much as the ledger must agree with it.

    What somebody filed past publish is passed over, as every reader passes it over.
    """

    certificates: dict[str, bytes]
    """SHA-256 by number."""
    lists: dict[tuple[str, int], str]
    """Stage by exam and revision."""
    changes: dict[str, int]
    """How many, by number; what was signed anew counts once."""
    said: frozenset[bytes] = frozenset()
    """SHA-256 of each list and change."""
    snapshots: frozenset[bytes] = frozenset()
    """SHA-256 of each; a release of one is nothing else."""


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


def registered(url: str, keyring: Keyring, ledger: Ledger) -> Registered:
    """What the registry at ``url`` holds; what ``ledger`` knows byte for byte needs no check of its signature.

    Raises Refusal where it does not answer.
    """
    ours = {given.number: hashlib.sha256(given.statement).digest() for given in ledger.all_given() if given.statement}
    return asyncio.run(_registered(url, keyring, ours))


async def _registered(url: str, keyring: Keyring, ours: Mapping[str, bytes]) -> Registered:
    try:
        connection = await connect(url)
        try:
            certificates: dict[str, bytes] = {}
            lists: dict[tuple[str, int], str] = {}
            changes: dict[str, set[Change]] = {}
            said: set[bytes] = set()
            async with connection.transaction(readonly=True):
                async for row in connection.cursor(_CERTIFICATES, prefetch=_AT_ONCE):
                    known = ours.get(row["number"]) == row["digest"]
                    if row["number"] in certificates:
                        continue
                    if known or _signed(Certificate, row["bytes"], keyring) is not None:
                        certificates[row["number"]] = row["digest"]
                async for row in connection.cursor(_LISTS):
                    said.add(row["digest"])
                    place = row["exam"], row["revision"]
                    if place not in lists and _signed(PassList, row["bytes"], keyring) is not None:
                        lists[row["exam"], row["revision"]] = row["stage"]
                async for row in connection.cursor(_CHANGES, prefetch=_AT_ONCE):
                    said.add(row["digest"])
                    change = _signed(Change, row["bytes"], keyring)
                    if change is not None:
                        changes.setdefault(row["number"], set()).add(change)
                snapshots = frozenset(row["digest"] for row in await connection.fetch(_SNAPSHOTS))
            counts = {number: len(different) for number, different in changes.items()}
            return Registered(
                certificates=certificates, lists=lists, changes=counts, said=frozenset(said), snapshots=snapshots
            )
        finally:
            await connection.close(timeout=10)
    except TROUBLE as error:
        raise Refusal(_("The registry does not answer ({}).").format(told(error))) from error


def note_published(ledger: Ledger, found: Sequence[Difference], now: int) -> None:
    """Notes which releases are published by what was ``found``; nothing where the two contradict each other."""
    if any(difference.is_fault for difference in found):
        return
    unpublished = {difference.subject for difference in found}
    for job in ledger.waiting():
        if job.release not in unpublished:
            ledger.mark_published(job.release, now)


def _signed(kind: type[T], data: bytes, keyring: Keyring) -> T | None:
    """What a key of the centre that may do so signed, well formed; None where it is something else."""
    try:
        return signed.genuine(kind, data, keyring).content
    except NotBelieved:
        return None


def differences(ledger: Ledger, registry: Registered) -> list[Difference]:
    """Every difference, faults first; then one for each release that is not published yet."""
    found: list[Difference] = []

    def note(kind: Literal["not_in_ledger", "differs", "not_published"], subject: str) -> None:
        found.append(Difference(kind=kind, subject=subject))

    waiting: set[int | None] = {
        job.id for job in ledger.jobs() if job.kind == "snapshot" and job.digest not in registry.snapshots
    }
    released = {job.id: job.release for job in ledger.jobs() if job.digest is not None and job.withdrawn_at is None}
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
    for one in ledger.jobs():
        if one.id in released and not registry.said.issuperset(map(bytes.fromhex, one.notes.get("made", ()))):
            waiting.add(one.id)
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
