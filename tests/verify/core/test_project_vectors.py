"""The project's own vectors hold, and the script that makes them gives the same bytes again."""

import json
from typing import Any

import pytest

from tests.memory_registry import MemoryRegistry
from tests.vectors import regenerate
from verify.core import qr_text, verdict
from verify.core.chain import Chain
from verify.core.errors import KeyringRefused, Unreadable
from verify.core.register import Register


def load(name: str) -> Any:
    """One file of the vectors."""
    return json.loads((regenerate.FOLDER / name).read_text("utf-8"))


CHAINS = load("chains.json")
CERTIFICATES = load("certificates.json")
QR_TEXTS = load("qr_text.json")
BELIEFS = load("beliefs.json")


def test_the_script_writes_the_files_byte_for_byte() -> None:
    """A change in the format, or in the order of anything, would show here."""
    assert {path.name: path.read_text("utf-8") for path in regenerate.FOLDER.iterdir()} == regenerate.files()


@pytest.mark.parametrize("case", CHAINS["cases"], ids=lambda case: case["name"])
def test_a_chain_is_followed_or_refused_as_its_vector_says(case: dict[str, Any]) -> None:
    """Each chain of chains.json gives its newest version or its code."""
    versions = [(bytes.fromhex(data), index) for index, data in enumerate(case["keyrings"])]
    root = bytes.fromhex(CHAINS["root"])
    if case["refused"] is None:
        assert Chain.follow(versions, root).newest.version == len(versions)
        return
    with pytest.raises(KeyringRefused) as refused:
        Chain.follow(versions, root)
    assert refused.value.code == case["refused"]


@pytest.mark.parametrize("case", CERTIFICATES["cases"], ids=lambda case: case["name"])
def test_a_certificate_is_judged_as_its_vector_says(case: dict[str, Any]) -> None:
    """Each QR text of certificates.json gives its outcome, and fails at its step."""
    chain = Chain.follow([(bytes.fromhex(CERTIFICATES["keyring"]), None)], bytes.fromhex(CERTIFICATES["root"]))
    seen = verdict.read_qr(case["qr"], chain, CERTIFICATES["now"])
    judged = verdict.judge(seen, None, chain=chain, now=CERTIFICATES["now"], offline=True)
    failed = [check.step for check in judged.checks if check.result == "fail"]
    assert judged.outcome == case["outcome"]
    assert failed == ([case["failed_step"]] if case["failed_step"] else [])


@pytest.mark.parametrize("case", QR_TEXTS["cases"], ids=lambda case: case["name"])
def test_a_text_is_read_as_its_vector_says(case: dict[str, Any]) -> None:
    """Each text of qr_text.json gives its digits, or is unreadable by the right code."""
    text = case["text"]
    if case["digits"] is not None:
        assert qr_text.digits(text) == case["digits"]
        assert qr_text.is_ours(text) is case["ours"]
        return
    assert qr_text.is_ours(text) is False
    assert qr_text.begins_as_ours(text) is case["begins"]
    with pytest.raises(Unreadable) as refused:
        qr_text.digits(text)
    assert refused.value.code == ("altered" if case["begins"] else "not_a_qr_text")


FAILURES = {
    "signature_bad", "key_wrong_use", "key_wrong_programme", "key_compromised", "malformed", "not_registered",
    "replacement", "certificate_missing", "wrong_exam", "change_after_final", "change_out_of_turn", "change_order",
    "change_ahead", "number_used", "revision_used", "not_signed_by_root",
}  # fmt: skip


@pytest.mark.parametrize("case", BELIEFS["cases"], ids=lambda case: case["name"])
async def test_a_log_is_believed_as_its_vector_says(case: dict[str, Any]) -> None:
    """By number each certificate has its outcome, and what is wrong is doubted for the reason that the vector names."""
    now = BELIEFS["now"]
    registry = MemoryRegistry([bytes.fromhex(data) for data in case["log"]], now)
    chain = await registry.chain()
    doubts = dict[int, str]()
    for wanted in case["outcomes"]:
        record = await registry.by_number(wanted["number"])
        judged = verdict.judge(verdict.read_number(wanted["number"], chain), record, chain=chain, now=now)
        assert judged.outcome == wanted["outcome"]
        doubts |= {place: doubt.code for place, doubt in Register.of(record).doubts.items()} if record else {}
    assert case["failure"] is None or case["failure"] in FAILURES
    if case["doubted"] in doubts:
        assert doubts[case["doubted"]] == case["failure"]
