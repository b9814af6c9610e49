"""Another COSE and CWT library accepts what we sign and refuses what was altered, in an environment of its own."""

import json
import subprocess
from typing import Any

from tests import PROJECT
from tests.invented import CERTIFICATE, ENTRIES, ISSUED_AT, ROOT, STATUS, keyring
from verify.core import statement
from verify.core.certificate import Certificate
from verify.core.changes import Change, Named
from verify.core.lookup_index import LookupIndex

READER = PROJECT / "tests" / "integration" / "cose_reader.py"
CONTRACT = PROJECT / "tests" / "vectors" / "contract"


def read(keys: list[dict[str, str]], statements: list[bytes]) -> list[Any]:
    """What the library says to each statement."""
    python = PROJECT / ".cose" / "bin" / "python"
    assert python.exists(), "`make test` makes the environment of the independent library"
    asked = {
        "keys": [{"kid": key["kid"], "public": key["public"]} for key in keys],
        "statements": [data.hex() for data in statements],
    }
    done = subprocess.run([python, "-I", READER], input=json.dumps(asked), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


OURS = [{"kid": entry.kid.hex(), "public": entry.public.hex()} for entry in ENTRIES]
PAPER = Certificate(
    number="CEM2204000077B",
    holder="买买提·吐尔逊江",
    id_hint="002X",
    programme="CEM",
    term="2022-04",
    issued_at=ISSUED_AT,
    expires_at=4_000_000_000,  # the library asks the clock
)


def test_our_statements_are_cose_and_cwt_to_another_library() -> None:
    """Certificate, change, lookup index and keyring: their signatures verify, and the claims read are those signed."""
    change = Change(
        certificate=Named(number=PAPER.number, short=bytes(16)),
        action="revoked",
        effective_at=ISSUED_AT,
        reason="misconduct",
        issued_at=ISSUED_AT,
    )
    index = LookupIndex(
        exam="CEM-2022-04", revision=1, secret_id=bytes(4), rows=((PAPER.number, bytes(32)),), issued_at=ISSUED_AT
    )
    answers = read(
        OURS,
        [
            CERTIFICATE.sign(PAPER.draft(CERTIFICATE.kid)),
            STATUS.sign(change.draft(STATUS.kid)),
            CERTIFICATE.sign(index.draft(CERTIFICATE.kid)),
            ROOT.sign(keyring().draft(ROOT.kid)),
        ],
    )
    certificate, changed, filed, ring = answers
    assert (certificate["4"], certificate["6"]) == (PAPER.expires_at, ISSUED_AT)
    assert bytes.fromhex(certificate["7"]).decode() == PAPER.number
    assert certificate["-65537"] == {"1": PAPER.holder, "2": "002X", "3": "CEM", "4": "2022-04"}
    assert changed["-65538"]["2"] == "revoked"
    assert filed["-65540"]["4"] == [[PAPER.number, "00" * 32]]
    assert ring["-65541"]["5"][0]["2"]["zh"] == "碳排放管理师"


def test_the_other_library_refuses_what_was_altered_or_signed_by_a_stranger() -> None:
    """It checks: the answers above mean something."""
    good = CERTIFICATE.sign(PAPER.draft(CERTIFICATE.kid))
    altered = [good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :] for place in (20, 60, len(good) - 1)]
    others = [key for key in OURS if key["kid"] != CERTIFICATE.kid.hex()]
    assert read(OURS, altered) == [None] * 3
    assert read(others, [good]) == [None]


def test_both_agree_on_the_contracts_vectors() -> None:
    """Every good statement of the contract is accepted by both, every forged one by neither."""
    kinds = json.loads((CONTRACT / "kinds.json").read_text("utf-8"))
    statements = [bytes.fromhex(case["statement"]) for case in kinds["statements"]]
    assert None not in read(kinds["keys"], statements)
    cases = json.loads((CONTRACT / "certificate.json").read_text("utf-8"))
    for expect, accepted in (("signature_ok", True), ("forged", False)):
        chosen = [bytes.fromhex(case["statement"]) for case in cases["cases"] if case["expect"] == expect]
        assert chosen
        assert {answer is not None for answer in read(cases["keys"], chosen)} == {accepted}
        publics = {key["kid"]: bytes.fromhex(key["public"]) for key in cases["keys"]}
        for data in chosen:
            found = statement.decode(data)
            assert statement.signed_by(found, publics[found.kid.hex()]) is accepted
