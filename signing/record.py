"""Recording a request in the ledger, in one transaction and before anything is signed, and finding it recorded."""

import msgspec

from signing import notice, numbering
from signing.ledger import Ledger
from signing.messages import _
from signing.prepare import ExamPlan, Request
from signing.records import IndexHead, Job, ListedRow, ListHead, first_named
from signing.room import Session
from verify.cli import Refusal
from verify.core.pass_list import PassList


def record(session: Session, wanted: Request, kid: bytes) -> Job:
    """Records ``wanted`` at this time, numbers given, in one transaction. Raises Refusal."""
    ledger, now = session.ledger, session.now
    with ledger.transaction():
        ledger.drop_unreleased(plan.exam.code for plan in wanted.plans)
        release = _release_name(ledger, wanted)
        notes = wanted.notes | {"secret": wanted.plans[0].secret_id.hex()}
        job = ledger.add_job(wanted.kind, release, wanted.digest, now, notes)
        for plan in wanted.plans:
            if wanted.kind == "notice":
                _record_notice(session, plan, job, kid)
            else:
                _record_final(session, plan, job, kid)
    return next(found for found in ledger.jobs() if found.id == job)


def _release_name(ledger: Ledger, wanted: Request) -> str:
    stem = f"{wanted.term}-{wanted.kind}-"
    taken = {job.release for job in ledger.jobs()}
    count = 1
    while f"{stem}{count}.release" in taken:
        count += 1
    return f"{stem}{count}.release"


def _head(made: PassList, job: int, kid: bytes) -> ListHead:
    head = msgspec.json.encode(made).decode()
    return ListHead(exam=made.exam, revision=made.revision, stage=made.stage, job=job, kid=kid, head=head)


def _next_revision(ledger: Ledger, exam: str) -> int:
    newest = ledger.newest_list(exam)
    return newest.revision + 1 if newest else 1


def _record_notice(session: Session, plan: ExamPlan, job: int, kid: bytes) -> None:
    ledger, now, centre = session.ledger, session.now, session.room.centre
    code = plan.exam.code
    newest = ledger.newest_list(code)
    if newest is not None and newest.stage == "final":
        raise Refusal(_("{} has its final list already: a notice cannot follow it.").format(code))
    lists = centre.lists
    until = notice.objections_until(now, lists.objection_days, session.room.working_days)
    made = notice.head(
        centre,
        plan.exam,
        stage="notice",
        revision=_next_revision(ledger, code),
        issued_at=now,
        objections=until,
        public_until=notice.public_until(lists, now),
    )
    rows = []
    for serial, person in enumerate(plan.people, start=1):
        seen = notice.shown(lists, person.name, person.id_hint)
        rows.append(
            ListedRow(
                serial=serial, name=seen.name, id=seen.id, holder=person.name, lookup_key=person.lookup_key, number=None
            )
        )
    ledger.add_list(_head(made, job, kid), rows)


def _record_final(session: Session, plan: ExamPlan, job: int, kid: bytes) -> None:
    ledger, now, centre = session.ledger, session.now, session.room.centre
    code = plan.exam.code
    lists = centre.lists
    first = ledger.newest_list(code, "final")
    public = msgspec.json.decode(first.head, type=PassList).public_until if first else notice.public_until(lists, now)
    made = notice.head(
        centre,
        plan.exam,
        stage="final",
        revision=_next_revision(ledger, code),
        issued_at=now,
        objections=None,
        public_until=public,
    )
    given = numbering.numbers(ledger, plan, job, kid, now)
    rows = []
    for serial, certificate in enumerate(given, start=1):
        seen = notice.shown(lists, certificate.holder, certificate.id_hint)
        rows.append(
            ListedRow(
                serial=serial,
                name=seen.name,
                id=seen.id,
                holder=certificate.holder,
                lookup_key=certificate.lookup_key,
                number=certificate.number,
            )
        )
    ledger.add_list(_head(made, job, kid), rows)
    index = ledger.newest_index(code)
    revision = index.revision + 1 if index else 1
    ledger.add_index(IndexHead(exam=code, revision=revision, secret_id=plan.secret_id, kid=kid, job=job))


def standing_job(ledger: Ledger, wanted: Request) -> Job | None:
    """The job that recorded this very request before, if nothing was recorded for its exams since."""
    jobs = {job.id: job for plan in wanted.plans if (job := ledger.job_of_list(plan.exam.code))}
    if len(jobs) != 1 or any(ledger.job_of_list(plan.exam.code) is None for plan in wanted.plans):
        return None
    job = next(iter(jobs.values()))
    if job.request == wanted.digest:
        return job
    return (
        job if job.notes.get("rebuilt") and all(_says_the_same(ledger, plan, wanted) for plan in wanted.plans) else None
    )


def _says_the_same(ledger: Ledger, plan: ExamPlan, wanted: Request) -> bool:
    """Whether a rebuilt ledger's newest list, of which only the release is known, is the one that is asked for."""
    head = ledger.newest_list(plan.exam.code)
    if head is None or head.stage != "final" or wanted.kind != "final":
        return False
    made = msgspec.json.decode(head.head, type=PassList)
    exam = plan.exam
    planned = None if exam.planned_on is None else exam.planned_on.isoformat()
    known = {given.number: given for given in ledger.of_exam(exam.code)}
    person_has = {given.lookup_key: given for given in known.values()}
    listed = [row.number for row in ledger.list_rows(exam.code, head.revision)]
    return (
        (made.title, made.held_on, made.planned_on) == (exam.title.names, exam.held_on.isoformat(), planned)
        and len(listed) == len(plan.people)
        and all(
            (first := first_named(known, person_has.get(person.lookup_key))) is not None and first.number == number
            for person, number in zip(plan.people, listed, strict=True)
        )
    )
