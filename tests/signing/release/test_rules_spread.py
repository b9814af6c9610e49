"""A release's rules over several processes: the same release, and the same first breach, as in one."""

from collections.abc import Callable
from typing import Any

import pytest

from signing import spread
from signing.release import rules_alone
from signing.release.release_file import ReleaseRefused
from tests import releases
from tests.invented import STATUS, keyring
from verify.core.keyring import Keyring

PEOPLE = 450
RING: Keyring = keyring()


@pytest.fixture(scope="module")
def statements() -> list[bytes]:
    """A final release whose certificates are more than one worker takes at a time."""
    certified = [releases.certify(serial) for serial in range(1, PEOPLE + 1)]
    rows = [releases.row(serial, data) for serial, data in enumerate(certified, start=1)]
    filed = [(releases.number(serial), releases.lookup_key(serial)) for serial in range(1, PEOPLE + 1)]
    return [*certified, releases.pass_list(rows), releases.index(filed)]


def altered(data: bytes) -> bytes:
    """With another signature."""
    return data[:-1] + bytes([data[-1] ^ 1])


def as_it_is(given: list[bytes]) -> bytes:
    """Nothing is wrong."""
    return b"".join(given)


def two_altered(given: list[bytes]) -> bytes:
    """The later of the two is in the share of the worker that is done first."""
    return b"".join([*given[:210], altered(given[210]), *given[211:420], altered(given[420]), *given[421:]])


def damaged_after_another(given: list[bytes]) -> bytes:
    """Bytes end in the middle, and before that a key signs what it may not."""
    return b"".join([*given[:300], releases.certify(301, key=STATUS), *given[301:449]]) + given[449][:-3]


def damaged(given: list[bytes]) -> bytes:
    """Bytes end in the middle."""
    return b"".join(given[:300]) + given[300][:-3]


def twice(given: list[bytes]) -> bytes:
    """A number in the shares of two workers."""
    return b"".join([*given[:400], given[10], *given[401:]])


def no_statement(given: list[bytes]) -> bytes:
    """An item that is CBOR and nothing more."""
    return b"".join([*given[:205], b"\x01", *given[205:]])


def wrong_check(given: list[bytes]) -> bytes:
    """A number that nobody can type right."""
    number = releases.number(250)
    other = number[:-1] + ("A" if number[-1] != "A" else "B")
    return b"".join([*given[:249], releases.certify(250, number=other), *given[250:]])


def checked(data: bytes) -> tuple[Any, ...]:
    """What the release holds, or why it is refused."""
    try:
        found = rules_alone.check(data, RING)
        return None, None, found.entries, found.certificates, [one.list for one in found.lists], found.indexes
    except ReleaseRefused as refused:
        return refused.code, refused.place, str(refused)


@pytest.mark.parametrize(
    ("made", "code", "place"),
    [
        (as_it_is, None, None),
        (two_altered, "signature_bad", 211),
        (damaged_after_another, "key_wrong_use", 301),
        (damaged, "truncated", 301),
        (twice, "number_used", 401),
        (no_statement, "not_a_statement", 206),
        (wrong_check, "number_check", 250),
    ],
)
def test_spread_or_not_the_first_breach_is_told(
    monkeypatch: pytest.MonkeyPatch,
    statements: list[bytes],
    made: Callable[[list[bytes]], bytes],
    code: str | None,
    place: int | None,
) -> None:
    """In this process, and in forked ones."""
    data = made(statements)
    monkeypatch.setattr(spread, "processors", lambda: 1)
    alone = checked(data)
    monkeypatch.setattr(spread, "processors", lambda: 3)
    assert checked(data) == alone
    assert alone[:2] == (code, place)


def test_fresh_processes_find_the_same(monkeypatch: pytest.MonkeyPatch, statements: list[bytes]) -> None:
    """As on Windows and macOS: a whole release, and a breach told in words."""
    monkeypatch.setattr(spread, "processors", lambda: 1)
    good, bad = as_it_is(statements), two_altered(statements)
    expected = [checked(good), checked(bad)]
    monkeypatch.setattr(spread, "processors", lambda: 2)
    monkeypatch.setattr(spread, "_forks", lambda: False)
    monkeypatch.setattr(spread, "_LEAST_SENT", 400)
    assert [checked(good), checked(bad)] == expected
