"""From a judged workbook to what is recorded: who is on which list, and which number each is given.

Everything that decides a release's bytes is in the ledger before anything is signed, the time of issue and the
key included, so that the same command goes on after any crash and comes to the same bytes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from signing import notice
from signing.calendar import months_after
from signing.centre import ExamEntry
from signing.ledger import Given, IndexHead, Job, JobKind, Ledger, ListedRow, ListHead
from signing.messages import _
from signing.room import Room, Session, check_keyring
from signing.workbook import Candidate, Judged
from verify.cli import Refusal
from verify.core import cbor, identity
from verify.core.certificate import default_number, default_serial
from verify.core.keyring import Programme
from verify.core.pass_list import PassList


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who passed, without the ID number."""

    name: str
    id_hint: str
    lookup_key: bytes
    own_number: str | None

    def __repr__(self) -> str:
        return "Person()"


class ExamPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One exam of a workbook and everybody who passed it, in row order."""

    exam: ExamEntry
    programme: Programme
    secret_id: bytes
    people: tuple[Person, ...]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What one command is to make of a workbook."""

    kind: JobKind
    term: str
    plans: tuple[ExamPlan, ...]
    notes: dict[str, Any]
    digest: bytes
    """SHA-256 of all that decides what the release says, but for its time and key."""


def request(session: Session, judged: Judged, kind: JobKind, term: str, notes: Mapping[str, Any]) -> Request:
    """The lists that ``judged`` asks for. Raises Refusal while a row is refused, and for an exam not in centre.toml."""
    room, unlocked = session.room, session.unlocked
    check_rows(judged)
    by_programme: dict[str, list[Candidate]] = {}
    for candidate in judged.candidates:
        by_programme.setdefault(candidate.programme, []).append(candidate)
    codes = [entry.code for entry in room.centre.programmes if entry.code in by_programme]
    if not codes:
        raise Refusal(_("Every row is struck out."))
    keyring = unlocked.chain.newest
    check_keyring(room.centre, keyring, codes)
    plans = []
    for code in codes:
        exam = room.centre.exam(code, term)
        programme = keyring.programme(code)
        if exam is None or programme is None:
            raise Refusal(_("centre.toml has no exam {} of {}.").format(term, code))
        plans.append(_plan(session, exam, programme, by_programme[code], objections=kind == "final"))
    return Request(kind=kind, term=term, plans=tuple(plans), notes=dict(notes), digest=_digest(room, kind, term, plans))


def check_rows(judged: Judged) -> None:
    """That no row is refused which was not struck out. Raises Refusal."""
    if judged.refused:
        rows = ", ".join(str(row.row) for row in judged.refused[:10]) + (" …" if len(judged.refused) > 10 else "")
        raise Refusal(
            _("{} rows are refused (row {}): `yinjian-sign check` says why. Put them right or strike them out.").format(
                len(judged.refused), rows
            )
        )


def _plan(
    session: Session, exam: ExamEntry, programme: Programme, candidates: Sequence[Candidate], *, objections: bool
) -> ExamPlan:
    ledger, unlocked = session.ledger, session.unlocked
    index = ledger.newest_index(exam.code)
    secret = unlocked.secret(index.secret_id if index else _notice_secret(ledger, exam.code))
    struck = ledger.struck(exam.code) if objections else {}
    people = []
    for candidate in candidates:
        if candidate.outcome != "passed":
            continue
        key = identity.lookup_key(secret, candidate.name, candidate.id_type, candidate.id_key)
        if key not in struck:
            people.append(
                Person(
                    name=candidate.name,
                    id_hint=identity.id_hint(candidate.id_key),
                    lookup_key=key,
                    own_number=candidate.number if programme.numbering == "own" else None,
                )
            )
    return ExamPlan(exam=exam, programme=programme, secret_id=identity.secret_id(secret), people=tuple(people))


def _notice_secret(ledger: Ledger, exam: str) -> bytes | None:
    """The id of the lookup secret that the exam's notice was made with, so that objections fit the final list."""
    job = ledger.job_of_list(exam)
    return bytes.fromhex(job.notes["secret"]) if job is not None and "secret" in job.notes else None


def _digest(room: Room, kind: JobKind, term: str, plans: Sequence[ExamPlan]) -> bytes:
    lists = room.centre.lists
    says: list[object] = [kind, term, lists.contact, lists.names, lists.ids, lists.objection_days, lists.public_days]
    for plan in plans:
        exam = plan.exam
        says.append([exam.code, exam.title.names.cbor(), str(exam.held_on), str(exam.planned_on), plan.secret_id])
        says.append([[p.name, p.id_hint, p.lookup_key, p.own_number] for p in plan.people])
    return hashlib.sha256(cbor.encode(says)).digest()


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
            (first := _first(known, person_has.get(person.lookup_key))) is not None and first.number == number
            for person, number in zip(plan.people, listed, strict=True)
        )
    )


def _first(known: Mapping[str, Given], given: Given | None) -> Given | None:
    """The certificate that a list goes on naming: the one that was first replaced, or ``given`` itself."""
    while given is not None and given.replaces is not None:
        given = known[given.replaces]
    return given


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
    given = _numbers(ledger, plan, job, kid, now)
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


def _numbers(ledger: Ledger, plan: ExamPlan, job: int, kid: bytes, now: int) -> list[Given]:
    """The certificate of everybody on the list, in order: the one they have, or a new one, recorded as given."""
    code, programme = plan.exam.code, plan.programme
    known = {given.number: given for given in ledger.of_exam(code)}
    person_has = {given.lookup_key: given for given in known.values()}
    serials = _Serials(ledger, programme, plan.exam.term)
    expires = None if programme.validity_months is None else months_after(now, programme.validity_months)
    result, fresh = [], []
    for person in plan.people:
        given = _first(known, person_has.get(person.lookup_key))
        if given is None or given.job is None:
            if person.own_number is not None:
                number = person.own_number
                holder = ledger.given(number)
                if holder is not None and holder.job is not None:
                    raise Refusal(_("Certificate number {} was given to somebody else before.").format(number))
            else:
                number = given.number if given is not None else serials.next()
            given = Given(
                number=number,
                exam=code,
                holder=person.name,
                id_hint=person.id_hint,
                lookup_key=person.lookup_key,
                issued_at=now,
                expires_at=expires,
                kid=kid,
                job=job,
            )
            fresh.append(given)
        elif person.own_number is not None and person.own_number not in (given.number, _last(known, given).number):
            reason = _("The holder of certificate {} would get another number: use `yinjian-sign status … replace`.")
            raise Refusal(reason.format(given.number))
        result.append(given)
    ledger.give(fresh)
    return result


def _last(known: Mapping[str, Given], given: Given) -> Given:
    """The certificate that replaced ``given`` at last, or itself."""
    for other in known.values():
        if other.replaces == given.number:
            return _last(known, other)
    return given


class _Serials:
    """Serials of one programme and month, which sittings of the same month share."""

    def __init__(self, ledger: Ledger, programme: Programme, term: str) -> None:
        self._code, self._term = programme.code, term
        prefix = f"{programme.code}{term[2:4]}{term[5:7]}"
        last = ledger.last_number(prefix, len(prefix) + 7) if programme.numbering == "default" else None
        self._serial = default_serial(last, programme.code) if last else 0

    def next(self) -> str:
        """The next number. Raises Refusal when all are given."""
        self._serial += 1
        try:
            return default_number(self._code, self._term, self._serial)
        except ValueError:
            raise Refusal(_("All 999,999 numbers of {} in {} are given.").format(self._code, self._term)) from None


def next_number(ledger: Ledger, programme: Programme, term: str) -> str:
    """The next free number of the default scheme."""
    return _Serials(ledger, programme, term).next()
