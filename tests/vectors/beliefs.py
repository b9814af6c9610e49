"""Vectors of what is believed: whole logs, with what is wrong in each and what every question must give.

``class`` is what is wrong with the statement at ``doubted``, good where nothing is; an implementation
that passes it over gives the outcomes. Each log begins with its keyring at index 0.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tests import releases
from tests.invented import CEM, CERTIFICATE, ENTRIES, ISSUED_AT, ROOT, STATUS, TestKey, keyring, resign
from verify.core import statement
from verify.core.changes import Named
from verify.core.keyring import Keyring, thumbprint

NOW: Final = ISSUED_AT + 1_000
OTHER: Final = TestKey("of another programme")
GOOD: Final = TestKey("new certificate key")
LATER: Final = TestKey("later certificate key")
PROGRAMMES: Final = (CEM, msgspec.structs.replace(CEM, code="CAM"))
FIRST: Final = keyring(
    [*ENTRIES, OTHER.entry("status", "CAM"), GOOD.entry("certificate"), TestKey("CAM").entry("certificate", "CAM")],
    programmes=PROGRAMMES,
)
MALFORMED: Final[Sequence[tuple[str, int, Any]]] = (
    ("another programme than its exam's", 2, "CAM"),
    ("a programme in lower case", 2, "cem"),
    ("nobody named in a final row", 8, [[1, "某", "＊", None]]),
    ("a name of fifteen bytes for a certificate", 8, [[1, "某", "＊", bytes(15)]]),
    ("a title in another language", 9, {1: {"zh": "考试", "fr": "Examen"}, 2: "2022-04-23", 3: None}),
    ("a day that is written otherwise", 9, {1: {"zh": "考试"}, 2: "23.4.2022", 3: None}),
    ("a time beyond the calendar", 7, 2**62),
)
"""What a pass list's field may not hold."""


def _ring(ring: Keyring) -> bytes:
    return ROOT.sign(ring.draft(ROOT.kid))


def _lost(below: int) -> bytes:
    """The second keyring: the certificate key is compromised below a log size."""
    keys = tuple(
        msgspec.structs.replace(key, state="compromised", believed_below=below) if key.kid == CERTIFICATE.kid else key
        for key in FIRST.keys
    )
    return _ring(msgspec.structs.replace(FIRST, version=2, previous=statement.decode(_ring(FIRST)).digest, keys=keys))


def _broken(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _with_field(data: bytes, key: TestKey) -> bytes:
    """The same claims with a field that no kind has."""
    found = statement.decode(data)
    return resign(key, found.claims | {found.kind.claim: found.content | {15: 0}})


def _altered(data: bytes, key: TestKey, field: int, value: Any) -> bytes:
    """The same claims with another value in one field of the content."""
    found = statement.decode(data)
    return resign(key, found.claims | {found.kind.claim: found.content | {field: value}})


def _by(serial: int, **other: Any) -> Named:
    return Named(number=releases.number(serial), short=releases.short(releases.certify(serial, **other)))


def _list(*serials: int, **other: Any) -> bytes:
    return releases.pass_list([releases.row(serial, releases.certify(serial)) for serial in serials], **other)


def beliefs() -> dict[str, Any]:
    """Logs by name: what is wrong at which index, and the outcome by number for each serial, as of a time or now."""
    one, two = releases.certify(1), releases.certify(2)
    base = [_ring(FIRST), one, _list(1)]
    line = [_ring(FIRST), one, _list(1), two, releases.change(1, "replaced", replacement=_by(2))]
    cam = releases.certify(2, programme="CAM", number=releases.number(2, "CAM"))
    into_cam = Named(number=releases.number(2, "CAM"), short=releases.short(cam))
    suspended = releases.change(1, "suspended")
    revoked = releases.change(1, "revoked")
    later: dict[str, Any] = {"effective_at": ISSUED_AT + 200, "issued_at": ISSUED_AT + 200}
    paper: dict[str, Any] = {"paper_date": "2015-06-01", "id_hint": ""}
    second = msgspec.structs.replace(FIRST, version=2, previous=statement.decode(_ring(FIRST)).digest)
    named = msgspec.structs.replace(second, keys=(*FIRST.keys, LATER.entry("certificate")))
    retired = msgspec.structs.replace(second, keys=tuple(
        msgspec.structs.replace(key, state="retired") if key.kid == CERTIFICATE.kid else key for key in FIRST.keys
    ))  # fmt: skip
    taken = releases.certify(2, holder="别人")
    cases: list[tuple[str, str | None, int | None, Sequence[bytes], Sequence[tuple[int, str]]]] = [
        ("a certificate that its list names", None, None, base, [(1, "valid"), (2, "not_found")]),
        ("revoked", None, None, [*base, revoked], [(1, "revoked")]),
        ("a change by a key of another programme", "key_wrong_programme", 4,
         [*base, suspended, releases.change(1, "reinstated", key=OTHER, **later)], [(1, "suspended")]),
        ("a change by a certificate key", "key_wrong_use", 3,
         [*base, releases.change(1, "revoked", key=CERTIFICATE)], [(1, "valid")]),
        ("a change that nobody signed", "signature_bad", 3, [*base, _broken(revoked)], [(1, "valid")]),
        ("a change with a field too many", "malformed", 3, [*base, _with_field(revoked, STATUS)], [(1, "valid")]),
        ("reinstated after revoked", "change_after_final", 4,
         [*base, revoked, releases.change(1, "reinstated", **later)], [(1, "revoked")]),
        ("reinstated without being suspended", "change_out_of_turn", 3,
         [*base, releases.change(1, "reinstated")], [(1, "valid")]),
        ("a change that takes effect before the one before it", "change_order", 4,
         [*base, suspended, releases.change(1, "revoked", effective_at=ISSUED_AT + 99)], [(1, "suspended")]),
        ("a change that takes effect after it was signed", "change_ahead", 3,
         [*base, releases.change(1, "revoked", effective_at=ISSUED_AT + 101)], [(1, "valid")]),
        ("a change of another hash", "not_registered", 3,
         [*base, releases.change(1, "revoked", certificate=Named(number=releases.number(1), short=bytes(16)))],
         [(1, "valid")]),
        ("replaced by nothing", "replacement", 3, [*base, releases.change(1, "replaced")], [(1, "valid")]),
        ("replaced by one that is not there", "certificate_missing", 3,
         [*base, releases.change(1, "replaced", replacement=_by(2))], [(1, "valid")]),
        ("replaced by one of another programme", "wrong_exam", 4,
         [*base, cam, releases.change(1, "replaced", replacement=into_cam)], [(1, "valid")]),
        ("a list by a status key", "key_wrong_use", 2, [*base[:2], _list(1, key=STATUS)], [(1, "unregistered")]),
        ("a list by a key of another programme", "key_wrong_programme", 2,
         [*base[:2], _list(1, key=TestKey("CAM"))], [(1, "unregistered")]),
        ("a list that nobody signed", "signature_bad", 3, [*base, _broken(_list(2, revision=2))], [(1, "valid")]),
        ("a list with a field too many", "malformed", 3,
         [*base, _with_field(_list(2, revision=2), CERTIFICATE)], [(1, "valid")]),
        ("a second list of the same revision", "revision_used", 3, [*base, _list(2, contact="2")], [(1, "valid")]),
        ("a certificate that nobody signed, before the true one", "signature_bad", 1,
         [_ring(FIRST), _broken(releases.certify(1, holder="别人")), one, _list(1)], [(1, "valid")]),
        ("another certificate of the number, after it", "number_used", 3,
         [*base, releases.certify(1, holder="别人")], [(1, "valid")]),
        ("a certificate alone that nobody signed", "signature_bad", 1,
         [_ring(FIRST), _broken(one), _list(1)], [(1, "not_found")]),
        ("a keyring that no root signed", "not_signed_by_root", 3,
         [*base, CERTIFICATE.sign(second.draft(CERTIFICATE.kid))], [(1, "valid")]),
        ("a keyring of another predecessor", "wrong_predecessor", 3,
         [*base, _ring(msgspec.structs.replace(second, previous=bytes(32)))], [(1, "valid")]),
        ("a certificate by a key that no keyring names", "unknown_key", 1,
         [_ring(FIRST), releases.certify(1, key=TestKey("stranger")), _list(1)], [(1, "not_found")]),
        ("a certificate by a key that only a later keyring names", "key_not_active", 1,
         [_ring(FIRST), releases.certify(1, key=LATER), _ring(named), _list(1)], [(1, "key_not_trusted")]),
        ("a list by a key that was retired before", "key_not_active", 3,
         [_ring(FIRST), one, _ring(retired), _list(1)], [(1, "unregistered")]),
        ("replaced by one whose number is another's", "number_used", 5,
         [*base, two, taken, releases.change(1, "replaced", replacement=Named(
             number=releases.number(2), short=releases.short(taken)))], [(1, "valid"), (2, "unregistered")]),
        *((f"a list with {what}", "malformed", 3, [*base, _altered(_list(2, revision=2), CERTIFICATE, field, value)],
           [(1, "valid"), (2, "not_found")]) for what, field, value in MALFORMED),
        ("a line, its list naming the old one", None, None, line, [(1, "replaced"), (2, "valid")]),
        ("a line, its next list naming the new one", None, None,
         [*line, _list(2, revision=2)], [(1, "replaced"), (2, "valid")]),
        ("a line of which the next list names nothing", None, None,
         [*line, _list(revision=2)], [(1, "withdrawn"), (2, "withdrawn")]),
        ("a compromised key, below its log size", None, None, [*base, _lost(3)], [(1, "valid")]),
        ("a compromised key, from its log size on", "key_compromised", 1, [*base, _lost(1)], [(1, "key_not_trusted")]),
        ("restored by a list of a good key", None, None,
         [*base, _lost(1), _list(1, key=GOOD)], [(1, "valid")]),
        ("not restored by a replacement", "key_compromised", 3,
         [_ring(FIRST), releases.certify(1, key=GOOD), releases.pass_list(
             [releases.row(1, releases.certify(1, key=GOOD))], key=GOOD), two,
          releases.change(1, "replaced", certificate=_by(1, key=GOOD), replacement=_by(2)), _lost(3)],
         [(1, "replaced"), (2, "key_not_trusted")]),
        ("an older paper, without an ID number", None, None,
         [_ring(FIRST), releases.certify(1, **paper), releases.pass_list(
             [releases.row(1, releases.certify(1, **paper))])], [(1, "valid")]),
        ("an older paper that expired before the statement was made", None, None,
         [_ring(FIRST), releases.certify(1, expires_at=ISSUED_AT - 1, **paper), releases.pass_list(
             [releases.row(1, releases.certify(1, expires_at=ISSUED_AT - 1, **paper))])], [(1, "expired")]),
        ("no ID hint, and no older paper", "malformed", 1,
         [_ring(FIRST), releases.certify(1, id_hint="")], [(1, "not_found")]),
        ("a paper's date after the statement was made", "malformed", 1,
         [_ring(FIRST), releases.certify(1, paper_date="2030-01-01")], [(1, "not_found")]),
        ("a paper's date that is none", "malformed", 1,
         [_ring(FIRST), releases.certify(1, paper_date="2015-02-30")], [(1, "not_found")]),
    ]  # fmt: skip
    return {
        "format": 1,
        "runner": "log",
        "now": NOW,
        "root": thumbprint(ROOT.public).hex(),
        "cases": [
            {
                "class": failure or "good",
                "name": name,
                "doubted": doubted,
                "log": [data.hex() for data in log],
                "expect": [{"number": releases.number(serial), "outcome": outcome} for serial, outcome in outcomes],
            }
            for name, failure, doubted, log, outcomes in cases
        ],
    }
