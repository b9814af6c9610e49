"""From a judged workbook to what is recorded: who is on which list, and which number each is given.

Everything that decides a release's bytes is in the ledger before anything is signed, the time of issue and the
key included, so that the same command goes on after any crash and comes to the same bytes.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from signing.centre.centre_toml import ExamEntry
from signing.centre.exam_names import ExamName
from signing.centre.room import Room, Session, check_keyring
from signing.ledger.book import Ledger
from signing.ledger.values import JobKind, Lines, Objection
from signing.messages import _
from signing.workbook.judging import Candidate, Judged
from verify.core import cbor, identity
from verify.core.china_time import local_text
from verify.core.keyring import Programme
from verify.shared.command import Refusal, joined


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who passed, without the ID number."""

    name: str
    id_hint: str
    lookup_key: bytes
    own_number: str | None
    paper_date: str | None = None
    """Of a paper from before: the date on it, ``YYYY-MM-DD``."""

    def __repr__(self) -> str:
        return "Person()"


class ExamPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One exam of a workbook and everybody who passed it, in row order."""

    exam: ExamEntry
    programme: Programme
    secret_id: bytes
    people: tuple[Person, ...]
    strikes: tuple[Objection, ...] = ()
    """Those struck out with a row of this workbook who were not before: it holds for the person."""
    left_out: tuple["LeftOut", ...] = ()


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom an earlier command struck out with a row, and this workbook would have on the list."""

    exam: str
    row: int
    """Of this workbook."""
    name: str
    reason: str
    since: int

    def __repr__(self) -> str:
        return f"LeftOut({self.exam}, {self.row})"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What one command is to make of a workbook."""

    kind: JobKind
    term: str
    plans: tuple[ExamPlan, ...]
    struck: Mapping[int, str]
    """Why rows are left out, by their number."""
    early: str | None = None
    """Why objections are not waited for."""
    digest: bytes
    """SHA-256 of all that decides what the release says, but for its time and key."""

    @property
    def adopts(self) -> bool:
        """Whether these are papers from before, which nobody is asked about."""
        return any(person.paper_date is not None for plan in self.plans for person in plan.people)


def request(session: Session, judged: Judged, kind: JobKind, term: str) -> Request:
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
        plans.append(_plan(session, exam, programme, by_programme[code], judged, objections=kind == "final"))
    struck = {row.row: row.why for row in judged.rows if row.why is not None}
    digest = _digest(room, kind, term, plans)
    return Request(kind=kind, term=term, plans=tuple(plans), struck=struck, digest=digest)


def check_programmes(judged: Judged, exam: str) -> None:
    """That a workbook holds nobody of other programmes where ``exam`` is one exam's code. Raises Refusal."""
    named = ExamName.read(exam)
    others = {candidate.programme for candidate in judged.candidates} - {named.programme}
    if named.programme is not None and others:
        text = _("The workbook holds people of {} too: --exam {} makes a list of each programme.")
        raise Refusal(text.format(joined(sorted(others)), named.term))


def check_rows(judged: Judged) -> None:
    """That no row is refused which was not struck out. Raises Refusal."""
    if judged.refused:
        rows = joined(str(row.row) for row in judged.refused[:10]) + (" …" if len(judged.refused) > 10 else "")
        raise Refusal(
            _("Rows refused: {} (row {}). `yinjian-sign check` says why. Put them right or strike them out.").format(
                len(judged.refused), rows
            )
        )


def _plan(
    session: Session,
    exam: ExamEntry,
    programme: Programme,
    candidates: Sequence[Candidate],
    judged: Judged,
    *,
    objections: bool,
) -> ExamPlan:
    ledger, unlocked = session.ledger, session.unlocked
    index = ledger.newest_index(exam.code)
    secret = unlocked.secret(index.secret_id if index else _notice_secret(ledger, exam.code))

    keyed = [(_lookup_key(secret, one), one) for one in candidates]
    known = {key: one.name for key, one in keyed}
    standing = ledger.struck(exam.code)
    now_struck = {
        # Of somebody who stands in two rows, one of them struck out, the other counts.
        key: (row, row.person)
        for row in judged.rows
        if row.person is not None
        and row.person.programme == exam.programme
        and (key := _lookup_key(secret, row.person)) not in known
    }
    for key, (row, person) in now_struck.items():
        if key not in standing and not row.by_name:
            _check_same_person(row.row, person, standing.values(), known)
    people, left_out = [], []
    lines = Lines(ledger.of_exam(exam.code))
    numbers = {given.lookup_key: given.number for given in lines.known.values()}
    for key, candidate in keyed:
        if candidate.outcome != "passed":
            continue
        # Whoever objected did so to a list, whose facts a correction may have changed since.
        line = [lines.known[number].lookup_key for number in lines.all(numbers[key])] if key in numbers else [key]
        struck = next((standing[one] for one in line if one in standing), None)
        if struck is not None and struck.row is not None:
            name, reason, since = candidate.name, struck.reason, struck.recorded_at
            left_out.append(LeftOut(exam=exam.code, row=candidate.row, name=name, reason=reason, since=since))
        elif struck is None or not objections:
            people.append(
                Person(
                    name=candidate.name,
                    id_hint=identity.id_hint(candidate.id_key),
                    lookup_key=key,
                    own_number=candidate.number if programme.numbering == "own" or candidate.paper_date else None,
                    paper_date=candidate.paper_date,
                )
            )
    strikes = [
        Objection(
            exam=exam.code, lookup_key=key, struck=True, reason=row.why or "", recorded_at=session.now, row=row.row
        )
        for key, (row, _person) in now_struck.items()
        if key not in standing
    ]
    return ExamPlan(
        exam=exam,
        programme=programme,
        secret_id=identity.secret_id(secret),
        people=tuple(people),
        strikes=tuple(strikes),
        left_out=tuple(left_out),
    )


def _check_same_person(row: int, person: Candidate, standing: Iterable[Objection], names: Mapping[bytes, str]) -> None:
    """That a row was not struck out before for somebody other than ``person``: workbooks are sorted. Raises Refusal."""
    for struck in standing:
        if struck.row == row:
            text = _(
                "{}: row {} was struck out on {} for somebody else ({}), who stays struck out. Now it is {}: strike by "
                "name if that is meant (--strike NAME=REASON)."
            )
            before = names.get(struck.lookup_key, _("not in this workbook"))
            raise Refusal(text.format(struck.exam, row, local_text(struck.recorded_at), before, person.name))


def _lookup_key(secret: bytes, candidate: Candidate) -> bytes:
    """By which the person is found; of a paper from before without an ID number, the number's own."""
    if candidate.paper_date is not None and not candidate.id_key and candidate.number is not None:
        return identity.no_id_key(secret, candidate.number)
    return identity.lookup_key(secret, candidate.name, candidate.id_type, candidate.id_key)


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
        says.append([[p.name, p.id_hint, p.lookup_key, p.own_number, p.paper_date] for p in plan.people])
    return hashlib.sha256(cbor.encode(says)).digest()
