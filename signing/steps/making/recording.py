"""Recording a request in the ledger, in one transaction and before anything is signed, and finding it recorded."""

from collections.abc import Sequence
from typing import Any

from signing.centre.room import Session
from signing.ledger.book import Ledger
from signing.ledger.values import Given, IndexHead, Job, JobKind, Lines, ListedRow, ListHead
from signing.messages import _
from signing.steps.making import notice, numbering
from signing.steps.making.prepare import ExamPlan, Person, Request
from verify.core.pass_list import PassList
from verify.shared.command import Refusal


def record(session: Session, wanted: Request, kid: bytes) -> Job:
    """Records ``wanted`` at this time, numbers given, in one transaction. Raises Refusal."""
    ledger, now = session.ledger, session.now
    with ledger.transaction():
        ledger.drop_unreleased(plan.exam.code for plan in wanted.plans)
        release = _release_name(ledger, wanted)
        job = ledger.add_job(wanted.kind, release, wanted.digest, now, _notes(ledger, wanted))
        for plan in wanted.plans:
            if wanted.kind == "notice":
                _record_notice(session, plan, job, kid)
            else:
                _record_final(session, plan, job, kid)
            ledger.record_objections(plan.strikes)
    return next(found for found in ledger.jobs() if found.id == job)


def _notes(ledger: Ledger, wanted: Request) -> dict[str, Any]:
    """What is kept of a request besides its lists; reasons by the ids under which they can be forgotten."""
    notes: dict[str, Any] = {"secret": wanted.plans[0].secret_id.hex()}
    if wanted.struck:
        notes["struck"] = {str(row): ledger.say(reason) for row, reason in wanted.struck.items()}
    if wanted.early is not None:
        notes["early"] = ledger.say(wanted.early)
    return notes


def _release_name(ledger: Ledger, wanted: Request) -> str:
    stem = f"{wanted.term}-{wanted.kind}-"
    taken = {job.release for job in ledger.jobs()}
    count = 1
    while f"{stem}{count}.release" in taken:
        count += 1
    return f"{stem}{count}.release"


def _head(made: PassList, job: int, kid: bytes) -> ListHead:
    return ListHead(exam=made.exam, revision=made.revision, stage=made.stage, job=job, kid=kid, made=made)


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
    public = first.made.public_until if first else notice.public_until(lists, now)
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


def standing_job(session: Session, wanted: Request) -> Job | None:
    """The job that recorded this very request before, if nothing of its kind was recorded for its exams since.

    In a rebuilt ledger it is known by what its release says, and from then on by the request.
    """
    ledger = session.ledger
    jobs = [ledger.job_of_list(plan.exam.code, wanted.kind) for plan in wanted.plans]
    job = jobs[0]
    if job is None or any(other != job for other in jobs):
        return None
    if job.request == wanted.digest:
        return job
    if not job.notes.get("rebuilt") or len(ledger.lists(job.id)) != len(wanted.plans):
        return None
    if not all(_says_the_same(session, plan, wanted.kind) for plan in wanted.plans):
        return None
    with ledger.transaction():
        ledger.recognise(job.id, wanted.digest, job.notes | _notes(ledger, wanted))
        for plan in wanted.plans:
            ledger.record_objections(plan.strikes)
        for plan in wanted.plans if wanted.kind == "notice" else ():
            head = ledger.newest_list(plan.exam.code, "notice")
            if head is not None:
                people = ((person.name, person.lookup_key) for person in plan.people)
                ledger.name_rows(head.exam, head.revision, people)
    return job


def _says_the_same(session: Session, plan: ExamPlan, kind: JobKind) -> bool:
    """Whether a rebuilt ledger's newest list, of which only the release is known, is the one that is asked for."""
    ledger = session.ledger
    head = ledger.newest_list(plan.exam.code, kind)
    if head is None:
        return False
    made = head.made
    exam = plan.exam
    planned = None if exam.planned_on is None else exam.planned_on.isoformat()
    if (made.title, made.held_on, made.planned_on) != (exam.title.names, exam.held_on.isoformat(), planned):
        return False
    rows = ledger.list_rows(exam.code, head.revision)
    if kind == "notice":
        shown = [notice.shown(session.room.centre.lists, person.name, person.id_hint) for person in plan.people]
        return [(row.name, row.id) for row in rows] == [(seen.name, seen.id) for seen in shown]
    return _same_final(rows, plan.people, ledger.of_exam(exam.code))


def _same_final(rows: Sequence[ListedRow], people: Sequence[Person], given: Sequence[Given]) -> bool:
    """Whether these people have the certificates that the list names, in order."""
    lines = Lines(given)
    person_has = {one.lookup_key: one for one in given}
    return len(rows) == len(people) and all(
        (one := person_has.get(person.lookup_key)) is not None and row.number in lines.all(one.number)
        for person, row in zip(people, rows, strict=True)
    )
