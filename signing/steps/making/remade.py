"""Releases that wait and cannot be published as they are: withdrawn, and recorded anew with keys that may sign now.

The same people keep the same numbers; what was never published leaves no trace but on record.
"""

from collections.abc import Iterable

import msgspec

from signing.centre.room import Session
from signing.ledger.values import Given, IndexHead, Job, ListedRow, ListHead, RecordedChange
from signing.messages import _
from verify.core import exam_code
from verify.core.keyring import Use
from verify.shared.command import Refusal


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger knows of one job."""

    job: Job
    lists: list[tuple[ListHead, list[ListedRow]]]
    given: list[Given]
    changes: list[RecordedChange]
    indexes: list[IndexHead]

    def kids(self) -> set[bytes]:
        """The keys that it was recorded for."""
        heads = [head for head, _rows in self.lists]
        return {one.kid for group in (heads, self.given, self.changes, self.indexes) for one in group}


def content(session: Session, job: Job) -> Content:
    """What the ledger knows of a job."""
    ledger = session.ledger
    return Content(
        job=job,
        lists=[(head, ledger.list_rows(head.exam, head.revision)) for head in ledger.lists(job.id)],
        given=ledger.of_job(job.id),
        changes=ledger.changes(job.id),
        indexes=ledger.indexes(job.id),
    )


def record(session: Session, before: Content) -> int:
    """Records ``before`` with the keys and revisions of now; its job. Inside a transaction. Raises Refusal."""
    ledger, now = session.ledger, session.now
    job = ledger.add_job(before.job.kind, _name(session, before.job), before.job.request, now, before.job.notes)
    signs = _Signs(session)
    ledger.give(
        msgspec.structs.replace(one, issued_at=now, kid=signs.kid("certificate", one.exam), job=job, statement=None)
        for one in before.given
    )
    for head, rows in before.lists:
        newest = ledger.newest_list(head.exam)
        revision = newest.revision + 1 if newest is not None else 1
        if newest is not None and newest.stage == "final" and head.stage == "notice":
            raise Refusal(_("{} has its final list already: a notice cannot follow it.").format(head.exam))
        made = msgspec.structs.replace(head.made, revision=revision, issued_at=now)
        kid = signs.kid("certificate", head.exam)
        ledger.add_list(msgspec.structs.replace(head, revision=revision, job=job, kid=kid, made=made), rows)
    for change in before.changes:
        given = ledger.given(change.number)
        exam = given.exam if given is not None else ""
        ledger.add_change(msgspec.structs.replace(change, job=job, kid=signs.kid("status", exam)))
    for index in before.indexes:
        newest_index = ledger.newest_index(index.exam)
        revision = newest_index.revision + 1 if newest_index is not None else 1
        kid = signs.kid("certificate", index.exam)
        ledger.add_index(msgspec.structs.replace(index, revision=revision, job=job, kid=kid))
    return job


def printed_among(contents: Iterable[Content], printed: Iterable[str]) -> list[str]:
    """The numbers of ``contents`` whose papers were printed, and are not what is made now."""
    there = set(printed)
    return [one.number for content in contents for one in content.given if one.number in there]


class _Signs:
    """The newest key of a use for an exam's programme."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def kid(self, use: Use, exam: str) -> bytes:
        """Its ID. Raises KeyProblem."""
        programme = exam_code.programme_of(exam)
        return self._session.unlocked.newest_signer(use, [programme], self._session.now).kid


def _name(session: Session, job: Job) -> str:
    stem, taken = job.release.removesuffix(".release"), {one.release for one in session.ledger.jobs()}
    names = (f"{stem}-again-{count}.release" for count in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
