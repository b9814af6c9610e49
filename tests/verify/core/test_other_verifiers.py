"""Verifiers in other languages give every text the core's own outcome, step by step and code by code."""

import itertools
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests import PROJECT
from tests.invented import CERTIFICATE, TestKey, resign
from tests.mutants import mutants
from tests.vectors import regenerate, statements, verdicts
from tests.verify.core.conftest import run
from verify.core import cbor, qr_text, statement, verdict
from verify.core.chain import Chain
from verify.core.errors import Unreadable
from verify.core.offline import Knowledge
from verify.core.statement import Draft

VERDICTS: Final = json.loads((regenerate.FOLDER / "verdicts.json").read_text("utf-8"))
PLAIN: Final = [
    case for case in VERDICTS["cases"] if case.keys() == {"class", "name", "chain", "qr", "clock", "expect"}
    and case["chain"] == "plain"
]  # fmt: skip
"""The cases with nothing at hand but the first keyring."""
NOW: Final = verdicts.NOW
MUTANTS: Final = 400
ALTERED: Final = 60
"""Altered statements of each kind."""

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


def test_statements_of_every_kind_are_believed_alike_in_go(runner: Path, tmp_path: Path) -> None:
    """Altered statements of each kind, signed anew where they can be, as vectors that expect the core's own answer."""
    vectors = json.loads((regenerate.FOLDER / "statements.json").read_text("utf-8"))
    chain = Chain.follow([(bytes.fromhex(data), None) for data in vectors["keyrings"]], bytes.fromhex(vectors["root"]))
    made = [
        (kind, data if data[:1] != b"\x84" else _sealed(statements.SIGNERS[kind.use], data))
        for kind in statements.kinds()
        for data in mutants([kind.good], 17, ALTERED)
    ]
    cases: list[dict[str, Any]] = [
        {"kind": kind.name, "class": "mutant", "statement": data.hex(), "expect": statements.read_alone(data, chain)}
        for kind, data in made
    ]
    assert len({case["expect"]["code"] for case in cases}) > 7
    (tmp_path / "statements.json").write_text(json.dumps(vectors | {"cases": cases}), "utf-8")
    done = run(runner, "-test.run", "^TestStatements$", "-vectors", tmp_path)
    assert done.returncode == 0, done.stdout[:4000]


def _sealed(key: TestKey, data: bytes) -> bytes:
    """``data`` signed anew where its outer layer can be read."""
    try:
        outer = statement.envelope(data)
        protected, _unprotected, payload, _signature = cbor.decode(data)
    except Unreadable:
        return data
    assert outer.payload == payload
    return key.sign(Draft(protected=protected, payload=payload))
