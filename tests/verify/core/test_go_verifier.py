"""The verifier in Go, which shares no code with the project, passes the vectors: a third reading of the specification.

verifier_test.go beside it is its runner, by the contract of docs/spec/vectors.md; here it is run, and held to be one.
"""

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests.vectors import regenerate
from tests.verify.core.conftest import FOLDER, Go, run

FILES: Final = {
    "Chains": "chains", "Statements": "statements", "Texts": "qr_text", "Snapshots": "snapshots", "Verdicts": "verdicts"
}  # fmt: skip


def load(name: str) -> Any:
    """A file of the vectors."""
    return json.loads((regenerate.FOLDER / f"{name}.json").read_text("utf-8"))


def counted(output: str) -> dict[str, list[int]]:
    """How many cases each test ran."""
    parts = re.split(r"=== RUN +Test(\w+)", output)[1:]
    return {
        name: [int(count) for count in re.findall(r"cases: (\d+)", text)]
        for name, text in zip(parts[::2], parts[1::2], strict=True)
    }


def test_every_vector_holds(runner: Path) -> None:
    """Of every file for verifiers of certificates, and of log.json what is no monitor's; none is left out."""
    done = run(runner)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-4000:]
    log = load("log")
    expected = {test: [len(load(name)["cases"])] for test, name in FILES.items()}
    expected["Log"] = [len(log[name]) for name in ("checkpoints", "tlog_proofs", "cose_receipts")]
    expected["Signatures"] = [151 + 914]
    assert {name: counts for name, counts in counted(done.stdout).items() if counts} == expected


@pytest.mark.parametrize(
    ("name", "test", "altered"),
    [
        ("chains", "Chains", lambda file: file["cases"][0]["expect"].update(version=9)),
        ("statements", "Statements", lambda file: file["cases"][0]["expect"].update(kind=2)),
        ("qr_text", "Texts", lambda file: file["cases"][0].update(ours=False)),
        ("snapshots", "Snapshots", lambda file: file["cases"][0]["expect"].update(log_size=9)),
        ("verdicts", "Verdicts", lambda file: file["cases"][0]["expect"].update(as_of="2023-11-14T22:13:21Z")),
        ("log", "Log", lambda file: file["checkpoints"][0].update(refused="stranger")),
        ("chains", "Chains", lambda file: file.update(format=2)),
        ("chains", "Chains", lambda file: file.update(runner="chains")),
        ("chains", "Chains", lambda file: file.update(cases=[])),
        ("chains", "Chains", lambda file: file["cases"][0].update(more=1)),
    ],
)
def test_the_runner_tells_what_does_not_hold(runner: Path, tmp_path: Path, name: str, test: str, altered: Any) -> None:
    """Another expectation, format, runner or member, or no case at all."""
    file = load(name)
    altered(file)
    (tmp_path / f"{name}.json").write_text(json.dumps(file), "utf-8")
    assert run(runner, "-test.run", f"^Test{test}$", "-vectors", tmp_path).returncode == 1


def test_the_source_is_formatted_and_vetted(go: Go) -> None:
    """As Go's own tools have it."""
    formatted = subprocess.run(["gofmt", "-l", FOLDER], capture_output=True, text=True, check=True)
    assert formatted.stdout == ""
    vetted = go("vet", "verifier.go", "verifier_test.go")
    assert vetted.returncode == 0, vetted.stderr


def ask(verifier: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """The command's answer."""
    return subprocess.run([verifier, *words], capture_output=True, text=True, timeout=60, check=False)


def test_the_command_judges_by_what_is_in_a_folder(verifier: Path, tmp_path: Path) -> None:
    """Keyring, snapshot and receipt are taken from it; each text has a line of JSON; the exit code tells the worst."""
    vectors = load("verdicts")
    found: list[Sequence[Any]] = []
    for name in ("plain", "suspended in the snapshot", "a receipt", "a COSE Receipt", "asked about the time before"):
        case = next(case for case in vectors["cases"] if case["name"] == name)
        folder = tmp_path / name
        folder.mkdir()
        at_hand = {"keyring": bytes.fromhex("".join(vectors["chains"]["plain"]))}
        if "snapshot" in case:
            at_hand["snapshot"] = bytes.fromhex(case["snapshot"])
        if "receipt" in case or "receipt_cose" in case:
            at_hand["receipt"] = case.get("receipt", "").encode() or bytes.fromhex(case["receipt_cose"])
        for file, data in at_hand.items():
            (folder / file).write_bytes(data)
        asked = ["-clock", str(case["clock"]), "-as-of", str(case.get("as_of", -1))]
        done = ask(verifier, *asked, vectors["root"], folder, case["qr"])
        answer = json.loads(done.stdout)
        last = answer["checks"][-1]["code"] if "checks" in answer else None
        found.append((done.returncode, answer.get("outcome"), answer.get("refused"), last))
    assert found == [
        (0, "valid", None, "no_receipt"),
        (1, "suspended", None, "not_reached"),
        (0, "valid", None, "logged"),
        (0, "valid", None, "logged"),
        (1, None, "as_of_before_snapshot", None),
    ]


@pytest.mark.parametrize("words", [[], ["-no-such"], ["00", ".", "1"], ["00" * 32, ".", "1"]])
def test_wrong_usage_and_unbelieved_keyrings_are_told(verifier: Path, tmp_path: Path, words: list[str]) -> None:
    """Exit 2, with the usage or the file and its code."""
    (tmp_path / "keyring").write_bytes(bytes.fromhex("".join(load("verdicts")["chains"]["plain"])))
    done = subprocess.run([verifier, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    told = (
        "keyring: wrong_root\n"
        if len(words) == 3 and len(words[0]) == 64
        else "[-clock SECONDS] ROOT FOLDER TEXT ...\n"
    )
    assert told in done.stderr
