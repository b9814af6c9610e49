"""The project's own vectors hold, and the script that makes them gives the same bytes again."""

import contextlib
import json
from typing import Any

import pytest

from tests import PROJECT
from tests.memory_registry import MemoryRegistry
from tests.vectors import counts, regenerate, verdicts
from tests.vectors import statements as statement_vectors
from tests.vectors.broken import PAYLOADS
from verify.core import offline, qr_text, statement, verdict
from verify.core.believed_list import BelievedList
from verify.core.chain import Chain
from verify.core.errors import KeyringRefused, NotBelieved, Unreadable
from verify.core.register import Register, revisions
from verify.core.statement import Kind


def load(name: str) -> Any:
    """One file of the vectors."""
    return json.loads((regenerate.FOLDER / name).read_text("utf-8"))


CHAINS = load("chains.json")
STATEMENTS = load("statements.json")
VERDICTS = load("verdicts.json")
SNAPSHOTS = load("snapshots.json")
QR_TEXTS = load("qr_text.json")
BELIEFS = load("beliefs.json")
ROOT = bytes.fromhex(CHAINS["root"])
ALL = statement_vectors.kinds()


def test_the_script_writes_the_files_byte_for_byte() -> None:
    """A change in the format, or in the order of anything, would show here."""
    assert {path.name: path.read_text("utf-8") for path in regenerate.FOLDER.iterdir()} == regenerate.files()


def test_the_specification_tells_how_many_there_are() -> None:
    """By file, kind and code, as ``python -m tests.vectors.counts`` prints it."""
    assert counts.tables() in (PROJECT / "docs" / "spec" / "vectors.md").read_text("utf-8")


@pytest.mark.parametrize("case", CHAINS["cases"], ids=lambda case: case["name"])
def test_a_chain_is_followed_or_refused_as_its_vector_says(case: dict[str, Any]) -> None:
    """Each chain of chains.json gives its newest version or its code."""
    versions = [(bytes.fromhex(data), index) for index, data in enumerate(case["keyrings"])]
    root = bytes.fromhex(CHAINS["root"])
    if case["expect"]["code"] is None:
        assert Chain.follow(versions, root).newest.version == case["expect"]["version"]
        return
    with pytest.raises(KeyringRefused) as refused:
        Chain.follow(versions, root)
    assert refused.value.code == case["expect"]["code"]


def test_a_statement_of_every_kind_is_taken_or_refused_as_its_vector_says() -> None:
    """Each kind has one good statement at least and every class of failure that any kind can have, with its code."""
    chain = Chain.follow([(bytes.fromhex(data), None) for data in STATEMENTS["keyrings"]], ROOT)
    wrong = [
        (case["kind"], case["class"])
        for case in STATEMENTS["cases"]
        if statement_vectors.read_alone(bytes.fromhex(case["statement"]), chain) != case["expect"]
    ]
    assert wrong == []
    classes = {kind.name: {case["class"] for case in STATEMENTS["cases"] if case["kind"] == kind.name} for kind in ALL}
    assert {failure for failure, _code, _made in PAYLOADS} <= set.intersection(*classes.values())


@pytest.mark.parametrize("case", VERDICTS["cases"], ids=lambda case: f"{case['class']}: {case['name']}")
def test_a_certificate_is_judged_as_its_vector_says(case: dict[str, Any]) -> None:
    """Each QR text of verdicts.json gives its whole verdict, by what is at hand."""
    keyrings = [(bytes.fromhex(data), None) for data in VERDICTS["chains"][case["chain"]]]
    snapshot = bytes.fromhex(case["snapshot"]) if "snapshot" in case else None
    receipt = bytes.fromhex(case["receipt_cose"]) if "receipt_cose" in case else case.get("receipt")
    assert verdicts.answer(Chain.follow(keyrings, ROOT), case["qr"], snapshot, case, receipt) == case["expect"]


@pytest.mark.parametrize("case", SNAPSHOTS["cases"], ids=lambda case: f"{case['class']}: {case['name']}")
def test_a_snapshot_is_taken_or_refused_as_its_vector_says(case: dict[str, Any]) -> None:
    """Each snapshot of snapshots.json is taken, or has its code."""
    chain = Chain.follow([(bytes.fromhex(data), None) for data in SNAPSHOTS["chains"][case["chain"]]], ROOT)
    try:
        found = offline.taken(bytes.fromhex(case["snapshot"]), chain, case.get("log_size"), verdicts.kept(case))
        given: dict[str, Any] = {"code": None, "taken_at": found.taken_at, "log_size": found.log_size}
    except NotBelieved as error:
        given = {"code": error.code}
    assert given == case["expect"]


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
    "change_ahead", "number_used", "revision_used", "not_signed_by_root", "wrong_predecessor", "unknown_key",
    "key_not_active",
}  # fmt: skip


def _doubt(chain: Chain, log: list[bytes], doubted: int) -> str | None:
    """Why a list or keyring of a log is not believed where it stands; None where it is."""
    data = log[doubted]
    try:
        if statement.decode(data).kind is Kind.KEYRING:
            before = Chain.among(
                [(one, place) for place, one in enumerate(log[:doubted])], bytes.fromhex(BELIEFS["root"])
            )
            assert before is not None
            before.extend(data, doubted)
            return None
        listed = BelievedList.of(data, doubted, chain)
    except (KeyringRefused, NotBelieved) as error:
        return error.code
    earlier = []
    for place, one in enumerate(log[:doubted]):
        with contextlib.suppress(NotBelieved):
            earlier.append(BelievedList.of(one, place, chain))
    return None if listed in revisions([*earlier, listed], listed.head.exam) else "revision_used"


@pytest.mark.parametrize("case", BELIEFS["cases"], ids=lambda case: case["name"])
async def test_a_log_is_believed_as_its_vector_says(case: dict[str, Any]) -> None:
    """By number each certificate has its outcome, and what is wrong is doubted for the reason that the vector names."""
    now = BELIEFS["now"]
    log = [bytes.fromhex(data) for data in case["log"]]
    registry = MemoryRegistry(log, now)
    chain = await registry.chain()
    doubts = dict[int, str | None]()
    for wanted in case["expect"]:
        record = await registry.by_number(wanted["number"])
        judged = verdict.judge(verdict.read_number(wanted["number"], chain), record, chain=chain, now=now)
        assert judged.outcome == wanted["outcome"]
        doubts |= {place: doubt.code for place, doubt in Register.of(record).doubts.items()} if record else {}
    for place, data in enumerate(log[1:], start=1):
        if statement.decode(data).kind in (Kind.PASS_LIST, Kind.KEYRING):
            doubts[place] = _doubt(chain, log, place)
    wrong = {place: why for place, why in doubts.items() if why is not None}
    if case["class"] == "good":
        assert case["doubted"] is None
        # A compromised key's own may be doubted too: it counts again for the list that the case is about.
        assert set(wrong.values()) <= {"key_compromised"}
    else:
        assert wrong[case["doubted"]] == case["class"]


def test_every_failure_is_shown_by_a_vector() -> None:
    """Whatever the core can have against a statement of a log, some log has; and it is named as it is named there."""
    assert {case["class"] for case in BELIEFS["cases"]} - {"good"} == FAILURES
