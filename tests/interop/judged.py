"""The vectors of others, as tests/interop/take.py took them."""

import json
from typing import Any

from tests.interop.take import VECTORS

told: list[str] = []
"""What each judge said, for people."""


def tell(judge: str, asked: int, wrong: int, more: str = "") -> None:
    """Notes how many cases a judge had, and how many came out otherwise than it says or README.md decides."""
    told.append(f"{judge}: {asked:,} judged, {wrong} failed" + (f"; {more}" if more else ""))


def read(name: str) -> dict[str, Any]:
    """One file of vectors."""
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    assert found["source"]["repository"].startswith("https://github.com/")
    return found
