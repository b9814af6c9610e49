"""The verdict: nine numbered steps from a QR text or a number to an outcome with its reasons (2-formats, Verdict).

 1 text       read the text
 2 encoding   decode strictly
 3 key        find keys by kid
 4 signature  check the signature
 5 authority  may that key sign this
 6 claims     are the claims in order
 7 register   does the register hold this very statement
 8 status     its status at the time asked
 9 log        its place in the log

``read_qr`` and ``read_number`` take the steps that need no register, the caller asks the register for the number
they found, and ``judge`` takes the rest. Everything is a function of its arguments; a verdict is data, and only a
register that contradicts its own signatures is an exception (RegisterDamaged).
"""

import contextlib
import dataclasses
import datetime
import functools
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from verify.core import certificate as certificates
from verify.core import changes, kinds, qr_text, statement
from verify.core.answer import CertificateView, Check, ExamView, Outcome, ProgrammeView, Verdict, check
from verify.core.certificate import Certificate
from verify.core.chain import Chain
from verify.core.errors import Malformed, RegisterDamaged, Unreadable
from verify.core.identity import masked_name, name_key
from verify.core.keyring import Key, Keyring
from verify.core.register import Listing, Published, Record
from verify.core.statement import Kind, Statement

CLOCK_SKEW: Final = 300
"""Seconds by which a certificate may be issued after the time asked."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps before the register found."""

    by_number: bool
    number: str | None = None
    """The number to ask the register for; None when the verdict needs no register."""
    signed: tuple[Statement, Key] | None = None
    """The QR code's statement and the key that signed it."""
    passed: tuple[Check, ...] = ()
    failed: Check | None = None
    outcome: Outcome | None = None


class _Failed(Exception):
    """Ends the procedure at one step."""

    def __init__(self, step: int, code: str, outcome: Outcome) -> None:
        self.check = check(step, "fail", code)
        self.outcome: Outcome = outcome


def read_qr(text: str, chain: Chain, now: int) -> Seen:
    """Steps 1 to 4 for a scanned or typed QR text."""
    try:
        data = qr_text.read(text)
    except Unreadable as error:
        return Seen(by_number=False, failed=check(1, "fail", error.code), outcome="unreadable")
    passed = [check(1, "pass", "text_read")]
    try:
        signed = _authentic(data, "decoded", chain.newest, now, passed)
    except _Failed as failed:
        return Seen(by_number=False, passed=tuple(passed), failed=failed.check, outcome=failed.outcome)
    number = None
    with contextlib.suppress(Malformed):  # step 6 says so, once step 5 is taken
        number = certificates.read(signed[0]).number
    return Seen(by_number=False, number=number, signed=signed, passed=tuple(passed))


def read_number(text: str, chain: Chain) -> Seen:
    """Step 1 for a typed certificate number, and its check character, which is step 6 before any search."""
    number = certificates.normal_number(text)
    if number is None:
        return Seen(by_number=True, failed=check(1, "fail", "not_a_number"), outcome="unreadable")
    passed = (check(1, "pass", "number_read"),)
    if certificates.is_slip(number, chain.newest.default_numbered):
        failed = check(6, "fail", "number_check")
        return Seen(by_number=True, passed=passed, failed=failed, outcome="malformed")
    return Seen(by_number=True, number=number, passed=passed)


def judge(
    seen: Seen,
    record: Record | None,
    *,
    chain: Chain,
    now: int,
    as_of: int | None = None,
    name: str | None = None,
    known_person: bool = False,
    offline: bool = False,
) -> Verdict:
    """Steps 5 to 9 (2 to 9 by number) and the verdict.

    ``record`` is the register's answer for ``seen.number``, None for none; ``offline`` says that it was not
    asked. ``now`` and ``as_of`` are seconds since 1970, ``as_of`` not after ``now``. ``name`` must fit the
    holder's; ``known_person`` is for who gave the ID number too. Raises RegisterDamaged.
    """
    return _Procedure(
        seen=seen,
        record=record,
        chain=chain,
        now=now,
        as_of=now if as_of is None else as_of,
        name=name,
        known_person=known_person,
        offline=offline,
    ).verdict()


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate's status at one time."""

    outcome: Outcome
    since: int
    reason: changes.Reason | None = None
    replaced_by: str | None = None


@dataclasses.dataclass(kw_only=True)
class _Procedure:
    """One run of the procedure."""

    seen: Seen
    record: Record | None
    chain: Chain
    now: int
    as_of: int
    name: str | None
    known_person: bool
    offline: bool
    checks: list[Check] = dataclasses.field(default_factory=list)
    certificate: Certificate | None = None
    now_standing: _Standing | None = None
    standing: _Standing | None = None

    @property
    def keyring(self) -> Keyring:
        """The keyring in force."""
        return self.chain.newest

    def verdict(self) -> Verdict:
        """The whole answer."""
        self.checks.extend(self.seen.passed)
        outcome = self._outcome()
        done = {one.step: one for one in self.checks}
        failed = any(one.result == "fail" for one in self.checks)
        missing = "not_reached" if failed else "register_not_asked"
        return Verdict(
            outcome=outcome,
            status_now=self.now_standing.outcome if self.now_standing else None,
            checked_at=_moment(self.now),
            as_of=_moment(self.as_of),
            checks=tuple(done.get(step) or check(step, "not_done", missing) for step in range(1, 10)),
            certificate=None if outcome in ("not_found", "mismatch") else self._view(),
        )

    def _outcome(self) -> Outcome:
        if self.seen.failed is not None and self.seen.outcome is not None:
            self.checks.append(self.seen.failed)
            return self.seen.outcome
        try:
            found, key = self._signed()
            self._authority(found, key)
            certificate = self._claims(found)
            if self.seen.by_number and certificate.number != self.seen.number:
                raise RegisterDamaged("register_damaged", "a stored certificate of another number than its place says")
            if self.name is not None and name_key(self.name) != name_key(certificate.holder):
                raise _Failed(7, "name_mismatch", "mismatch")
            self.certificate = certificate
            return self._status(certificate, found)
        except _Failed as failed:
            self.checks.append(failed.check)
            return failed.outcome

    def _signed(self) -> tuple[Statement, Key]:
        """Steps 2 to 4 for the stored statement, unless the QR code brought one."""
        if self.seen.signed is not None:
            return self.seen.signed
        if self.record is None:
            raise _Failed(7, "not_found", "not_found")
        return _authentic(self.record.certificate.data, "stored_decoded", self.keyring, self.now, self.checks)

    def _authority(self, found: Statement, key: Key) -> None:
        """Step 5."""
        if key.use != kinds.of(found).use(found):
            raise _Failed(5, "key_wrong_use", "key_not_trusted")
        programme = found.content.get(3)
        if found.kind is Kind.CERTIFICATE and isinstance(programme, str) and not key.may_sign_for(programme):
            raise _Failed(5, "key_wrong_programme", "key_not_trusted")
        index = self._index(found)
        if key.state == "compromised":
            if index is not None and self.chain.believes(key, index):
                self.checks.append(check(5, "pass", "key_trusted"))
            elif index is not None and self._named():
                self.checks.append(check(5, "pass", "key_restored"))
            else:
                raise _Failed(5, "key_compromised", "key_not_trusted")
        elif index is not None and not self.chain.believes(key, index):
            raise _Failed(5, "key_not_active", "key_not_trusted")
        elif index is None and key.state == "retired":
            self.checks.append(check(5, "not_done", "key_retired"))
        else:
            self.checks.append(check(5, "pass", "key_trusted"))

    def _claims(self, found: Statement) -> Certificate:
        """Step 6."""
        try:
            certificate = certificates.read(found)
        except Malformed as error:
            raise _Failed(6, error.code, "malformed") from None
        if certificates.is_slip(certificate.number, self.keyring.default_numbered):
            raise _Failed(6, "number_check", "malformed")
        if self.keyring.programme(certificate.programme) is None:
            raise _Failed(6, "unknown_programme", "malformed")
        self.checks.append(check(6, "pass", "claims_ok"))
        return certificate

    def _status(self, certificate: Certificate, found: Statement) -> Outcome:
        """Steps 7 to 9."""
        if self.offline:
            dated = _dated(certificate, self.as_of)
            if dated is not None:
                raise _Failed(8, f"status_{dated.outcome}", dated.outcome)
            return "valid"
        if self.record is None:
            raise _Failed(7, "not_registered", "unregistered")
        if self._index(found) is None:
            raise _Failed(7, "other_statement", "unregistered")
        if not self._named():
            raise _Failed(7, "not_listed", "unregistered")
        self.checks.append(check(7, "pass", "registered"))
        believed = [change for change in self._changes(self.record.changes) if change.certificate.short == found.short]
        self.now_standing = self._standing_at(certificate, believed, self.now)
        same = self.as_of == self.now
        self.standing = self.now_standing if same else self._standing_at(certificate, believed, self.as_of)
        outcome = self.standing.outcome
        if outcome != "valid":
            raise _Failed(8, f"status_{outcome}", outcome)
        self.checks.append(check(8, "pass", "status_valid"))
        self.checks.append(check(9, "not_done", "no_log"))
        return outcome

    def _index(self, found: Statement) -> int | None:
        """The log index of ``found``, None where the register does not hold this very statement."""
        if self.record is None or self.record.certificate.data != found.data:
            return None
        return self.record.certificate.index

    @functools.cached_property
    def _lists(self) -> list[Listing]:
        """The final lists of the exam that were signed by a key believed at their place in the log."""
        return [
            listing
            for listing in (self.record.lists if self.record else ())
            if any(self.chain.believes(key, listing.index) for key in self.keyring.with_kid(listing.kid))
        ]

    def _named(self) -> bool:
        """Whether a believed final list or replacement names the certificate."""
        if any(listing.names_it for listing in self._lists):
            return True
        if self.record is None:
            return False
        short = statement.decode(self.record.certificate.data).short
        return any(
            change.action == "replaced" and change.replacement is not None and change.replacement.short == short
            for change in self._changes(self.record.named_by)
        )

    def _withdrawn_at(self) -> int | None:
        """When a list left the certificate out that an earlier one named, if the newest still does."""
        at = None
        named = False
        for listing in self._lists:
            if listing.names_it:
                named, at = True, None
            elif named and at is None:
                at = listing.issued_at
        return at

    def _changes(self, published: Sequence[Published]) -> list[changes.Change]:
        """The believed ones of ``published``; their signatures are checked here, as no projection is believed."""
        read = []
        for item in published:
            try:
                found = statement.decode(item.data)
                change = changes.read(found)
                key = _signer(found, self.keyring)
            except (Unreadable, Malformed, _Failed):
                raise RegisterDamaged("register_damaged", "a stored change that nobody signed") from None
            if key.use == "status" and self.chain.believes(key, item.index):
                read.append(change)
        return read

    def _standing_at(self, certificate: Certificate, believed: Iterable[changes.Change], time: int) -> _Standing:
        withdrawn_at = self._withdrawn_at()
        if withdrawn_at is not None and withdrawn_at <= time:
            return _Standing(outcome="withdrawn", since=withdrawn_at)
        standing = _Standing(outcome="valid", since=certificate.issued_at)
        for change in believed:
            if change.effective_at <= time:
                standing = _after(change)
        if standing.outcome != "valid":
            return standing
        return _dated(certificate, time) or standing

    def _view(self) -> CertificateView | None:
        certificate = self.certificate
        if certificate is None:
            return None
        programme = self.keyring.programme(certificate.programme)
        if programme is None:
            return None
        holds_qr = not self.seen.by_number
        full_name = holds_qr or self.known_person or self.name is not None
        exam = self.record.exam if self.record and self.standing else None
        standing = self.standing
        return CertificateView(
            number=certificate.number,
            holder=certificate.holder if full_name else masked_name(certificate.holder),
            id_hint=certificate.id_hint if holds_qr or self.known_person else None,
            programme=ProgrammeView(
                code=programme.code,
                name=programme.name,
                level=programme.level,
                occupation=programme.occupation,
            ),
            exam=ExamView(
                code=certificate.exam,
                title=exam.title if exam else None,
                held_on=exam.held_on if exam else None,
            ),
            issuers=self.keyring.issuers_of(programme),
            issued_at=_moment(certificate.issued_at),
            expires_at=None if certificate.expires_at is None else _moment(certificate.expires_at),
            status=standing.outcome if standing else None,
            status_since=_moment(standing.since) if standing else None,
            reason=standing.reason if standing else None,
            replaced_by=standing.replaced_by if standing else None,
        )


def _authentic(data: bytes, code: str, keyring: Keyring, now: int, checks: list[Check]) -> tuple[Statement, Key]:
    """Steps 2 to 4 over the received bytes, and who signed; ``code`` says that step 2 passed. Raises _Failed."""
    try:
        found = statement.decode(data)
    except Unreadable as error:
        raise _Failed(2, error.code, "unreadable") from None
    checks.append(check(2, "pass", code))
    if not keyring.with_kid(found.kid):
        raise _Failed(3, "unknown_key", "unknown_key")
    checks.append(check(3, "pass", "keyring_expired" if now > keyring.expires_at else "key_found"))
    key = _signer(found, keyring)
    checks.append(check(4, "pass", "signature_ok"))
    return found, key


def _signer(found: Statement, keyring: Keyring) -> Key:
    """The key that signed ``found``. Raises _Failed."""
    for key in keyring.with_kid(found.kid):
        if statement.signed_by(found, key.public):
            return key
    raise _Failed(4, "signature_bad", "forged")


def _after(change: changes.Change) -> _Standing:
    """The standing that ``change`` leaves a certificate in."""
    return _Standing(
        outcome="valid" if change.action == "reinstated" else change.action,
        since=change.effective_at,
        reason=None if change.action == "reinstated" else change.reason,
        replaced_by=change.replacement.number if change.replacement else None,
    )


def _dated(certificate: Certificate, time: int) -> _Standing | None:
    """What the certificate's own dates say against it at ``time``."""
    if certificate.issued_at > time + CLOCK_SKEW:
        return _Standing(outcome="not_yet_valid", since=certificate.issued_at)
    if certificate.expires_at is not None and time >= certificate.expires_at:
        return _Standing(outcome="expired", since=certificate.expires_at)
    return None


def _moment(seconds: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
