"""Making a notice or certificates: prepare, record in the ledger, sign, check what was signed, release."""

from pathlib import Path

import msgspec

from signing.centre.room import Session, Unlocked
from signing.ledger.book import Ledger
from signing.ledger.values import Given, Job, Lines, ListedRow
from signing.messages import _
from signing.release import produce
from signing.release.produce import Produced
from signing.steps.making import prepare, recording
from signing.steps.making.prepare import LeftOut, Request
from signing.workbook.judging import Judged
from verify.core.china_time import deadline_text
from verify.core.pass_list import PassList
from verify.shared.agreement import NotAgreed
from verify.shared.command import Refusal


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What an exam's new list changes against the one before it."""

    exam: str
    added: tuple[str, ...]
    """Names."""
    removed: tuple[str, ...]
    struck: int
    """How many of the removed were struck out, by an objection or with a row."""
    withdraws: bool
    """Whether the list before was final, so that the removed had certificates."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A release that was made, or found made before."""

    job: Job
    path: Path
    lists: tuple[PassList, ...]
    """Without their rows."""
    counts: dict[str, int]
    """Rows by exam."""
    certificates: tuple[Given, ...]
    """Everybody's on the final lists, in order."""
    differences: tuple[Difference, ...]
    taken_for: tuple[str, ...] = ()
    """Certificates that rows of the workbook were taken for, though what these say was corrected since."""
    again: bool
    """Whether the same command had recorded it before."""
    aside: Path | None
    """Where a file is kept that lay in the release's place and had been altered."""
    left_out: tuple[LeftOut, ...] = ()
    """Those whom an earlier command struck out with a row, and who are in this workbook."""


def announce(session: Session, judged: Judged, term: str) -> Made:
    """The notice of everybody who passed, for objections. Raises Refusal."""
    return _make(session, prepare.request(session, judged, "notice", term), early=None, agreed=True)


def issue(session: Session, judged: Judged, term: str, early: str | None = None, *, agreed: bool = False) -> Made:
    """The certificates and the final list. ``early`` says why not to wait for objections.

    Raises Refusal, and NotAgreed where the list would take certificates away and nobody agreed to that.
    """
    return _make(session, prepare.request(session, judged, "final", term), early, agreed=agreed)


def adopt_papers(session: Session, judged: Judged, term: str, *, agreed: bool = False) -> Made:
    """The statements of papers from before, and the final list that names them. Raises Refusal, and NotAgreed."""
    return _make(session, prepare.request(session, judged, "final", term), early=None, agreed=agreed)


def _make(session: Session, wanted: Request, early: str | None, *, agreed: bool) -> Made:
    unlocked, ledger = session.unlocked, session.ledger
    for plan in wanted.plans:
        if not wanted.adopts and any(one.paper_date is not None for one in ledger.of_exam(plan.exam.code)):
            text = _("The certificates of {} are papers from before: `yinjian-sign adopt` registers more of them.")
            raise Refusal(text.format(plan.exam.code))
    take_up(session)
    job = recording.standing_job(session, wanted)
    if job is not None and job.digest is None and not _keys_active(unlocked, ledger, job):
        job = None  # nothing left the room under the old key: record it anew, with the numbers it gave
    again = job is not None
    if job is None:
        if wanted.kind == "final" and not wanted.adopts and _is_early(ledger, wanted, session.now, early):
            wanted = msgspec.structs.replace(wanted, early=early)
        if not agreed:
            _check_agreed(ledger, wanted)
        codes = [plan.exam.programme for plan in wanted.plans]
        signer = unlocked.newest_signer("certificate", codes, session.now)
        job = recording.record(session, wanted, signer.kid)
    taken_for = _taken_for(ledger, wanted) if wanted.kind == "final" else ()
    left_out = tuple(one for plan in wanted.plans for one in plan.left_out)
    made = _made(ledger, job, produce.produce(session, job), again=again)
    return msgspec.structs.replace(made, taken_for=taken_for, left_out=left_out)


def _taken_for(ledger: Ledger, wanted: Request) -> tuple[str, ...]:
    """The newest certificates of those whose rows still have the facts of one that was corrected."""
    found = []
    for plan in wanted.plans:
        lines = Lines(ledger.of_exam(plan.exam.code))
        numbers = {given.lookup_key: given.number for given in lines.known.values()}
        for person in plan.people:
            newest = lines.newest(numbers[person.lookup_key]) if person.lookup_key in numbers else None
            if newest is not None and newest.lookup_key != person.lookup_key:
                found.append(newest.number)
    return tuple(found)


def take_up(session: Session) -> None:
    """Takes releases that were written whole, but not yet noted when something stopped the command, as released.

    Raises Refusal where such a file is not what would be made now, byte for byte.
    """
    for job in session.ledger.unreleased():
        if (session.room.releases / job.release).is_file():
            produce.produce(session, job)


def _keys_active(unlocked: Unlocked, ledger: Ledger, job: Job) -> bool:
    kids = {head.kid for head in ledger.lists(job.id)}
    keyring = unlocked.chain.newest
    return all(any(key.state == "active" for key in keyring.with_kid(kid)) for kid in kids)


def _check_agreed(ledger: Ledger, wanted: Request) -> None:
    """That no list takes certificates away. Raises NotAgreed, which names who would lose them."""
    losing = []
    for plan in wanted.plans:
        head = ledger.newest_list(plan.exam.code, "final")
        if wanted.kind != "final" or head is None:
            continue
        lines = Lines(ledger.of_exam(plan.exam.code))
        numbers = {given.lookup_key: given.number for given in lines.known.values()}
        stay = {lines.first(numbers[one.lookup_key]) for one in plan.people if one.lookup_key in numbers}
        named = [row.number for row in ledger.list_rows(head.exam, head.revision) if row.number is not None]
        losing += [lines.known[number] for number in named if lines.first(number) not in stay]
    if losing:
        names = "、".join(f"{one.holder} ({one.number})" for one in losing[:20])
        text = _("This list takes certificates away, for ever once it is published, from {}: {}")
        raise NotAgreed(text.format(len(losing), names), losing[0].holder if len(losing) == 1 else str(len(losing)))


def _is_early(ledger: Ledger, wanted: Request, now: int, early: str | None) -> bool:
    """Whether an exam was not announced, or its objection window is open.

    Raises Refusal where that is so and ``early`` does not say why not to wait.
    """
    if early is not None and not early.strip():
        raise Refusal(_("--early wants the reason for not waiting."))
    for plan in wanted.plans:
        code = plan.exam.code
        if ledger.newest_list(code, "final") is not None:
            continue
        head = ledger.newest_list(code, "notice")
        until = head.made.objections_until if head else None
        if head is not None and (until is None or now >= until):
            continue
        if early is not None:
            return True
        if until is None:
            raise Refusal(_("{} was not announced yet; --early REASON issues without a notice.").format(code))
        text = _("Objections to {} are open until {}; --early REASON issues before that.")
        raise Refusal(text.format(code, deadline_text(until)))
    return False


def _made(ledger: Ledger, job: Job, produced: Produced, *, again: bool) -> Made:
    lists, counts, certificates, differences = [], {}, [], []
    for head in ledger.lists(job.id):
        rows = ledger.list_rows(head.exam, head.revision)
        lists.append(head.made)
        counts[head.exam] = len(rows)
        if head.stage == "final":
            known = {given.number: given for given in ledger.of_exam(head.exam)}
            certificates += [known[row.number] for row in rows if row.number is not None]
        if head.revision > 1:
            differences.append(_difference(ledger, head.exam, head.revision))
    return Made(
        job=job,
        path=produced.path,
        aside=produced.aside,
        lists=tuple(lists),
        counts=counts,
        certificates=tuple(certificates),
        differences=tuple(differences),
        again=again,
    )


def _difference(ledger: Ledger, exam: str, revision: int) -> Difference:
    rows_before, rows_after = ledger.list_rows(exam, revision - 1), ledger.list_rows(exam, revision)
    if all(row.lookup_key for row in (*rows_before, *rows_after)):
        lines = Lines(ledger.of_exam(exam))
        before = {_person(row, lines): row.holder for row in rows_before}
        after = {_person(row, lines): row.holder for row in rows_after}
    else:  # a rebuilt ledger knows of a notice only what was shown
        before = {f"{row.name} {row.id}".encode(): row.holder for row in rows_before}
        after = {f"{row.name} {row.id}".encode(): row.holder for row in rows_after}
    struck = ledger.struck(exam)
    removed = [key for key in before if key not in after]
    head = next(head for head in ledger.lists() if (head.exam, head.revision) == (exam, revision - 1))
    return Difference(
        exam=exam,
        added=tuple(name for key, name in after.items() if key not in before),
        removed=tuple(before[key] for key in removed),
        struck=sum(key in struck for key in removed),
        withdraws=head.stage == "final",
    )


def _person(row: ListedRow, lines: Lines) -> bytes:
    """Whom a row is of: the lookup key that their first certificate was filed under, as a correction may change it."""
    return row.lookup_key if row.number is None else lines.known[lines.first(row.number)].lookup_key
