"""The answer: what a verdict looks like to whoever asked (3-interfaces, Verdict), and the words for its codes."""

import datetime
import functools
from typing import Final, Literal

import msgspec

from verify.core import changes, china_time
from verify.core.certificate import Certificate
from verify.core.fields import Names
from verify.core.identity import masked_name
from verify.core.keyring import Keyring, Programme
from verify.core.log.receipt import Receipt
from verify.core.register import ExamFacts
from verify.core.snapshot import Snapshot
from verify.core.standing import State, Worth

Outcome = Literal[
    "unreadable",
    "unknown_key",
    "forged",
    "key_not_trusted",
    "malformed",
    "unregistered",
    "withdrawn",
    "revoked",
    "replaced",
    "suspended",
    "not_yet_valid",
    "expired",
    "valid",
    "not_found",
    "mismatch",
]
Result = Literal["pass", "fail", "not_done"]

STEPS: Final = ("text", "encoding", "key", "signature", "authority", "claims", "register", "status", "log")

DETAILS: Final[dict[str, str]] = {
    "text_read": "The text has the form of a certificate's QR code.",
    "number_read": "The text has the form of a certificate number.",
    "not_a_qr_text": "The text is not that of a certificate's QR code.",
    "altered": "The text begins as that of a certificate's QR code and goes on otherwise: altered, or incomplete.",
    "not_a_number": "The text cannot be a certificate number.",
    "decoded": "The code is complete and well formed.",
    "stored_decoded": "The stored certificate is complete and well formed.",
    "not_a_statement": "The code does not hold a signed certificate: it was altered, or is incomplete.",
    "not_canonical": "The code is not in the one form that a certificate may have: it was altered, or is incomplete.",
    "truncated": "The code ends too early: it is incomplete, or was altered.",
    "trailing": "The code goes on where the certificate ends: it was altered, or something was added.",
    "too_deep": "The code is nested too deeply for a certificate: it was altered.",
    "newer_format": "The code has a format that this version does not know: altered, or newer than this service.",
    "key_found": "The code names a signing key of this centre.",
    "keyring_expired": "The code names a signing key of this centre, whose list of keys is past its term.",
    "unknown_key": "The code names a signing key that this centre does not have.",
    "signature_ok": "The signature is genuine: nothing was changed since it was signed.",
    "signature_bad": "The signature does not fit: this was altered, or not signed by the centre.",
    "key_trusted": "The key may sign this certificate.",
    "key_restored": "The key was compromised, but a pass list signed by a good key names this certificate.",
    "key_retired": "The key is retired: whether it signed while active cannot be told without the register.",
    "key_wrong_use": "The key may not sign certificates.",
    "key_wrong_programme": "The key may not sign for this programme.",
    "key_not_active": "The key was not in use when the certificate was published.",
    "key_compromised": "The key was compromised, and nothing here shows that the certificate was published before.",
    "claims_ok": "The certificate's fields are in order.",
    "malformed": "The certificate's fields break a rule of the format.",
    "not_a_certificate": "The signature is genuine, but what was signed is not a certificate.",
    "expires_before_issue": "The certificate expires before it was issued.",
    "unknown_programme": "The centre does not have the certificate's programme.",
    "number_check": "The number's check character does not fit: one of its characters is wrong.",
    "registered": "The register holds this very certificate.",
    "not_registered": "The register does not hold this certificate.",
    "other_statement": "The register holds another certificate under this number.",
    "not_listed": "No final pass list names this certificate.",
    "not_found": "The register holds no certificate of this number: it may be a slip, or not published yet.",
    "name_mismatch": "The certificate of this number has another holder's name.",
    "status_valid": "The certificate is valid.",
    "status_by_snapshot": "The centre's snapshot has nothing against the certificate.",
    "status_withdrawn": "The corrected pass list no longer names this certificate.",
    "status_revoked": "The certificate is revoked.",
    "status_replaced": "The certificate is replaced by another.",
    "status_suspended": "The certificate is suspended.",
    "status_not_yet_valid": "The certificate was issued after the time asked.",
    "status_expired": "The certificate's term is over.",
    "register_not_asked": "The register was not asked.",
    "snapshot_refused": "The snapshot at hand is not to be believed: the status is not known.",
    "snapshot_before_keyring": "The snapshot is older than the list of keys: the status is not known.",
    "snapshot_unproven": "The snapshot is of a size that the log did not have: the status is not known.",
    "snapshot_rolled_back": "The snapshot is older than one that was here before: the status is not known.",
    "issued_after_snapshot": "The certificate is newer than the snapshot: its status is not known.",
    "logged": "The public log holds this very certificate.",
    "receipt_bad": "The receipt at hand does not show this certificate's place in the public log.",
    "no_receipt": "There is no receipt at hand that shows its place in the public log.",
    "no_log": "There is no public log yet.",
    "not_logged_yet": "The public log's newest checkpoint is from before the certificate was published.",
    "not_reached": "Not done: the procedure ended at another step.",
}
"""One English sentence for every code; none has room for personal data."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One step of the procedure."""

    step: int
    check: str
    result: Result
    code: str
    detail: str


class ProgrammeView(msgspec.Struct, frozen=True, kw_only=True):
    """A programme as the keyring describes it."""

    code: str
    name: Names
    level: Names
    occupation: str | None


class ExamView(msgspec.Struct, frozen=True, kw_only=True):
    """An exam; title and date come from its pass list and are None offline."""

    code: str
    title: Names | None
    held_on: str | None


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as one asker may see it. Status fields are None when the register was not asked."""

    number: str
    holder: str
    id_hint: str | None
    programme: ProgrammeView
    exam: ExamView
    issuers: tuple[Names, ...]
    issued_at: datetime.datetime
    expires_at: datetime.datetime | None
    status: Outcome | None
    status_since: datetime.datetime | None
    reason: changes.Reason | None
    replaced_by: str | None
    registered_at: datetime.datetime | msgspec.UnsetType = msgspec.UNSET
    """Of a paper from before alone: when its statement was made; ``issued_at`` is the date on the paper."""


class SnapshotView(msgspec.Struct, frozen=True, kw_only=True):
    """How old an offline check's knowledge of statuses is."""

    taken_at: datetime.datetime
    log_size: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The answer (3-interfaces, Verdict). ``status_now`` is None where the register had nothing to say."""

    outcome: Outcome
    status_now: Outcome | None
    checked_at: datetime.datetime
    as_of: datetime.datetime
    checks: tuple[Check, ...]
    certificate: CertificateView | None
    receipt: Receipt | None = None
    """None unless it was asked for and the log has the certificate."""
    snapshot: SnapshotView | None = None


@functools.lru_cache(maxsize=1024)
def moment(seconds: int) -> datetime.datetime:
    """The time of so many seconds since 1970."""
    return china_time.utc(seconds)


def view(
    certificate: Certificate,
    programme: Programme,
    keyring: Keyring,
    *,
    exam: ExamFacts | None,
    worth: Worth | None,
    known: State | None = None,
    holder_in_full: bool,
    hint: bool,
) -> CertificateView:
    """What is shown of a certificate. ``worth`` is None where the register was not asked: ``known`` says it then."""
    return CertificateView(
        number=certificate.number,
        holder=certificate.holder if holder_in_full else masked_name(certificate.holder),
        id_hint=certificate.id_hint if hint else None,
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
        issuers=keyring.issuers_of(programme),
        issued_at=moment(certificate.begins_at),
        expires_at=None if certificate.expires_at is None else moment(certificate.expires_at),
        status=worth.state if worth else known,
        status_since=moment(worth.since) if worth else None,
        reason=worth.reason if worth else None,
        replaced_by=worth.replaced_by if worth else None,
        registered_at=msgspec.UNSET if certificate.paper_date is None else moment(certificate.issued_at),
    )


def snapshot_view(snapshot: Snapshot) -> SnapshotView:
    """How old what a snapshot says is."""
    return SnapshotView(taken_at=moment(snapshot.taken_at), log_size=snapshot.log_size)


@functools.lru_cache(maxsize=1024)  # one for each step, result and code
def check(step: int, result: Result, code: str) -> Check:
    """The check of ``step`` (1 to 9), in the words of its ``code``."""
    return Check(step=step, check=STEPS[step - 1], result=result, code=code, detail=DETAILS[code])
