"""Verifiers in other languages give every text the core's own outcome, step by step and code by code."""

import itertools
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests import PROJECT
from tests.invented import CERTIFICATE, resign
from tests.mutants import mutants
from tests.vectors import regenerate, verdicts
from verify.core import qr_text, statement, verdict
from verify.core.errors import Unreadable
from verify.core.offline import Knowledge

VERDICTS: Final = json.loads((regenerate.FOLDER / "verdicts.json").read_text("utf-8"))
PLAIN: Final = [
    case for case in VERDICTS["cases"] if case.keys() == {"class", "name", "chain", "qr", "clock", "expect"}
    and case["chain"] == "plain"
]  # fmt: skip
"""The cases with nothing at hand but the first keyring."""
NOW: Final = verdicts.NOW
MUTANTS: Final = 400

Judged = tuple[str, list[list[object]]]
"""Outcome, and for each step its number, result and code."""


@pytest.fixture(scope="module")
def texts() -> Sequence[str]:
    """The vectors' texts, and some hundred altered certificates, half of them signed after they were altered."""
    vectors = [case["qr"] for case in PLAIN]
    good = [qr_text.read(case["qr"]) for case in PLAIN if case["expect"]["outcome"] == "valid"]
    made = [_signed(data) if at % 2 else data for at, data in enumerate(mutants(good, 17, MUTANTS))]
    return [*vectors, *(qr_text.write(data, verdicts.HOST) for data in made if data[:1] not in (b"", b"\x00"))]


def _signed(data: bytes) -> bytes:
    """``data`` signed anew where it can be read, so that later steps are reached."""
    try:
        return resign(CERTIFICATE, statement.decode(data).claims)
    except Unreadable:
        return data


@pytest.fixture(scope="module")
def expected(texts: Sequence[str]) -> list[Judged]:
    """The core's own answers."""
    chain = verdicts.follow("plain")
    known = Knowledge(chain=chain)
    judged = [
        verdict.judge(verdict.read_qr(text, chain, NOW), None, chain=chain, now=NOW, offline=known) for text in texts
    ]
    return [(each.outcome, [[check.step, check.result, check.code] for check in each.checks]) for each in judged]


def test_the_texts_reach_every_step(expected: list[Judged]) -> None:
    """Some fail at each step that can fail offline, and some pass."""
    failed = {step for _, checks in expected for step, result, _ in checks if result == "fail"}
    assert failed >= {2, 3, 4, 5, 6, 8}
    assert sum(outcome == "valid" for outcome, _ in expected) > 10


def test_the_browsers_verifier_agrees_with_the_core(texts: Sequence[str], expected: list[Judged]) -> None:
    """Text by text, in the scripts' own language."""
    asked = {"root": VERDICTS["root"], "keyrings": VERDICTS["chains"]["plain"], "clock": NOW, "texts": texts}
    command = ["bash", str(PROJECT / "verify/web/build"), "judge"]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, check=True, text=True)
    answers = [(each["outcome"], each["checks"]) for each in json.loads(done.stdout)]
    both = itertools.zip_longest(texts, expected, answers)
    assert [case for case in both if case[1] != case[2]][:3] == []


def test_the_verifier_in_go_agrees_with_the_core(
    texts: Sequence[str], expected: list[Judged], verifier: Path, tmp_path: Path
) -> None:
    """The same texts, in the third language."""
    (tmp_path / "keyring").write_bytes(bytes.fromhex("".join(VERDICTS["chains"]["plain"])))
    words = ["-clock", str(NOW), VERDICTS["root"], tmp_path, *texts]
    done = subprocess.run([verifier, *words], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    answers = [
        (each["outcome"], [[one["step"], one["result"], one["code"]] for one in each["checks"]]) for each in found
    ]
    both = itertools.zip_longest(texts, expected, answers)
    assert [case for case in both if case[1] != case[2]][:3] == []
