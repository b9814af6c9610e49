"""Revoking, suspending, reinstating and replacing certificates: a release of the change, and what comes with it.

The rules of 2-formats, "What ties a release together", are kept here already, so that publishing has nothing to
refuse: changes in order of time, nothing after a final one, a replacement of the same exam and person.
"""

import datetime
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from signing.centre.room import Session, check_keyring
from signing.ledger.book import Ledger
from signing.ledger.history import standing_words
from signing.ledger.values import Given, IndexHead, Job, RecordedChange
from signing.messages import _
from signing.print import qr_files
from signing.release import produce
from signing.steps.making import corrected_list, drawing_up, numbering
from signing.steps.making.facts import Facts
from verify.core import cbor, exam_code, identity
from verify.core.certificate import has_default_shape
from verify.core.changes import Action, Reason
from verify.core.china_time import local_day
from verify.core.keyring import Programme
from verify.core.standing import after_final, in_turn
from verify.shared.agreement import NotAgreed
from verify.shared.command import Refusal

Verb = Literal["revoke", "suspend", "reinstate", "replace"]

ACTIONS: Final[dict[Verb, Action]] = {
    "revoke": "revoked",
    "suspend": "suspended",
    "reinstate": "reinstated",
    "replace": "replaced",
}
_USUAL: Final[dict[Verb, Reason]] = {
    "revoke": "other",
    "suspend": "investigation",
    "reinstate": "other",
    "replace": "reissued",
}


MAX_NOTE: Final = 200
_ID_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{15}(?:[0-9]{2}[0-9Xx])?(?![0-9A-Za-z])")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a clerk asks to be done to one certificate."""

    number: str
    verb: Verb
    reason: Reason | None = None
    """The usual one of the verb where it is None."""
    effective_at: int | None = None
    """The time of the command where it is None."""
    note: str | None = None
    facts: Facts | None = None
    """The right facts, for a replacement that corrects."""
    new_number: str | None = None
    """The replacement's number, of a programme with the centre's own numbers."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A release with one change, made now or found made before."""

    job: Job
    path: Path
    change: RecordedChange
    replacement: Given | None


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """Whose certificate a change is of, and what follows from it."""

    number: str
    holder: str
    exam: str
    follows: str

    def __repr__(self) -> str:
        return f"Foreseen({self.number})"


def foresee(ledger: Ledger, order: Order) -> Foreseen:
    """What ``order`` would do. Raises Refusal where no such certificate was issued here."""
    given = _issued(ledger, order.number)
    follows = {
        "revoke": _("revoked for ever once this is published: no command takes it back"),
        "suspend": _("not valid until it is reinstated"),
        "reinstate": _("valid again"),
        "replace": _("replaced for ever once this is published, by a new certificate with a number of its own"),
    }
    return Foreseen(number=given.number, holder=given.holder, exam=given.exam, follows=follows[order.verb])


def change(session: Session, order: Order, *, agreed: bool = False) -> Done:
    """Records the change, signs it and writes its release.

    Raises Refusal where a rule forbids it, and NotAgreed where it is a revocation to which nobody agreed.
    """
    ledger = session.ledger
    _check_note(ledger, order)
    drawing_up.take_up(session)
    given = _issued(ledger, order.number)
    digest = _digest(order)
    history = ledger.changes(number=given.number)
    job = next((job for job in ledger.jobs() if history and job.id == history[-1].job), None)
    if job is None or job.request != digest:
        if order.verb == "revoke" and not agreed:
            _check(session, order, given, history)
            told = foresee(ledger, order)
            raise NotAgreed(f"{told.number}  {told.holder}  {told.exam}: {told.follows}", told.holder)
        job = _record(session, order, given, digest)
    path = produce.produce(session, job).path
    (recorded,) = ledger.changes(job=job.id)
    replacement = ledger.given(recorded.replacement) if recorded.replacement is not None else None
    if replacement is not None:
        qr_files.draw(session.room.certificates, session.room.centre, [replacement], session.progress)
    return Done(job=job, path=path, change=recorded, replacement=replacement)


def _check_note(ledger: Ledger, order: Order) -> None:
    """That what is published with a change is a short line without the holder's name or an ID number."""
    if order.note is None:
        return
    note = unicodedata.normalize("NFKC", order.note)
    if not note.strip() or len(note) > MAX_NOTE or any(unicodedata.category(c) in ("Cc", "Cf", "Co") for c in note):
        raise Refusal(_("A note is one line of at most {} characters.").format(MAX_NOTE))
    given = ledger.given(order.number)
    if _ID_NUMBER.search(note) or (given is not None and given.holder in order.note):
        raise Refusal(_("The note is published: it may hold neither the holder's name nor an ID number."))


def _issued(ledger: Ledger, number: str) -> Given:
    given = ledger.given(number)
    if given is None or given.job is None or given.statement is None:
        raise Refusal(_("No certificate {} was issued here.").format(number))
    return given


def _digest(order: Order) -> bytes:
    facts = order.facts and [order.facts.name, order.facts.id_type, order.facts.id_key]
    says: list[Any] = [order.number, order.verb, order.reason, order.effective_at, order.note, facts, order.new_number]
    return hashlib.sha256(cbor.encode(["status", *says])).digest()


def _check(session: Session, order: Order, given: Given, history: list[RecordedChange]) -> None:
    last = history[-1] if history else None
    actions: list[Action] = [earlier.action for earlier in history]
    if (final := after_final(actions)) is not None:
        raise Refusal(_("Certificate {} is {} already, which is final.").format(given.number, standing_words(final)))
    if not in_turn(ACTIONS[order.verb], actions):
        if order.verb == "reinstate":
            raise Refusal(_("Certificate {} is not suspended.").format(given.number))
        raise Refusal(_("Certificate {} is suspended already.").format(given.number))
    effective = session.now if order.effective_at is None else order.effective_at
    if effective > session.now:
        raise Refusal(_("A change cannot take effect after it is signed."))
    if last is not None and effective < last.effective_at:
        raise Refusal(
            _("A change cannot take effect before the one before it, of {}.").format(local_day(last.effective_at))
        )
    if effective < given.issued_at:
        raise Refusal(
            _("The certificate was issued on {}; nothing can change before that.").format(local_day(given.issued_at))
        )
    if order.verb != "replace":
        if order.facts is not None or order.new_number is not None:
            raise Refusal(_("Only a replacement has facts and a number of its own."))
        return
    if order.facts is not None and order.reason not in (None, "registration_error"):
        raise Refusal(_("Facts change only where they were registered wrong: --reason registration_error."))
    if given.expires_at is not None and given.expires_at <= session.now:
        raise Refusal(_("Certificate {} has expired; nothing is left to replace.").format(given.number))


def _record(session: Session, order: Order, given: Given, digest: bytes) -> Job:
    ledger, unlocked, now = session.ledger, session.unlocked, session.now
    code = exam_code.programme_of(given.exam)
    action = ACTIONS[order.verb]
    _check(session, order, given, ledger.changes(number=given.number))  # before anybody is asked for the passphrase
    status = unlocked.newest_signer("status", [code], now)
    reason = order.reason or ("registration_error" if order.facts is not None else _USUAL[order.verb])
    with ledger.transaction():
        ledger.drop_unreleased([given.exam])
        _check(session, order, given, ledger.changes(number=given.number))
        job = ledger.add_job("status", _release_name(ledger, now, order), digest, now, {})
        replacement = _replacement(session, order, given, job) if order.verb == "replace" else None
        ledger.add_change(
            RecordedChange(
                number=given.number,
                kid=status.kid,
                action=action,
                effective_at=now if order.effective_at is None else order.effective_at,
                reason=reason,
                replacement=replacement,
                note=order.note,
                job=job,
            )
        )
    return next(found for found in ledger.jobs() if found.id == job)


def _release_name(ledger: Ledger, now: int, order: Order) -> str:
    stamp = datetime.datetime.fromtimestamp(now, datetime.UTC).strftime("%Y%m%dT%H%M%SZ")
    stem = f"status-{stamp}-{order.number}-{ACTIONS[order.verb]}"
    taken = {job.release for job in ledger.jobs()}
    names = (f"{stem}.release", *(f"{stem}-{count}.release" for count in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _replacement(session: Session, order: Order, given: Given, job: int) -> str:
    """Gives the new number and records the certificate and the lookup index that come with it."""
    ledger, unlocked, now = session.ledger, session.unlocked, session.now
    code = exam_code.programme_of(given.exam)
    keyring = unlocked.chain.newest
    check_keyring(session.room.centre, keyring, [code])
    programme = keyring.programme(code)
    index = ledger.newest_index(given.exam)
    if programme is None or index is None:
        raise Refusal(_("The exam {} has no final list yet.").format(given.exam))
    name, hint, key = given.holder, given.id_hint, given.lookup_key
    if order.facts is not None:
        facts = order.facts
        name, hint = facts.name, identity.id_hint(facts.id_key)
        key = identity.lookup_key(unlocked.secret(index.secret_id), name, facts.id_type, facts.id_key)
    signer = unlocked.newest_signer("certificate", [code], now)
    listed, rows = corrected_list.newest(ledger, given)
    number = _number(ledger, order, given, programme, keyring.default_numbered)
    new = Given(
        number=number,
        exam=given.exam,
        holder=name,
        id_hint=hint,
        lookup_key=key,
        issued_at=now,
        expires_at=given.expires_at,
        kid=signer.kid,
        job=job,
        replaces=given.number,
    )
    ledger.give([new])
    if (name, hint, key) != (given.holder, given.id_hint, given.lookup_key):
        corrected_list.add(session, listed, rows, new)
    ledger.add_index(
        IndexHead(exam=given.exam, revision=index.revision + 1, secret_id=index.secret_id, kid=signer.kid, job=job)
    )
    return number


def _number(ledger: Ledger, order: Order, given: Given, programme: Programme, default_numbered: Sequence[str]) -> str:
    if programme.numbering == "default":
        if order.new_number is not None:
            raise Refusal(_("The numbers of {} are given here.").format(programme.code))
        unused = ledger.unused_replacement(given.number)
        return unused or numbering.next_number(ledger, programme, exam_code.term_of(given.exam))
    if order.new_number is None:
        raise Refusal(_("{} has the centre's own numbers: --number says the new one.").format(programme.code))
    if has_default_shape(order.new_number, default_numbered):
        raise Refusal(_("The number has the form of those that are given here, which a centre's own may not have."))
    taken = ledger.given(order.new_number)
    if taken is not None and taken.job is not None:
        raise Refusal(_("Certificate number {} was given before.").format(order.new_number))
    return order.new_number
