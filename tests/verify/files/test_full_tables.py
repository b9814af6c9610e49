"""What a full table of allowances forgets, and at what cost."""

import sys
from typing import Any

import pytest

from verify.files.turns.allowance import Allowance, Spent


def test_a_full_table_of_allowances_forgets_those_that_are_nearly_whole() -> None:
    """And never the one that has had most."""
    now = 0.0
    allowance = Allowance(10, 1, most=10, clock=lambda: now)
    allowance.spend("greedy", 100)
    for number in range(100):
        allowance.spend(f"other {number}", 1)
    assert allowance.had("greedy") == 100
    assert len(allowance._whole_at) <= 10
    with pytest.raises(Spent) as spent:
        allowance.check("greedy")
    assert spent.value.wait == 91


def test_a_full_table_of_allowances_is_never_looked_through() -> None:
    """One more client in a table of 20,000 is a few steps, as it is in an empty one."""
    now = 0.0
    allowance = Allowance(10, 1, most=20_000, clock=lambda: now)
    for number in range(20_000):
        allowance.spend(f"some {number}", 1 + number % 7)
    for number in range(0, 20_000, 9):
        allowance.spend(f"some {number}", 1)
    steps = 0

    def count(*_: Any) -> None:
        nonlocal steps
        steps += 1

    others = [f"other {number}" for number in range(1000)]
    sys.setprofile(count)
    try:
        for other in others:
            allowance.spend(other, 5)
    finally:
        sys.setprofile(None)
    assert steps < 20_000
    assert len(allowance._whole_at) == len(allowance._soonest) == 20_000
    now = 100.0
    for number in range(20_000):
        allowance.spend(f"later {number}", 1)
    assert len(allowance._whole_at) <= 20_000
