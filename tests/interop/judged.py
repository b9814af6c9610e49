"""The vectors of others, as tests/interop/take.py took them."""

import json
from typing import Any

from tests.interop.take import VECTORS


def read(name: str) -> dict[str, Any]:
    """One file of vectors."""
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    assert found["source"]["repository"].startswith("https://github.com/")
    return found
