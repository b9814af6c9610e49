"""How many vectors there are, by file, kind and what they expect: ``python -m tests.vectors.counts`` prints it.

docs/spec/vectors.md has these tables, and a test holds them to the files.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tests.vectors.regenerate import FOLDER

_GOOD = "good"


def tables() -> str:
    """Two tables in Markdown: every file by what its cases expect, and statements.json by kind and code."""
    files = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
    of_files = [(f"{name}.json", *_summed(_expected(file))) for name, file in files.items()]
    statements = files["statements"]["cases"]
    kinds = list(dict.fromkeys(case["kind"] for case in statements))
    by_kind = {kind: Counter(_code(case) for case in statements if case["kind"] == kind) for kind in kinds}
    codes = sorted({code for counted in by_kind.values() for code in counted} - {_GOOD})
    classes = {kind: len({case["class"] for case in statements if case["kind"] == kind} - {_GOOD}) for kind in kinds}
    rows = [
        (f"`{code}`" if code != _GOOD else code, *(by_kind[kind][code] or "" for kind in kinds))
        for code in (_GOOD, *codes)
    ]
    rows += [
        ("all", *(by_kind[kind].total() for kind in kinds)),
        ("classes of failure", *classes.values()),
    ]
    return "\n\n".join(
        [
            _table(("file", "cases", "good", "bad", "by code or outcome"), of_files),
            _table(("statements.json", *(kind.replace("_", " ") for kind in kinds)), rows),
        ]
    )


def _expected(file: dict[str, Any]) -> Iterable[str]:
    """What each case comes to: good, a code, or an outcome."""
    for name in ("cases", "checkpoints", "tlog_proofs", "cose_receipts", "consistency"):
        yield from (_code(case) for case in file.get(name, ()))


def _code(case: dict[str, Any]) -> str:
    expect = case.get("expect", case)
    if isinstance(expect, list):  # of a log, whose outcomes are many
        return _GOOD if case["class"] == _GOOD else str(case["class"])
    if "digits" in expect:
        return _GOOD if expect["digits"] else "altered" if expect["begins"] else "not_a_qr_text"
    if "outcome" in expect:
        return _GOOD if expect["outcome"] == "valid" else str(expect["outcome"])
    return str(expect.get("code") or expect.get("refused") or _GOOD)


def _summed(codes: Iterable[str]) -> tuple[object, ...]:
    counted = Counter(codes)
    bad = ", ".join(f"{code} {count}" for code, count in sorted(counted.items()) if code != _GOOD)
    return counted.total(), counted[_GOOD], counted.total() - counted[_GOOD], bad


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


if __name__ == "__main__":
    sys.stdout.write(f"{tables()}\n")
