"""What a compromised key had said and should go on to hold, signed anew by a good one (2-formats, Who may sign what).

Lists, indexes and changes keep their revision, times and order; each exam in which that key signed a certificate that
stands gets its next list too. Releases that wait and hold something of that key, or touch what is made anew, are
withdrawn and made again behind it. All of it is published in one transaction with the keyring that declares it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from keys.forecast import Held
from signing.centre.room import Session
from signing.ledger import compare
from signing.ledger.compare import Registered
from signing.ledger.values import IndexHead, Job, Lines
from signing.messages import _
from signing.print import printed
from signing.release import disbelieved, made_anew, produce
from signing.release.disbelieved import Taken
from signing.steps import withdraw
from signing.steps.making import corrected_list, drawing_up, remade
from verify.core import cbor, exam_code
from verify.core.chain import Chain
from verify.core.changes import Change
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList
from verify.core.signed import Genuine
from verify.core.statement import decode
from verify.shared.agreement import NotAgreed
from verify.shared.command import Refusal, joined

_KEPT: Final = ("again", "withdrawn", "reprint")
"""What a job notes of those that waited."""


class Resigned(msgspec.Struct, frozen=True, kw_only=True):
    """What was made anew."""

    path: Path | None
    """The release; None where nothing of the centre's lost its belief."""
    lists: int
    changes: int
    indexes: int
    exams: tuple[str, ...]
    """Exams with a next list, as that key had signed certificates of theirs that stand."""
    strange: int
    """Statements of that key that are not the centre's: nobody believes them any more."""
    past: tuple[str, ...]
    """Certificates of which a suspension that is over cannot be shown any more."""
    again: tuple[Path, ...]
    """Releases that waited, made again."""
    withdrawn: tuple[str, ...]
    """Releases that waited and were withdrawn for good: snapshots, of which the next is taken behind this."""
    reprint: tuple[str, ...]
    """Certificates of these whose papers were printed: the papers must be replaced."""


def snapshots_withdrawn(names: Iterable[str]) -> str:
    """What is told of snapshots that waited."""
    text = _(
        "Withdrawn, since it says what held before; once this is published `yinjian-sign snapshot` takes the next: {}"
    )
    return text.format(joined(names))


def resign(session: Session, held: Held, registry: Registered, *, agreed: bool = False) -> Resigned:
    """Signs anew what compromised keys took belief from, by what the registry holds. Raises Refusal, NotAgreed."""
    drawing_up.take_up(session)
    ledger, room = session.ledger, session.room
    _note_published(session, registry)
    chain = held.chain(session.unlocked.folder.root, session.unlocked.folder.versions())
    if chain is None or all(key.state != "compromised" for key in chain.newest.keys):
        raise Refusal(_("No key of the keyring is compromised: nothing is to be signed anew."))
    for gone in ledger.jobs():  # of a command that was stopped behind its withdrawing
        if gone.withdrawn_at is not None:
            withdraw.put_away(room, gone.release)
    ours = made_anew.digests(room.releases, ledger.jobs())
    taken = disbelieved.taken(held, chain, ours)
    recorded = _recorded(session, chain, held, taken, agreed=agreed)
    job, path = recorded.job, None
    if job is not None:
        path = produce.produce(session, job).path
        if "made" not in job.notes:
            ledger.add_notes(job.id, {"made": _digests(path)})
    again = tuple(produce.produce(session, one).path for one in ledger.jobs() if one.id in recorded.again)
    for release in recorded.withdrawn:
        withdraw.put_away(room, release)
    return Resigned(
        path=path,
        lists=len(taken.lists),
        changes=len(taken.changes),
        indexes=len(taken.indexes),
        exams=tuple(sorted({head.exam for head in ledger.lists(job.id)})) if job is not None else (),
        strange=taken.strange,
        past=taken.past,
        again=again,
        withdrawn=tuple(
            one.release for one in ledger.jobs() if one.kind == "snapshot" and one.release in recorded.withdrawn
        ),
        reprint=recorded.reprint,
    )


def _note_published(session: Session, registry: Registered) -> None:
    """Notes what is in the registry, whatever a thief filed there: what waits is withdrawn, and nothing else."""
    ledger = session.ledger
    found = compare.differences(ledger, registry)
    waiting = {difference.subject for difference in found if not difference.is_fault}
    for job in ledger.waiting():
        if job.release not in waiting:
            ledger.mark_published(job.release, session.now)


def _digests(path: Path) -> list[str]:
    """SHA-256 of each list and change of the release, by which it is known as published."""
    found = (decode(data) for data in cbor.split(path.read_bytes()))
    return [one.digest.hex() for one in found if one.kind.name in ("PASS_LIST", "CHANGE")]


class _Recorded(msgspec.Struct, frozen=True, kw_only=True):
    job: Job | None = None
    """What makes anew what was taken; None where nothing was."""
    again: tuple[int, ...] = ()
    """The jobs that stand for those that were withdrawn."""
    withdrawn: tuple[str, ...] = ()
    reprint: tuple[str, ...] = ()


def _recorded(session: Session, chain: Chain, held: Held, taken: Taken, *, agreed: bool) -> _Recorded:
    """The job that makes ``taken`` anew: the one that stands, or one recorded now. Raises NotAgreed.

    Where nothing was taken there is none, as a release holds something; what waits is withdrawn and recorded all the
    same.
    """
    ledger, now = session.ledger, session.now
    exams = _touched(session, taken)
    kids = {key.kid for key in chain.newest.keys if key.state == "compromised"}
    # What was recorded before the command was stopped counts as what waits.
    waiting = [
        remade.content(session, job) for job in ledger.jobs() if job.published_at is None and job.withdrawn_at is None
    ]
    standing = next((one.job for one in waiting if one.job.kind == "resign"), None)
    request = _request(chain, taken)
    if standing is not None and standing.request == request:
        return _Recorded(job=standing, **{name: tuple(standing.notes[name]) for name in _KEPT})
    stale = [
        one
        for one in waiting
        if one.job.kind in ("resign", "snapshot") or one.kids() & kids or exams & ledger.exams_of(one.job.id)
    ]
    if not (_count(taken) or stale):
        return _Recorded()
    for one in stale:
        withdraw.check_not_logged(session.room, one.job)
    reprint = remade.printed_among(stale, printed.printed(ledger))
    if not agreed:
        raise NotAgreed(_summary(taken, stale, reprint), str(_count(taken)))
    with ledger.transaction():
        for one in reversed(stale):
            if one.job.digest is None:
                ledger.drop(one.job.id)
                continue
            ledger.withdraw(one.job.id, now)
            ledger.note(now, "withdrawn", [one.job.release], _("its key is compromised"))
        withdrawn = [one.job.release for one in stale if one.job.digest]
        notes: dict[str, Any] = {"exams": sorted(exams), "withdrawn": withdrawn, "reprint": reprint}
        job = ledger.add_job("resign", _name(session), request, now, notes) if _count(taken) else None
        anew = _anew(session, chain, held, taken)
        if job is not None:
            for exam in sorted(_unlisted(session, taken)):
                _next(session, exam, job)
        notes["again"] = [remade.record(session, one) for one in stale if one.job.kind not in ("resign", "snapshot")]
        if job is not None:
            ledger.recognise(job, request, notes | {"anew": anew})
    found = next((one for one in ledger.jobs() if one.id == job), None)
    return _Recorded(job=found, **{name: tuple(notes[name]) for name in _KEPT})


def _anew(session: Session, chain: Chain, held: Held, taken: Taken) -> list[list[str]]:
    """Old digests and the keys that sign anew, in the order of the release; an empty key for what goes in as it is."""
    unlocked, now = session.unlocked, session.now
    active = {key.public for key in chain.newest.keys if key.state == "active"}
    found: list[list[str]] = []

    def sign(one: Genuine[PassList] | Genuine[LookupIndex], programme: str) -> None:
        found.append([one.digest.hex(), unlocked.newest_signer("certificate", [programme], now).kid.hex()])

    for lost in taken.lists:
        sign(lost, lost.content.programme)
    exams = {one.content.exam for one in taken.lists if one.content.stage == "final"}
    replaced = [one.content.replacement for one in taken.changes if one.content.replacement is not None]
    exams |= {held.exams[named.number] for named in replaced if named.number in held.exams}
    for exam in sorted(exams - _unlisted(session, taken)):  # a list comes with its index, a replacement with both
        listed = disbelieved.newest_list(held, exam, chain, taken.lists)
        indexed = disbelieved.newest_index(held, exam, chain, taken.indexes)
        said = {one.digest for one in taken.lists} | {one.digest for one in taken.indexes}
        newest = [one.digest for one in (listed, indexed) if one is not None and one.digest not in said]
        found += [[digest.hex(), ""] for digest in newest]
    for change in taken.changes:
        exam = held.exams[change.content.certificate.number]
        status = unlocked.newest_signer("status", [exam_code.programme_of(exam)], now)
        # What a good key said after a compromised one is published once more, as it is.
        found.append([change.digest.hex(), "" if change.key.public in active else status.kid.hex()])
    for index in taken.indexes:
        sign(index, exam_code.programme_of(index.content.exam))
    return found


def _unlisted(session: Session, taken: Taken) -> set[str]:
    """The exams in which a compromised key had signed a certificate that stands."""
    ledger = session.ledger
    exams = {given.exam for number in taken.unlisted if (given := ledger.given(number)) is not None}
    found = set()
    for exam in exams:
        head = ledger.newest_list(exam, "final")
        lines = Lines(ledger.of_exam(exam))
        rows = ledger.list_rows(exam, head.revision) if head is not None else []
        stands = {number for row in rows if row.number is not None for number in lines.all(row.number)}
        if stands & taken.unlisted:
            found.add(exam)
    return found


def _touched(session: Session, taken: Taken) -> set[str]:
    """Every exam of which something is made anew."""
    changed = (session.ledger.given(one.content.certificate.number) for one in taken.changes)
    said = {one.content.exam for one in taken.lists} | {one.content.exam for one in taken.indexes}
    said |= {one.exam for one in changed if one is not None}
    return said | _unlisted(session, taken)


def _next(session: Session, exam: str, job: int) -> None:
    """The exam's next list and index, by a good key."""
    ledger = session.ledger
    signer = session.unlocked.newest_signer("certificate", [exam_code.programme_of(exam)], session.now)
    index = ledger.newest_index(exam)
    if index is None:
        raise Refusal(_("The exam {} has no final list yet.").format(exam))
    corrected_list.next_one(session, exam, job, signer.kid)
    revision = index.revision + 1
    ledger.add_index(IndexHead(exam=exam, revision=revision, secret_id=index.secret_id, kid=signer.kid, job=job))


def _name(session: Session) -> str:
    taken = {job.release for job in session.ledger.jobs()}
    return next(name for count in range(1, len(taken) + 2) if (name := f"resign-{count}.release") not in taken)


def _request(chain: Chain, taken: Taken) -> bytes:
    parts: tuple[tuple[Genuine[PassList] | Genuine[LookupIndex] | Genuine[Change], ...], ...]
    parts = (taken.lists, taken.changes, taken.indexes)
    says = [[one.digest for one in group] for group in parts]
    keyring = chain.versions[-1].statement.digest
    return hashlib.sha256(cbor.encode(["resign", keyring, says, sorted(taken.unlisted)])).digest()


def _count(taken: Taken) -> int:
    return len(taken.lists) + len(taken.changes) + len(taken.indexes) + len(taken.unlisted)


def _summary(taken: Taken, stale: Sequence[remade.Content], reprint: list[str]) -> str:
    text = _("Signed anew: lists {}, changes {}, lookup indexes {}; certificates that take their exam's next list: {}.")
    told = [text.format(len(taken.lists), len(taken.changes), len(taken.indexes), len(taken.unlisted))]
    if taken.strange:
        text = _("Statements of a compromised key that are not in this room's releases, and stay without belief: {}")
        told.append(text.format(taken.strange))
    if again := [one.job.release for one in stale if one.job.kind != "snapshot"]:
        told.append(_("Withdrawn and made again: {}").format(joined(again)))
    if snapshots := [one.job.release for one in stale if one.job.kind == "snapshot"]:
        told.append(snapshots_withdrawn(snapshots))
    if reprint:
        told.append(_("Papers that must be replaced, as they were printed of these: {}").format(joined(reprint)))
    return "\n".join(told)
