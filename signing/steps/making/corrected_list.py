"""The list that a correction brings with it: the exam's newest, with the right facts in the old place.

So that a correction of name or ID number is seen by everybody (2-formats, What ties a release together).
"""

from collections.abc import Sequence

import msgspec

from signing.centre.room import Session
from signing.ledger.book import Ledger
from signing.ledger.values import Given, Lines, ListedRow, ListHead
from signing.messages import _
from signing.steps.making import notice
from verify.shared.command import Refusal


def newest(ledger: Ledger, given: Given) -> tuple[ListHead, list[ListedRow]]:
    """The exam's newest final list and its rows, one of which names the certificate's line. Raises Refusal."""
    head = ledger.newest_list(given.exam, "final")
    rows = ledger.list_rows(given.exam, head.revision) if head is not None else []
    line = Lines(ledger.of_exam(given.exam)).all(given.number)
    if head is None or not any(row.number in line for row in rows):
        raise Refusal(_("The newest list of {} does not name {} any more.").format(given.exam, given.number))
    return head, rows


def next_one(session: Session, exam: str, job: int, kid: bytes) -> None:
    """Records the exam's next final list, which names the newest of each line; nothing where it has none yet."""
    ledger = session.ledger
    before = ledger.newest_list(exam, "final")
    if before is None:
        return
    lines = Lines(ledger.of_exam(exam))
    rows = []
    for row in ledger.list_rows(exam, before.revision):
        newest = lines.newest(row.number) if row.number is not None else None
        if newest is None or newest.number == row.number:
            rows.append(row)
        else:
            rows.append(msgspec.structs.replace(row, number=newest.number, lookup_key=newest.lookup_key))
    made = msgspec.structs.replace(before.made, revision=before.revision + 1, issued_at=session.now)
    head = ListHead(exam=exam, revision=made.revision, stage="final", job=job, kid=kid, made=made)
    ledger.add_list(head, rows)


def add(session: Session, before: ListHead, rows: Sequence[ListedRow], new: Given) -> None:
    """Records the exam's next final list: the one before it, with the corrected person in their old place."""
    ledger = session.ledger
    lines = Lines(ledger.of_exam(new.exam))
    seen = notice.shown(session.room.centre.lists, new.holder, new.id_hint)
    corrected = ListedRow(
        serial=0, name=seen.name, id=seen.id, holder=new.holder, lookup_key=new.lookup_key, number=new.number
    )
    made = []
    for row in rows:
        newest = lines.newest(row.number) if row.number is not None else None
        if newest is None or newest.number == row.number:
            made.append(row)
        elif newest.number == new.number:
            made.append(msgspec.structs.replace(corrected, serial=row.serial))
        else:  # replaced by the same facts since the list before
            made.append(msgspec.structs.replace(row, number=newest.number, lookup_key=newest.lookup_key))
    revision = before.revision + 1
    head = msgspec.structs.replace(before.made, revision=revision, issued_at=session.now)
    job = new.job or 0  # it was given for this very job
    ledger.add_list(ListHead(exam=new.exam, revision=revision, stage="final", job=job, kid=new.kid, made=head), made)
