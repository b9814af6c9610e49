"""Reads statements with the cwt library, which shares nothing with the project; runs in .cose, not in .venv.

Standard input is JSON: {"keys": [{"kid", "public"}], "statements": [hex]}. Standard output is a list with, for each
statement, null where the library refuses it, else its claims in JSON's words. Only the COSE_Sign1 tag (18), which
our statements leave out and this library wants, is put before the bytes.
"""

import json
import sys
from typing import Any

import cwt
from cwt import COSEKey

TAG_18 = b"\xd2"


def plain(value: Any) -> Any:
    """A claim in JSON's words: bytes in hex, map keys as texts."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {plain(key) if isinstance(key, bytes) else str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def main() -> None:
    """Reads, verifies and answers."""
    asked = json.load(sys.stdin)
    keys = [
        COSEKey.new({1: 1, 3: -19, -1: 6, -2: bytes.fromhex(key["public"]), 2: bytes.fromhex(key["kid"])})
        for key in asked["keys"]
    ]
    answers: list[Any] = []
    for statement in asked["statements"]:
        try:
            answers.append(plain(cwt.decode(TAG_18 + bytes.fromhex(statement), keys)))
        except Exception:  # noqa: BLE001 - whatever the library finds wrong, it refuses
            answers.append(None)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
