"""The verifier in C, written from docs/spec alone, passes the vectors: a third reading of the specification."""

import json
from collections.abc import Sequence
from typing import Any, Final

from tests.vectors import regenerate
from tests.verify.core.conftest import Verifier

MANY: Final = 200
"""Cases for one run: a command's words are bounded."""
AT_HAND: Final = {"log_size": "--log-size", "kept_size": "--kept-size", "kept_taken_at": "--kept-taken-at"}


def load(name: str) -> Any:
    """One file of the vectors, which are of the format that is known here."""
    vectors = json.loads((regenerate.FOLDER / name).read_text("utf-8"))
    assert vectors["format"] == 1
    return vectors


def keyring(vectors: Any, versions: Sequence[str]) -> list[str]:
    """The words that say what is pinned, and the chain; a chain is answered by one line."""
    return ["--root", vectors["root"], "--keyring", "".join(versions)]


def hexed(text: str) -> str:
    """A text as the command's words can hold it, whatever is in it."""
    return text.encode().hex()


def wrong(cases: Sequence[Any], answers: Sequence[Any]) -> list[Any]:
    """The cases that were answered otherwise than they expect."""
    assert len(cases) == len(answers) > 15
    return [(case["class"], answer) for case, answer in zip(cases, answers, strict=True) if answer != case["expect"]]


def test_chains_are_followed_or_refused(verifier: Verifier) -> None:
    """chains.json."""
    vectors = load("chains.json")
    answers = [verifier(keyring(vectors, case["keyrings"]))[-1] for case in vectors["cases"]]
    assert wrong(vectors["cases"], answers) == []


def test_statements_of_every_kind_are_believed_or_refused(verifier: Verifier) -> None:
    """statements.json: every class of failure of every kind."""
    vectors = load("statements.json")
    cases, answers = vectors["cases"], []
    for start in range(0, len(cases), MANY):
        words = [word for case in cases[start : start + MANY] for word in ("--statement", case["statement"])]
        answers += verifier([*keyring(vectors, vectors["keyrings"]), *words])[1:]
    assert wrong(cases, answers) == []
    assert len({case["kind"] for case in cases}) >= 8


def test_texts_are_read(verifier: Verifier) -> None:
    """qr_text.json."""
    cases = load("qr_text.json")["cases"]
    answers = verifier(word for case in cases for word in ("--read", hexed(case["text"])))
    expected = [{key: case[key] for key in ("digits", "ours", "begins") if key in case} for case in cases]
    assert answers == expected


def test_snapshots_are_taken_or_refused(verifier: Verifier) -> None:
    """snapshots.json."""
    vectors = load("snapshots.json")
    answers = [verifier([*known(vectors, case)])[-1] for case in vectors["cases"]]
    assert wrong(vectors["cases"], answers) == []


def test_certificates_are_judged(verifier: Verifier) -> None:
    """verdicts.json, receipts in both forms among them."""
    vectors = load("verdicts.json")
    cases, answers = vectors["cases"], []
    for case in cases:
        asked = ["--as-of", case["as_of"]] if "as_of" in case else []
        asked += ["--receipt", hexed(case["receipt"])] if "receipt" in case else []
        asked += ["--cose", case["receipt_cose"]] if "receipt_cose" in case else []
        answer = verifier([*known(vectors, case), "--clock", case["clock"], *asked, "--qr", hexed(case["qr"])])[-1]
        answers.append(answer | {"checks": [[each["result"], each["code"]] for each in answer.get("checks", ())]})
    expected = [case | {"expect": {"checks": []} | case["expect"]} for case in cases]
    assert wrong(expected, answers) == []


def test_checkpoints_and_receipts_are_believed_or_refused(verifier: Verifier) -> None:
    """log.json, but for consistency proofs, which are a monitor's: each refusal with its code."""
    vectors = load("log.json")
    words = keyring(vectors, [vectors["keyring"]])
    for case in vectors["checkpoints"]:
        words += ["--checkpoint", hexed(case["note"])]
    for case in vectors["tlog_proofs"]:
        words += ["--receipt", hexed(case["tlog_proof"]), "--entry", case["entry"]]
    for case in vectors["cose_receipts"]:
        words += ["--cose", case["cose"], "--entry", case["entry"]]
    cases = [*vectors["checkpoints"], *vectors["tlog_proofs"], *vectors["cose_receipts"]]
    answers = verifier(words)[1:]
    found = [(case["name"], answer["code"]) for case, answer in zip(cases, answers, strict=True)]
    assert found == [(case["name"], case["refused"]) for case in cases]


def known(vectors: Any, case: Any) -> list[object]:
    """The words for what is at hand in a case."""
    beside = [word for member, option in AT_HAND.items() if member in case for word in (option, case[member])]
    snapshot = ["--snapshot", case["snapshot"]] if "snapshot" in case else []
    return [*keyring(vectors, vectors["chains"][case["chain"]]), *beside, *snapshot]
