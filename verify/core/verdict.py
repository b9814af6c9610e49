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
register that contradicts its own signatures is an exception (RegisterDamaged). One module because the nine steps are
read, and checked against the contract, as one procedure.
"""

import contextlib
import dataclasses
from typing import Final

import msgspec

from verify.core import answer, qr_text, signed, statement
from verify.core import certificate as certificates
from verify.core.answer import CertificateView, Check, Outcome, Verdict, check, moment
from verify.core.certificate import Certificate
from verify.core.chain import Chain
from verify.core.errors import LogRefused, Malformed, NotBelieved, RegisterDamaged, Unreadable
from verify.core.identity import name_key
from verify.core.keyring import Key, Keyring
from verify.core.log import tree
from verify.core.log.near import Near
from verify.core.log.receipt import Receipt
from verify.core.log.view import TreeView
from verify.core.offline import Knowledge, Known
from verify.core.register import Held, Record, Register
from verify.core.signed import Genuine
from verify.core.standing import State, Worth
from verify.core.statement import Kind, Statement

_NONE_DONE: Final = {
    code: tuple(check(step, "not_done", code) for step in range(1, 10))
    for code in ("not_reached", "register_not_asked")
}


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the steps before the register found."""

    by_number: bool
    number: str | None = None
    """The number to ask the register for; None when the verdict needs no register."""
    signed: tuple[Statement, Key] | None = None
    """The QR code's statement and the key that signed it."""
    read: Certificate | None = None
    """What the QR code's statement says, where it says it in order."""
    genuine: Genuine[Certificate] | None = None
    """The same, where its key may say it."""
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
    return read_code(data, chain, now)


def read_code(data: bytes, chain: Chain, now: int) -> Seen:
    """The same for the bytes that a text was read to."""
    passed = [check(1, "pass", "text_read")]
    keyring = chain.newest
    try:
        found, key = _authentic(data, "decoded", keyring, now, passed)
    except _Failed as failed:
        return Seen(by_number=False, passed=tuple(passed), failed=failed.check, outcome=failed.outcome)
    genuine: Genuine[Certificate] | None = None
    read: Certificate | None = None
    with contextlib.suppress(NotBelieved):  # steps 5 and 6 say so in their turn
        genuine = signed.genuine(Certificate, found, keyring)
        read = genuine.content
    if read is None:
        with contextlib.suppress(Malformed):
            read = certificates.read(found)
    return Seen(
        by_number=False,
        number=read.number if read else None,
        signed=(found, key),
        read=read,
        genuine=genuine,
        passed=tuple(passed),
    )


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
    offline: Knowledge | None = None,
    log: TreeView | None = None,
    receipt: bool = False,
) -> Verdict:
    """Steps 5 to 9 (2 to 9 by number) and the verdict.

    ``record`` is the register's answer for ``seen.number``, None for none, and brings the keyrings of its own moment;
    without one ``chain`` is asked. ``offline`` is what is known where the register was not asked. ``now`` and ``as_of``
    are seconds since 1970, ``as_of`` not after ``now``. ``name`` must fit the holder's; ``known_person`` is for who
    gave the ID number too. ``log`` is the newest checkpoint's tree with what proves the record's certificates, and
    ``receipt`` asks for that proof. Raises RegisterDamaged, and NotAskable for an ``as_of`` that ``offline`` cannot
    answer.
    """
    if offline is not None:
        now = offline.judged_at(now)
        offline.check_askable(now if as_of is None else as_of)
    register = None
    if record is not None:
        known = (seen.signed[0], seen.genuine) if seen.signed is not None and seen.genuine is not None else None
        register = Register.of(record, known)
    if register is not None and register.lacking:
        raise RegisterDamaged("register_damaged", "an answer without certificates that changes name")
    return _Procedure(
        seen=seen,
        record=record,
        register=register,
        chain=chain if record is None else record.chain,
        now=now,
        as_of=now if as_of is None else as_of,
        name=name,
        known_person=known_person,
        offline=offline,
        tree=log,
        wants_receipt=receipt,
    ).verdict()


def offline_verdict(text: str, known: Knowledge, *, now: int, as_of: int | None = None) -> Verdict:
    """The verdict of a scanned, typed or pasted QR text, by what is known without the register. Raises NotAskable."""
    seen = read_qr(text, known.chain, known.judged_at(now))
    return judge(seen, None, chain=known.chain, now=now, as_of=as_of, offline=known)


@dataclasses.dataclass(kw_only=True)
class _Procedure:
    """One run of the procedure."""

    seen: Seen
    record: Record | None
    register: Register | None
    chain: Chain
    now: int
    as_of: int
    name: str | None
    known_person: bool
    offline: Knowledge | None
    tree: TreeView | None
    wants_receipt: bool
    checks: list[Check] = dataclasses.field(default_factory=list)
    read: Certificate | None = None
    """What was read of the statement before its step came."""
    certificate: Certificate | None = None
    held: Held | None = None
    worth_now: Worth | None = None
    worth: Worth | None = None
    place: int | None = None
    """The log index that a receipt proves."""
    logged: Check | None = None
    """Step 9 by a receipt."""
    known: State | None = None
    """What it is worth by what is known without the register."""

    @property
    def keyring(self) -> Keyring:
        """The keyring in force."""
        return self.chain.newest

    def verdict(self) -> Verdict:
        """The whole answer."""
        self.checks.extend(self.seen.passed)
        outcome = self._outcome()
        # The first fail ends the procedure, so that it is the last that was done.
        missing = "not_reached" if self.checks[-1].result == "fail" else "register_not_asked"
        checks = list(_NONE_DONE[missing])
        for done in self.checks:
            checks[done.step - 1] = done
        return Verdict(
            outcome=outcome,
            status_now=self.worth_now.state if self.worth_now else None,
            checked_at=moment(self.now),
            as_of=moment(self.as_of),
            checks=tuple(checks),
            certificate=None if outcome in ("not_found", "mismatch") else self._view(),
            receipt=self._receipt(),
            snapshot=answer.snapshot_view(self.offline.snapshot) if self.offline and self.offline.snapshot else None,
        )

    def _outcome(self) -> Outcome:
        if self.seen.failed is not None and self.seen.outcome is not None:
            self.checks.append(self.seen.failed)
            return self.seen.outcome
        try:
            if self.register is not None and self.seen.number is not None:
                self.held = self.register.held(self.seen.number)
            found, key = self._signed()
            self._receive(found)
            self._authority(found, key)
            certificate = self._claims(found)
            if self.name is not None and name_key(self.name) != name_key(certificate.holder):
                raise _Failed(7, "name_mismatch", "mismatch")
            self.certificate = certificate
            return self._status(certificate, found)
        except _Failed as failed:
            self.checks.append(failed.check)
            return failed.outcome

    def _signed(self) -> tuple[Statement, Key]:
        """Steps 2 to 4 for the stored statement, unless the QR code brought one.

        The number belongs to the first believed statement; where none is, the first that the centre signed is judged.
        """
        if self.seen.signed is not None:
            found, key = self.seen.signed
            self.read = self.seen.read
            return found, self.keyring.key(key.public) or key
        number = self.seen.number
        stored = self.register.first(number) if self.register is not None and number is not None else None
        if stored is None:
            raise _Failed(7, "not_found", "not_found")
        found, genuine = stored
        self.read = genuine.content
        self.checks += [
            check(2, "pass", "stored_decoded"),
            _key_found(self.keyring, self.now),
            check(4, "pass", "signature_ok"),
        ]
        return found, genuine.key

    def _receive(self, found: Statement) -> None:
        """Step 9 without the register, ahead of its turn: step 5 asks where a compromised key's word stands."""
        if self.offline is None or self.offline.receipt is None:
            return
        try:
            self.place = self.offline.index_of(found)
            self.logged = check(9, "pass", "logged")
        except LogRefused:
            self.logged = check(9, "not_done", "receipt_bad")

    def _authority(self, found: Statement, key: Key) -> None:
        """Step 5."""
        try:
            if self.seen.signed is not None:  # what is genuine by number was signed by a key that may
                signed.check_use(found, key)
            if self._holds(found):
                code = "key_restored" if self.held is not None and self.held.restored else "key_trusted"
            else:
                self._check_place(found, key)
                code = "key_trusted"
        except NotBelieved as error:
            if error.code != "key_retired":
                raise _Failed(5, error.code, "key_not_trusted") from None
            self.checks.append(check(5, "not_done", "key_retired"))
        else:
            self.checks.append(check(5, "pass", code))

    def _holds(self, found: Statement) -> bool:
        """Whether the number belongs to this very statement."""
        return self.held is not None and self.held.digest == found.digest

    def _check_place(self, found: Statement, key: Key) -> None:
        """That the key is believed at one place where the register has the statement, or by its state if there is none.

        Raises NotBelieved.
        """
        candidates = self.record.certificates.get(self.seen.number or "", ()) if self.record else ()
        doubt: NotBelieved | None = None
        for published in candidates:
            if published.data == found.data:
                try:
                    return signed.check_place(key, self.chain, published.index)
                except NotBelieved as error:
                    doubt = doubt or error
        if doubt is not None:
            raise doubt
        if self.place is not None and key.state == "compromised" and self.place < (key.believed_below or 0):
            return None  # proved by the receipt to be from before
        return signed.check_place(key, self.chain, None)

    def _claims(self, found: Statement) -> Certificate:
        """Step 6."""
        try:
            certificate = self.read or certificates.read(found)
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
        if self.offline is not None:
            return self._known(self.offline.status(certificate, found.digest, self.as_of, self.place))
        if self.held is None:
            raise _Failed(7, "not_registered", "unregistered")
        if not self._holds(found):
            raise _Failed(7, "other_statement", "unregistered")
        if not self.held.registered:
            raise _Failed(7, "not_listed", "unregistered")
        self.checks.append(check(7, "pass", "registered"))
        self.worth_now = self.held.worth(self.now)
        self.worth = self.worth_now if self.as_of == self.now else self.held.worth(self.as_of)
        outcome = self.worth.state
        if outcome != "valid":
            raise _Failed(8, f"status_{outcome}", outcome)
        self.checks.append(check(8, "pass", "status_valid"))
        self.checks.append(self._logged(self.held))
        return outcome

    def _logged(self, held: Held) -> Check:
        """Step 9 by the newest checkpoint's tree. Raises RegisterDamaged where another statement stands there."""
        if self.tree is None:
            return check(9, "not_done", "no_log")
        if held.index >= self.tree.size:
            return check(9, "not_done", "not_logged_yet")
        entry = tree.entry(Kind.CERTIFICATE, held.digest)
        try:
            if not self.tree.holds(held.index, entry, self._near(held)):
                raise LogRefused("not_logged", "a certificate that the log does not have in its place")
        except LogRefused as error:
            raise _damaged(error) from None
        return check(9, "pass", "logged")

    def _near(self, held: Held) -> Near | None:
        """What the record brings of the certificate's surroundings in the log."""
        for one in self.record.certificates.get(held.certificate.number, ()) if self.record else ():
            if one.index == held.index:
                return one.near
        return None

    def _receipt(self) -> Receipt | None:
        """The receipt of the registered certificate, whatever it is worth."""
        held = self.held
        if not self.wants_receipt or self.tree is None or held is None or held.index >= self.tree.size:
            return None
        if not any(one.step == 7 and one.result == "pass" for one in self.checks):
            return None
        try:
            return self.tree.receipt(held.index, self._near(held))
        except LogRefused as error:
            raise _damaged(error) from None

    def _known(self, known: Known) -> Outcome:
        """Steps 7 to 9 without the register."""
        self.checks.append(check(7, "not_done", "register_not_asked"))
        self.known = known.state
        if known.state is not None and known.state != "valid":
            raise _Failed(8, known.code, known.state)
        self.checks.append(check(8, "pass" if known.state else "not_done", known.code))
        self.checks.append(self.logged or check(9, "not_done", "no_receipt"))
        return "valid"

    def _view(self) -> CertificateView | None:
        certificate = self.certificate
        if certificate is None:
            return None
        programme = self.keyring.programme(certificate.programme)
        if programme is None:
            return None
        return answer.view(
            certificate,
            programme,
            self.keyring,
            exam=self.held.exam if self.held and self.worth else None,
            worth=self.worth,
            known=self.known,
            holder_in_full=not self.seen.by_number or self.known_person or self.name is not None,
            hint=not self.seen.by_number or self.known_person,
        )


def _authentic(data: bytes, code: str, keyring: Keyring, now: int, checks: list[Check]) -> tuple[Statement, Key]:
    """Steps 2 to 4 over the received bytes, and who signed; ``code`` says that step 2 passed. Raises _Failed."""
    try:
        found = statement.decode(data)
    except Unreadable as error:
        raise _Failed(2, error.code, "unreadable") from None
    checks.append(check(2, "pass", code))
    try:
        key = signed.signer(found, keyring)
    except NotBelieved as error:
        if error.code == "unknown_key":
            raise _Failed(3, error.code, "unknown_key") from None
        checks.append(_key_found(keyring, now))
        raise _Failed(4, error.code, "forged") from None
    checks.append(_key_found(keyring, now))
    checks.append(check(4, "pass", "signature_ok"))
    return found, key


def _damaged(error: LogRefused) -> RegisterDamaged:
    """What the register gives for its log is the log, or the register is damaged."""
    return RegisterDamaged("register_damaged", f"the log: {error.detail}")


def _key_found(keyring: Keyring, now: int) -> Check:
    return check(3, "pass", "keyring_expired" if now > keyring.expires_at else "key_found")
