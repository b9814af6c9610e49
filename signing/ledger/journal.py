"""What the ledger recorded, in order: releases, why they were early, rows and names struck out and why, printings."""

import itertools
from typing import Any

import msgspec

from signing.ledger.book import Ledger
from signing.ledger.values import Job
from signing.messages import _


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was recorded; names stand in it, as it is the centre's own."""

    at: int
    """Seconds since 1970."""
    what: str
    """notice, final, status; early, row_struck; struck, restored; printed, in_batch, reprinted,
    labelled; withdrawn; rebuilt, recovered."""
    subject: str
    reason: str | None = None

    def __str__(self) -> str:
        words = {
            "notice": _("notice"),
            "final": _("final list"),
            "status": _("change"),
            "early": _("before the objection window closed"),
            "row_struck": _("row left out"),
            "struck": _("struck out after an objection"),
            "restored": _("restored after an objection"),
            "printed": _("printed"),
            "reprinted": _("printed again"),
            "labelled": _("labels printed"),
            "in_batch": _("printed in one file"),
            "withdrawn": _("withdrawn before it was published"),
            "rebuilt": _("ledger rebuilt"),
            "recovered": _("ledger restored from a backup"),
        }
        told = f"{words.get(self.what, self.what)}  {self.subject}"
        return f"{told}  {self.reason}" if self.reason else told


def entries(ledger: Ledger) -> list[Entry]:
    """Everything recorded, the oldest first; in one second, notices, then objections, then what came of them."""
    jobs = ledger.jobs()
    found = [entry for job in jobs if job.kind == "notice" for entry in _of_job(ledger, job)]
    holders = ledger.holders()
    found += [
        Entry(
            at=one.recorded_at,
            what="struck" if one.struck else "restored",
            subject=f"{one.exam} {holders.get((one.exam, one.lookup_key), '')}".rstrip(),
            reason=one.reason,
        )
        for one in ledger.objections()
        if one.row is None  # a row's is told with its release
    ]
    found += [entry for job in jobs if job.kind != "notice" for entry in _of_job(ledger, job)]
    for (at, what, reason), group in itertools.groupby(ledger.events(), key=lambda e: (e.at, e.what, e.reason)):
        subjects = [event.subject for event in group]
        subject = subjects[0] if len(subjects) == 1 else _("certificates: {}").format(len(subjects))
        told = "recovered" if what == "restored" else what
        found.append(Entry(at=at, what=told, subject=subject, reason=reason))
    return sorted(found, key=lambda entry: entry.at)


def _of_job(ledger: Ledger, job: Job) -> list[Entry]:
    notes: dict[str, Any] = job.notes
    found = [Entry(at=job.recorded_at, what=job.kind, subject=job.release)]
    if "early" in notes:
        reason = ledger.said(notes["early"])
        found.append(Entry(at=job.recorded_at, what="early", subject=job.release, reason=reason))
    for row, said in sorted(notes.get("struck", {}).items(), key=lambda struck: int(struck[0])):
        subject = _("{}, row {} of the workbook").format(job.release, row)
        found.append(Entry(at=job.recorded_at, what="row_struck", subject=subject, reason=ledger.said(said)))
    return found
