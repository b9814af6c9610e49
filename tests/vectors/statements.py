"""Vectors of single statements: a good one of every kind, and every way in which one of it is not to be believed.

All under one keyring, without a place in the log, so that a key must be active now. ``broken`` has what may be wrong
with a statement of any kind; what may be wrong with the fields of each kind stands here.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec

from tests import releases
from tests.invented import CEM, CERTIFICATE, ENTRIES, ISSUED_AT, LOG, ROOT, STATUS, TestKey, keyring, resign
from tests.vectors.broken import Broken, broken
from verify.core import kinds as core_kinds
from verify.core import signed, statement
from verify.core.chain import Chain
from verify.core.document import Document
from verify.core.erasure import Erasure
from verify.core.errors import CoreError
from verify.core.keyring import Use, kid_of, thumbprint
from verify.core.log import tree
from verify.core.snapshot import Snapshot

CREDENTIAL: Final = TestKey("credential")
STRANGER: Final = TestKey("stranger")
TWINS: Final = (TestKey("twin 17212"), TestKey("twin 62361"))
"""Two keys of one kid, which is only a hint."""
NEUTRAL: Final = b"\x01" + bytes(31)
"""The public key of small order for which anybody can sign."""
SIGNERS: Final[dict[Use, TestKey]] = {
    "root": ROOT, "certificate": CERTIFICATE, "status": STATUS, "credential": CREDENTIAL, "log": LOG,
}  # fmt: skip
_LOST: Final[tuple[Use, ...]] = ("root", "certificate", "status", "credential")
_RETIRED: Final = {use: TestKey(f"retired {use}") for use in _LOST}
_COMPROMISED: Final = {use: TestKey(f"compromised {use}") for use in _LOST}
_ELSEWHERE: Final[dict[Use, TestKey]] = {use: TestKey(f"{use} of CAM") for use in ("certificate", "status")}
RING: Final = keyring(
    [
        *ENTRIES,
        CREDENTIAL.entry("credential"),
        *(key.entry(use, state="retired") for use, key in _RETIRED.items()),
        *(key.entry(use, state="compromised", believed_below=7) for use, key in _COMPROMISED.items()),
        *(key.entry(use, "CAM") for use, key in _ELSEWHERE.items()),
        *(key.entry("certificate") for key in TWINS),
    ],
    programmes=(CEM, msgspec.structs.replace(CEM, code="CAM")),
)


class Fields(NamedTuple):
    """A kind: a good statement, the use of its keys, which fields it may lack, and values that a field may not have."""

    name: str
    use: Use
    good: bytes
    optional: tuple[int, ...]
    bad: dict[str, Any]
    """Content with something wrong in it, by class."""
    claims: dict[str, dict[int, Any]]
    """Claims with something wrong, by class: what to put in place, None to leave out."""
    fine: tuple[dict[int, Any], ...] = ()
    """Content that is good all the same."""


def _certificate() -> Fields:
    good = releases.certify(1)
    content = statement.decode(good).content
    paper = {6: "2015-06-01"}
    bad: dict[str, dict[int, Any]] = {
        "holder_empty": {1: ""},
        "holder_51": {1: "张" * 51},
        "holder_control": {1: "张\n三"},
        "holder_format": {1: "样\u202e本"},
        "hint_empty": {2: ""},
        "hint_5": {2: "12345"},
        "hint_control": {2: "1\u00002"},
        "programme_lower": {3: "cem"},
        "programme_short": {3: "C"},
        "programme_long": {3: "CEMCEMCEM"},
        "programme_digit_first": {3: "1CEM"},
        "term_short": {4: "2022-4"},
        "term_month_alone": {4: "04"},
        "term_suffix_long": {4: "2022-04-ABCD"},
        "term_newline": {4: "2022-04\n"},
        "term_fullwidth": {4: "２０２２-04"},
        "paper_no_date": paper | {6: "2015-02-30"},
        "paper_form": paper | {6: "1.6.2015"},
        "paper_later": paper | {6: "2030-01-01"},
    }
    claims: dict[str, dict[int, Any]] = {
        "number_missing": {7: None},
        "number_text": {7: releases.number(1)},
        "number_short": {7: b"ABC"},
        "number_long": {7: b"A" * 33},
        "number_lower": {7: releases.number(1).lower().encode()},
        "number_dash": {7: b"CEM-2204-000001"},
        "number_beyond_ascii": {7: "CEM２２".encode()},
        "expiry_beyond": {4: statement.MAX_TIME + 1},
        "expiry_text": {4: "2030"},
        "expiry_negative": {4: -1},
        "expiry_not_after_issue": {4: ISSUED_AT},
    }
    fine = (content | {1: "买买提·吐尔逊江"}, content | {1: "王𠮷䶮㛃𰻝"}, content | {1: "\ufa19"},
            content | {1: "张" * 50}, content | {2: "7"}, content | paper,
            content | paper | {2: ""}, content | {4: "2022-04-2"})  # fmt: skip
    return Fields("certificate", "certificate", good, (6,), {k: content | v for k, v in bad.items()}, claims, fine)


def _named_badly(key: int, content: dict[int, Any]) -> dict[str, dict[int, Any]]:
    number, short = releases.number(1), bytes(16)
    values = {
        "short_15": [number, bytes(15)],
        "short_text": [number, "0" * 16],
        "number_form": [number.lower(), short],
        "three": [number, short, 0],
        "one": [number],
    }
    return {f"field_{key}_{name}": content | {key: value} for name, value in values.items()}


def _change() -> Fields:
    good = releases.change(1, "revoked")
    content = statement.decode(good).content
    bad: dict[str, Any] = {
        "action_unknown": content | {2: "cancelled"},
        "reason_unknown": content | {4: "mistake"},
        "effective_beyond": content | {3: statement.MAX_TIME + 1},
        "effective_negative": content | {3: -1},
        "field_5_null": content | {5: None},
    }
    bad |= _named_badly(1, content) | _named_badly(5, content)
    fine = (content | {6: "说明"}, content | {5: [releases.number(2), bytes(16)], 2: "replaced"})
    return Fields("change", "status", good, (5, 6), bad, _no_certificates_claims(), fine)


def _no_certificates_claims() -> dict[str, dict[int, Any]]:
    return {"misplaced_expiry": {4: ISSUED_AT + 1}, "misplaced_number": {7: b"CEM22040000013"}}


def _list(stage: str) -> Fields:
    final = stage == "final"
    rows = [releases.row(serial, releases.certify(serial) if final else None) for serial in (1, 2)]
    good = releases.pass_list(rows, stage=stage)
    content = statement.decode(good).content
    first = content[8][0]
    about = content[9]
    bad: dict[str, dict[int, Any]] = {
        "exam_form": {1: "CEM"},
        "exam_of_another_programme": {1: "CAM-2022-04"},
        "stage_unknown": {3: "draft"},
        "revision_zero": {4: 0},
        "objections_beyond": {5: statement.MAX_TIME + 1},
        "public_negative": {7: -1},
        "row_of_three": {8: [first[:3]]},
        "row_of_five": {8: [[*first, None]]},
        "row_serial_negative": {8: [[-1, *first[1:]]]},
        "row_name_null": {8: [[first[0], None, *first[2:]]]},
        "row_hash_15": {8: [[*first[:3], bytes(15)]]},
        "row_of_the_other_stage": {8: [[*first[:3], None if final else bytes(16)]]},
        "title_empty": {9: about | {1: {}}},
        "title_english_alone": {9: about | {1: {"en": "x"}}},
        "title_french": {9: about | {1: {"fr": "x", "zh": "x"}}},
        "title_number": {9: about | {1: {"zh": 1}}},
        "held_form": {9: about | {2: "23.4.2022"}},
        "held_missing": {9: {k: v for k, v in about.items() if k != 2}},
        "planned_missing": {9: {k: v for k, v in about.items() if k != 3}},
        "exam_more": {9: about | {16: 0}},
    }
    fine = (content | {8: []}, content | {5: ISSUED_AT, 7: ISSUED_AT}, content | {9: about | {3: None}})
    made = {name: content | change for name, change in bad.items()}
    return Fields(f"pass_list_{stage}", "certificate", good, (), made, _no_certificates_claims(), fine)


def _index() -> Fields:
    good = releases.index([(releases.number(1), releases.lookup_key(1))])
    content = statement.decode(good).content
    row = content[4][0]
    bad: dict[str, dict[int, Any]] = {
        "exam_form": {1: "cem-2022-04"},
        "revision_zero": {2: 0},
        "secret_5": {3: bytes(5)},
        "row_key_31": {4: [[row[0], bytes(31)]]},
        "row_number_form": {4: [["a b", row[1]]]},
        "row_of_three": {4: [[*row, 0]]},
    }
    made = {name: content | change for name, change in bad.items()}
    return Fields("lookup_index", "certificate", good, (), made, _no_certificates_claims(), (content | {4: []},))


def _keyring() -> Fields:
    good = ROOT.sign(keyring().draft(ROOT.kid))
    content = statement.decode(good).content
    key, issuer, programme = content[3][0], content[4][0], content[5][0]

    def keys(**change: Any) -> dict[int, Any]:
        return {3: [key | {int(name[1:]): value for name, value in change.items()}]}

    def programmes(**change: Any) -> dict[int, Any]:
        return {5: [programme | {int(name[1:]): value for name, value in change.items()}]}

    bad: dict[str, dict[int, Any]] = {
        "expires_beyond": {2: statement.MAX_TIME + 1},
        "no_keys": {3: []},
        "key_twice": {3: [key, key]},
        "key_more": keys(_9=0),
        "key_use_unknown": keys(_3="master"),
        "key_programme_form": keys(_4=["cem"]),
        "key_state_unknown": keys(_7="lost"),
        "key_bound_of_an_active": keys(_8=7),
        "key_public_31": keys(_2=bytes(31)),
        "no_issuers": {4: []},
        "issuer_twice": {4: [issuer, *content[4]]},
        "issuer_name": {4: [{1: issuer[1], 2: {"en": "x"}}, *content[4][1:]]},
        "no_programmes": {5: []},
        "programme_twice": {5: [programme, programme]},
        "programme_code_form": programmes(_1="cem"),
        "programme_marks": programmes(_5=[150]),
        "programme_numbering": programmes(_7="random"),
        "programme_no_issuers": programmes(_8=[]),
        "programme_of_an_unknown_issuer": programmes(_8=["nobody"]),
        "programme_more": programmes(_9=0),
        "previous_31": {6: bytes(31)},
        "no_hosts": {7: []},
        "host_number": {7: [1]},
    }
    made = {name: content | change for name, change in bad.items()}
    codes = {
        "key_wrong_kid": keys(_1=bytes(4)),
        "key_of_small_order": keys(_1=kid_of(NEUTRAL), _2=NEUTRAL),
        "key_not_canonical": keys(_1=kid_of(bytes([255] * 32)), _2=bytes([255] * 32)),
        "key_not_on_the_curve": keys(_1=kid_of(b"\x02" + bytes(31)), _2=b"\x02" + bytes(31)),
    }
    made |= {name: content | change for name, change in codes.items()}
    return Fields("keyring", "root", good, (), made, _no_certificates_claims())


OF_KEYRINGS: Final = {
    "key_wrong_kid": "wrong_kid",
    "key_of_small_order": "unsound_key",
    "key_not_canonical": "unsound_key",
    "key_not_on_the_curve": "unsound_key",
}
"""The classes of keyrings that have a code of their own; all other content that is wrong is malformed."""
OWN_CODES: Final = OF_KEYRINGS | {"expiry_not_after_issue": "expires_before_issue"} | dict.fromkeys(
    ("expiry_beyond", "expiry_text"), "not_a_statement"
)  # fmt: skip


def _snapshot() -> Fields:
    taken = Snapshot(taken_at=ISSUED_AT, log_size=3, standings={bytes(8): "revoked"}, issued_at=ISSUED_AT)
    good = STATUS.sign(taken.draft(STATUS.kid))
    content = statement.decode(good).content
    bad: dict[str, dict[int, Any]] = {
        "taken_beyond": {1: statement.MAX_TIME + 1},
        "size_negative": {2: -1},
        "prefix_7": {3: {bytes(7): "revoked"}},
        "prefix_9": {3: {bytes(9): "revoked"}},
        "standing_unknown": {3: {bytes(8): "expired"}},
        "standing_number": {3: {bytes(8): 1}},
    }
    every = {bytes([n]) * 8: word for n, word in enumerate(("replaced", "revoked", "suspended", "withdrawn"))}
    made = {name: content | change for name, change in bad.items()}
    fine = (content | {3: {}}, content | {3: every})
    return Fields("snapshot", "status", good, (), made, _no_certificates_claims(), fine)


def _erasure() -> Fields:
    erased = Erasure(digests=(bytes(32),), numbers=(releases.number(1),), reason="x", issued_at=ISSUED_AT)
    good = STATUS.sign(erased.draft(STATUS.kid))
    content = statement.decode(good).content
    bad: dict[str, dict[int, Any]] = {
        "no_digests": {1: []},
        "digest_16": {1: [bytes(16)]},
        "no_numbers": {2: []},
        "number_form": {2: ["abc"]},
    }
    made = {name: content | change for name, change in bad.items()}
    return Fields("erasure", "status", good, (), made, _no_certificates_claims())


def _document(path: str, key: TestKey, use: Use) -> Fields:
    file = Document(path=path, media_type="application/json", data=b"{}", issued_at=ISSUED_AT)
    good = key.sign(file.draft(key.kid))
    name = "document_status" if use == "status" else "document"
    return Fields(name, use, good, (), {}, _no_certificates_claims())


def kinds() -> tuple[Fields, ...]:
    """Every kind, and both stages and both signers where a kind has two."""
    return (
        _certificate(),
        _change(),
        _list("notice"),
        _list("final"),
        _index(),
        _keyring(),
        _snapshot(),
        _erasure(),
        _document("credentials/x.json", CREDENTIAL, "credential"),
        _document("status/revocation/1", STATUS, "status"),
    )


def _cases(kind: Fields) -> Iterator[Broken]:
    key = SIGNERS[kind.use]
    one = statement.decode(kind.good)

    def content(value: Any, by: TestKey = key) -> bytes:
        return resign(by, one.claims | {one.kind.claim: value})

    yield Broken("good", "", kind.good)
    yield from (Broken("good", "", content(value)) for value in kind.fine)
    yield from broken(kind.good, key, STRANGER)
    for field, value in one.content.items():
        # Who may sign a document is told by its path.
        code = "key_wrong_use" if kind.name == "document_status" and field == 1 else "malformed"
        if field not in kind.optional:
            rest = {k: v for k, v in one.content.items() if k != field}
            yield Broken(f"field_{field}_missing", code, content(rest))
        wrong: Any = True if value is None or isinstance(value, int) else 0
        yield Broken(f"field_{field}_type", code, content(one.content | {field: wrong}))
    for failure, value in kind.bad.items():
        yield Broken(failure, OWN_CODES.get(failure, "malformed"), content(value))
    for failure, change in kind.claims.items():
        claims = {k: v for k, v in (one.claims | change).items() if v is not None}
        yield Broken(failure, OWN_CODES.get(failure, "malformed"), resign(key, claims))
    for use, other in SIGNERS.items():
        if use != kind.use:
            yield Broken(f"by_a_{use}_key", "key_wrong_use", content(one.content, other))
    yield Broken("by_a_retired_key", "key_retired", content(one.content, _RETIRED[kind.use]))
    yield Broken("by_a_compromised_key", "key_compromised", content(one.content, _COMPROMISED[kind.use]))
    if kind.use == "certificate":
        yield from (Broken("good", "", content(one.content, twin)) for twin in TWINS)
    if kind.use in _ELSEWHERE:
        by_another = content(one.content, _ELSEWHERE[kind.use])
        # Of which programmes a change or an erasure is, only the register can tell; a document is of none.
        bound = kind.use == "certificate" or kind.name == "snapshot"
        yield Broken(*("by_a_key_of_one_programme", "key_wrong_programme") if bound else ("good", ""), by_another)


def statements() -> dict[str, Any]:
    """Every case, under the one keyring."""
    return {
        "format": 1,
        "runner": "statement",
        "root": thumbprint(ROOT.public).hex(),
        "keyrings": [ROOT.sign(RING.draft(ROOT.kid)).hex()],
        "cases": [
            {
                "kind": kind.name,
                "class": case.failure,
                "statement": case.data.hex(),
                "expect": {"code": case.code} if case.code else _good(case.data),
            }
            for kind in kinds()
            for case in _cases(kind)
        ],
    }


def _good(data: bytes) -> dict[str, Any]:
    found = statement.decode(data)
    return {"code": None, "kind": found.kind.value, "entry": tree.entry_of(found).hex()}


def read_alone(data: bytes, chain: Chain) -> dict[str, Any]:
    """What a statement without a place in the log is worth."""
    try:
        outer = statement.envelope(data)
        key = signed.signer(outer, chain.newest)
        found = statement.opened(outer)
        signed.check_use(found, key)
        core_kinds.of(found).read(found)
        signed.check_place(key, chain, None)
    except CoreError as error:
        return {"code": error.code}
    return {"code": None, "kind": found.kind.value, "entry": tree.entry_of(found).hex()}
