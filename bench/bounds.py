"""What the longest text that is taken costs to normalise, and one beyond all bounds: milliseconds of one processor.

Combining marks in the order that costs most; before there were bounds 40 KB of them took 2.6 s, 400 KB 175 s.
"""

import time
from collections.abc import Callable
from typing import Final

from bench.figures import Figure, limit
from verify.core import identity
from verify.core.certificate import normal_number

ROUNDS: Final = 20
MOST: Final = 2.0
"""Milliseconds."""
_MARKS: Final = "\u0315\u0300"
_FAR: Final = 400_000
"""Characters far beyond every bound."""
_WORKS: Final[tuple[tuple[str, int, Callable[[str], object]], ...]] = (
    ("a name", identity.MAX_TEXT, identity.name_key),
    ("a number", identity.MAX_TEXT, normal_number),
    ("an ID number", identity.MAX_ID, lambda text: identity.id_key("other", text)),
)


def _milliseconds(work: Callable[[str], object], text: str) -> float:
    took = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        work(text)
        took.append(time.process_time() - begun)
    return 1000 * min(took)


def run() -> list[Figure]:
    """Each text of the core at its bound and far beyond it."""
    print("the longest texts that are taken, and longer ones")
    return [
        limit(f"{name} of {length:,} marks", _milliseconds(work, _MARKS * (length // 2)), MOST, unit="ms")
        for name, most, work in _WORKS
        for length in (most, _FAR)
    ]
