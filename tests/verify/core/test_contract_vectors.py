"""The contract's vectors, made by independent code, hold for the core as they stand."""

import datetime
import json
from typing import Any

import pytest

from tests import PROJECT
from tests.invented import ISSUED_AT, ROOT, chain, keyring
from verify.core import (
    certificate,
    changes,
    identity,
    lookup_index,
    pass_list,
    snapshot,
    statement,
    tables,
    verdict,
)
from verify.core import keyring as keyrings
from verify.core.chain import Chain
from verify.core.errors import KeyringRefused, Unreadable
from verify.core.keyring import Key
from verify.core.log import tree
from verify.core.offline import Knowledge
from verify.core.qr_text import read, write

TODAY = datetime.date(2026, 11, 26)
CONTRACT = PROJECT / "tests" / "vectors" / "contract"


def load(name: str) -> Any:
    """One file of the contract vectors."""
    return json.loads((CONTRACT / name).read_text("utf-8"))


CERTIFICATES = load("certificate.json")
KINDS = load("kinds.json")
IDENTITY = load("identity.json")
NUMBERS = load("numbers.json")
TABLES = load("tables.json")


def vector_chain() -> Chain:
    """The keys of certificate.json, active for every programme, under an invented root."""
    keys = [
        Key(
            kid=bytes.fromhex(key["kid"]),
            public=bytes.fromhex(key["public"]),
            use=key["use"],
            programmes=(),
            not_before=ISSUED_AT,
        )
        for key in CERTIFICATES["keys"]
    ]
    return chain(keyring([ROOT.entry("root"), *keys]))


@pytest.mark.parametrize("case", CERTIFICATES["cases"], ids=lambda case: case["name"])
def test_certificate_case_is_judged_as_its_vector_says(case: dict[str, Any]) -> None:
    """Each statement of certificate.json gets its outcome, offline, at the time the file names."""
    now = 1_700_000_000
    seen = verdict.read_qr(case["qr"], vector_chain(), now)
    judged = verdict.judge(seen, None, chain=vector_chain(), now=now, offline=Knowledge(chain=vector_chain()))
    by_step = [check.result for check in judged.checks]
    if case["expect"] == "signature_ok":
        assert by_step == ["pass"] * 6 + ["not_done"] * 3
        assert judged.certificate is not None
    else:
        assert judged.outcome == case["expect"]
        assert by_step.count("fail") == 1
        assert set(by_step[by_step.index("fail") + 1 :]) <= {"not_done"}


@pytest.mark.parametrize("case", CERTIFICATES["cases"], ids=lambda case: case["name"])
def test_qr_text_is_the_statement_as_a_number(case: dict[str, Any]) -> None:
    """A readable QR text of certificate.json decodes to its statement and, in its usual form, is written the same."""
    if case["name"].startswith("text_"):
        with pytest.raises(Unreadable):
            read(case["qr"])
        return
    data = bytes.fromhex(case["statement"])
    assert read(case["qr"]) == data
    if case["qr"].startswith("https://VERIFY"):
        assert write(data, "verify.example.org") == case["qr"]


READERS = {
    "keyring": keyrings.read,
    "pass_list_notice": pass_list.read,
    "certificate": certificate.read,
    "pass_list_final": pass_list.read,
    "lookup_index": lookup_index.read,
    "change": changes.read,
    "snapshot": snapshot.read,
}


@pytest.mark.parametrize("case", KINDS["statements"], ids=lambda case: case["kind"])
def test_every_kind_decodes_and_has_its_log_entry(case: dict[str, str]) -> None:
    """Each statement of kinds.json decodes, is signed by a listed key and has the vector's digest and log entry."""
    found = statement.decode(bytes.fromhex(case["statement"]))
    publics = [bytes.fromhex(key["public"]) for key in KINDS["keys"] if key["kid"] == found.kid.hex()]
    assert [statement.signed_by(found, public) for public in publics] == [True]
    assert found.digest.hex() == case["sha256"]
    assert tree.entry_of(found).hex() == case["entry"]


@pytest.mark.parametrize(
    "case", [case for case in KINDS["statements"] if case["kind"] in READERS], ids=lambda case: case["kind"]
)
def test_every_kind_reads_and_writes_back_the_same_bytes(case: dict[str, str]) -> None:
    """What a kind's module reads, it writes again byte for byte."""
    found = statement.decode(bytes.fromhex(case["statement"]))
    content = READERS[case["kind"]](found)
    assert content.draft(found.kid).seal(found.signature) == found.data  # type: ignore[attr-defined]  # all have it


def test_the_keyring_vector_starts_a_chain_from_its_thumbprint_only() -> None:
    """The pinned root of kinds.json is the one that its keyring follows."""
    data = bytes.fromhex(KINDS["statements"][0]["statement"])
    root = bytes.fromhex(KINDS["root_thumbprint"])
    assert Chain.follow([(data, 0)], root).newest.version == 1
    with pytest.raises(KeyringRefused, match="wrong_root"):
        Chain.follow([(data, 0)], bytes(32))


@pytest.mark.parametrize("group", IDENTITY["groups"], ids=lambda group: group["why"])
def test_all_writings_of_a_person_have_one_lookup_key(group: dict[str, Any]) -> None:
    """Every writing of a group of identity.json gives the group's lookup key."""
    secret = bytes.fromhex(IDENTITY["lookup_secret"])
    keys = {identity.lookup_key(secret, name, group["id_type"], number).hex() for name, number in group["writings"]}
    assert keys == {group["lookup_key"]}


@pytest.mark.parametrize(("text", "valid"), IDENTITY["id_numbers"])
def test_resident_numbers_are_judged_as_the_vector_says(text: str, valid: bool) -> None:
    """Length, check character and date decide, on the ID key."""
    assert (identity.resident_fault(identity.id_key("resident", text), TODAY) is None) is valid


def test_the_lookup_secret_has_the_vectors_id() -> None:
    """A secret is named by 4 bytes of its SHA-256."""
    assert identity.secret_id(bytes.fromhex(KINDS["lookup_secret"])).hex() == KINDS["lookup_secret_id"]


def test_numbers_are_read_as_the_vector_says() -> None:
    """Good numbers pass, typed forms have one normal form, slips are seen."""
    default = ("CEM", "CAM", "X1")
    assert not any(certificate.is_slip(number, default) for number in NUMBERS["good"])
    assert {certificate.normal_number(text) for text in NUMBERS["typed"]} == {NUMBERS["good"][0]}
    assert all(certificate.is_slip(number, default) for number in NUMBERS["slips"])
    assert certificate.default_number("CEM", "2022-04", 77) == "CEM2204000077B"


def test_tables_are_the_vectors() -> None:
    """The core's tables are the contract's."""
    assert {f"{point:X}": f"{ord(to):X}" for point, to in tables.PRIVATE_USE.items()} == {
        point: to.lstrip("0") for point, to in TABLES["private_use"].items()
    }
    assert [f"{ord(dot):04X}" for dot in tables.MIDDLE_DOTS] == TABLES["middle_dots"]
    assert [f"{ord(mark):04X}" for mark in tables.APOSTROPHES] == TABLES["apostrophes"]
    assert TABLES["id_types"] == tables.ID_TYPE_WORDS
    assert {f"{ord(radical):X}": f"{ord(to):04X}" for radical, to in tables.RADICALS.items()} == TABLES["radicals"]
    assert [f"{ord(unseen):04X}" for unseen in sorted(tables.UNSEEN)] == TABLES["ignorable"]
