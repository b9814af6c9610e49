"""Lists as answers rest on them: whom they name, where they are believed, and that nobody else makes them."""

from typing import Any

import pytest

from tests import releases
from tests.invented import STATUS, chain
from verify.core.believed_list import BelievedList, GenuineList
from verify.core.errors import NotBelieved
from verify.core.pass_list import Row
from verify.core.signed import Believed, Genuine

SHORTS = [bytes(8) + bytes([0] * 7 + [last]) for last in (1, 3)] + [bytes([255]) * 16, bytes(range(16))]


def listed(**other: Any) -> bytes:
    """A final list of these."""
    rows = [Row(serial=n, name="某", id="＊", certificate=short) for n, short in enumerate(SHORTS, 1)]
    return releases.pass_list(rows, **other)


def test_a_list_names_whom_its_rows_name() -> None:
    """By all 16 bytes, also where two have the first half in common."""
    found = BelievedList.of(listed(), 1, chain())
    assert all(found.names(short) for short in SHORTS)
    assert not any(
        found.names(short) for short in (bytes(16), bytes(15) + b"\x02", bytes(15) + b"\x04", b"\xff" * 15 + b"\x00")
    )
    assert (found.list.people, found.head.rows) == (4, ())


def test_a_list_is_believed_at_its_place_only() -> None:
    """Kept once, asked anew for each index: before the keyring nobody was active."""
    kept = GenuineList.of(listed(), chain().newest)
    assert kept.at(1, chain()).index == 1
    with pytest.raises(NotBelieved, match="key_not_active"):
        kept.at(0, chain())


def test_what_the_wrong_key_signed_is_no_list() -> None:
    """The kid of a status key is not enough, nor is a signature that does not fit."""
    with pytest.raises(NotBelieved, match="key_wrong_use"):
        BelievedList.of(listed(key=STATUS), 1, chain())
    data = listed()
    with pytest.raises(NotBelieved, match="signature_bad"):
        BelievedList.of(data[:-1] + bytes([data[-1] ^ 1]), 1, chain())


@pytest.mark.parametrize("kind", [Genuine, Believed, BelievedList])
def test_nobody_else_makes_what_is_believed(kind: Any) -> None:
    """Neither an adapter nor a test can put one together from columns."""
    arguments = [None] * {Genuine: 3, Believed: 4, BelievedList: 3}[kind]
    with pytest.raises(TypeError):
        kind(*arguments, seal=object())
