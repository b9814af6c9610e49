"""What the port promises, of both its adapters: answers rest on what is believed, and on nothing else filed."""

import itertools
import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest

from tests import releases
from tests.invented import CERTIFICATE, ISSUED_AT, ROOT, STATUS, TestKey, keyring
from tests.memory_registry import MemoryRegistry
from tests.verify.registry.answers import answers
from tests.verify.registry.conftest import Filing
from verify.core.changes import Named
from verify.core.statement import decode
from verify.registry.port import RegistryUnavailable

RING = ROOT.sign(keyring().draft(ROOT.kid))
SECOND = ROOT.sign(
    msgspec.structs.replace(keyring(), version=2, previous=decode(RING).digest, expires_at=2_000_000_001).draft(
        ROOT.kid
    )
)
STRANGER = TestKey("stranger")
GONE: dict[str, Any] = {"exam": "CEM-2021-12", "held_on": "2021-12-18", "public_until": ISSUED_AT + 1}


def _named(serial: int) -> Named:
    return Named(number=releases.number(serial), short=releases.short(releases.certify(serial)))


def _filed(serials: Iterable[int]) -> list[tuple[str, bytes]]:
    """Rows of a lookup index; the seventh person's certificate is the third's new one."""
    return [(releases.number(n), releases.lookup_key(3 if n == 7 else n)) for n in serials]


def _final(serials: Iterable[int], **other: Any) -> bytes:
    return releases.pass_list([releases.row(n, releases.certify(n)) for n in serials], **other)


def story() -> list[bytes]:
    """Notice, final list, changes of all kinds, a correction, other exams, a new keyring."""
    certificates = [releases.certify(n) for n in range(1, 7)]
    return [
        RING,
        releases.notice(range(1, 7)),
        *certificates,
        _final(range(1, 7), revision=2),
        releases.index(_filed(range(1, 7))),
        releases.change(1, "suspended"),
        releases.change(2, "revoked"),
        releases.change(1, "reinstated"),
        releases.certify(7),
        releases.change(3, "replaced", replacement=_named(7)),
        releases.index(_filed(range(1, 8)), revision=2),
        releases.notice([1, 2], exam="CEM-2022-06", held_on="2022-06-18"),
        releases.notice([1, 2], **GONE),
        SECOND,
        _final((1, 2, 5, 6, 7), revision=3),
        releases.index(_filed((1, 2, 5, 6, 7)), revision=3),
    ]


def _unsigned(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def nuisances() -> dict[str, bytes]:
    """What nobody at the centre signed so, each made to be in the way of something."""
    more = [releases.row(n, releases.certify(n)) for n in (8, 9)]
    forged_ring = STRANGER.sign(msgspec.structs.replace(keyring(), version=3, previous=bytes(32)).draft(STRANGER.kid))
    return {
        "a higher revision of a list": _unsigned(_final([], revision=9)),
        "the revision of a list": _unsigned(_final([8], revision=3)),
        "a list with a later date, of another exam's": _unsigned(
            releases.notice([8], exam="CEM-2022-06", held_on="2029-01-01", revision=9)
        ),
        "a list past its term": _unsigned(_final([1], revision=10, public_until=1)),
        "a list of an exam that is none": _unsigned(_final([8], exam="CEM-2030-01")),
        "a list by a key for changes": releases.pass_list(more, key=STATUS, revision=11),
        "a list by a stranger": releases.pass_list(more, key=STRANGER, revision=12),
        "a notice after the final list": _unsigned(releases.notice([1], revision=13)),
        "an index of nobody": _unsigned(releases.index([], revision=9)),
        "an index under a revision": _unsigned(releases.index(_filed([8]), revision=3)),
        "an index with one row more": _unsigned(releases.index(_filed((1, 2, 5, 6, 7, 8)), revision=4)),
        "a keyring of the next version": _unsigned(ROOT.sign(keyring(version=3).draft(ROOT.kid))),
        "a keyring by a stranger": forged_ring,
        "a first keyring": _unsigned(ROOT.sign(keyring(expires_at=3).draft(ROOT.kid))),
        "a certificate of the same number": _unsigned(releases.certify(1, holder="李四")),
        "a certificate of a free number": _unsigned(releases.certify(9)),
        "a certificate of another exam": _unsigned(releases.certify(1, term="2022-06")),
        "a certificate by a key for changes": releases.certify(5, key=STATUS, holder="王五"),
        "a revocation": _unsigned(releases.change(1, "revoked")),
        "a revocation by a key for certificates": releases.change(1, "revoked", key=CERTIFICATE),
        "a replacement that ties strangers together": _unsigned(releases.change(5, "replaced", replacement=_named(6))),
        "a replacement by nobody's": _unsigned(releases.change(5, "replaced", replacement=_named(9))),
        "a reinstatement": _unsigned(releases.change(2, "reinstated")),
    }


async def test_answers_of_a_story(filing: Filing) -> None:
    """An exam's whole life is answered as it went: standing, lists, lookups, changes since the notice."""
    registry = await filing(story())
    found = await answers(registry)
    outcomes = [found[releases.number(n)][0] for n in range(1, 10)]
    valid, revoked, replaced, withdrawn = "valid", "revoked", "replaced", "withdrawn"
    assert outcomes == [valid, revoked, replaced, withdrawn, valid, valid, valid, "not_found", "not_found"]
    assert found["keys"] == tuple(releases.number(n) for n in (1, 2, 5, 6, 7))
    assert found[f"key {releases.lookup_key(4).hex()[:8]}"] == ()
    assert [head["exam"] for head in found["exams"]] == ["CEM-2022-06", releases.EXAM, "CEM-2021-12"]
    head, rows, beginning, statement, changed, touched = found[releases.EXAM]
    assert (head["revision"], head["people"], len(rows), len(beginning)) == (3, 5, 5, 1)
    assert statement == story()[-2]
    assert (changed.added, changed.removed) == (1, 2)
    assert touched == [releases.number(2)]
    rows = [(1, releases.number(1)), (2, releases.number(2)), (7, releases.number(7))]
    assert await registry.changed_rows(releases.EXAM) == tuple(rows)
    assert found["CEM-2021-12"][1:4] == (None, None, None)
    assert found["CEM-2030-01"] == (None, None, None, None, None, [])


@pytest.mark.parametrize("place", ["first", "last", "between"])
async def test_what_is_not_believed_changes_no_answer(filing: Filing, place: str) -> None:
    """What the signer's role files unsigned, or by another key, neither hides nor occupies nor closes anything."""
    plain = story()
    wanted = await answers(MemoryRegistry(plain, now=int(time.time())))
    strange = list(nuisances().values())
    if place == "first":
        statements = [*strange, *plain]
    elif place == "last":
        statements = [*plain, *strange]
    else:
        cycled = itertools.cycle(strange)
        statements = [one for data in plain for one in (next(cycled), data, next(cycled))]
    registry = await filing(statements)
    assert await answers(registry) == wanted


async def test_each_changes_no_answer_once_answers_were_given(filing: Filing) -> None:
    """The same of one after the other, filed while the registry is being asked."""
    registry = await filing(story())
    wanted = await answers(registry)
    for what, data in nuisances().items():
        await filing([data])
        assert await answers(registry) == wanted, what


async def test_filed_too_early_and_then_in_time(filing: Filing) -> None:
    """A whole release filed before its keyring is not believed there, and is where it stands again."""
    early = [*releases.final([1, 2]), RING]
    registry = await filing(early)
    assert (await answers(registry))[releases.number(1)][0] != "valid"
    await filing(releases.final([1, 2]))
    found = await answers(registry)
    assert [found[releases.number(n)][0] for n in (1, 2)] == ["valid", "valid"]
    assert found["keys"] == (releases.number(1), releases.number(2))
    head = await registry.pass_list(releases.EXAM)
    assert head is not None
    assert head.index == len(early) + 2


async def test_a_keyring_stands_where_it_carries_on(filing: Filing) -> None:
    """A version filed before the one that it follows does not stand there, and does where it comes again."""
    registry = await filing([SECOND, RING])
    assert [one.index for one in (await registry.chain()).versions] == [1]
    await filing([SECOND, SECOND])
    assert [one.index for one in (await registry.chain()).versions] == [1, 2]


WITHOUT: dict[str, Callable[[], list[bytes]]] = {
    "no index": list,
    "one row too few": lambda: [releases.index(_filed([1, 2]))],
    "one row too many": lambda: [releases.index(_filed([1, 2, 3, 4]))],
    "a number twice": lambda: [releases.index(_filed([1, 2, 3, 3]))],
    "somebody else's number": lambda: [releases.index(_filed([1, 2, 4]))],
    "another exam's index": lambda: [releases.index(_filed([1, 2, 3]), exam="CEM-2022-06")],
}


@pytest.mark.parametrize("what", WITHOUT)
async def test_nobody_rests_on_an_index_that_covers(filing: Filing, what: str) -> None:
    """Without an index that covers there is no answer, and not “nobody”; with one, signed or not, there is."""
    rows = [RING, *(releases.certify(n) for n in (1, 2, 3)), _final((1, 2, 3))]
    registry = await filing([*rows, *WITHOUT[what]()])
    for keys in ([releases.lookup_key(9)], [releases.lookup_key(1)], [bytes(32)]):
        with pytest.raises(RegistryUnavailable):
            await registry.lookup(keys)
    await filing([_unsigned(releases.index(_filed([3, 1, 2]), revision=7))])
    assert await registry.lookup([releases.lookup_key(9)]) == ()
    assert await registry.lookup([releases.lookup_key(1)]) == (releases.number(1),)


async def test_a_certificate_that_is_not_filed_has_no_number_to_cover(filing: Filing) -> None:
    """While a list names a certificate that is not there, none of its exam's indexes covers, whomever they have.

    Whoever signed it, once it is there its number is what belongs.
    """
    strange = _unsigned(releases.certify(3))
    named = releases.pass_list([releases.row(1, releases.certify(1)), releases.row(3, strange)])
    indexes = [releases.index(_filed(serials), revision=n) for n, serials in enumerate([(1,), (1, 3)], start=1)]
    registry = await filing([RING, releases.certify(1), named, *indexes])
    for key in (releases.lookup_key(1), bytes(32)):
        with pytest.raises(RegistryUnavailable):
            await registry.lookup([key])
    await filing([strange])
    assert await registry.lookup([releases.lookup_key(1)]) == (releases.number(1),)
    assert await registry.lookup([bytes(32)]) == ()


async def test_all_indexes_that_cover_are_asked(filing: Filing) -> None:
    """An index of wrong keys that covers hides nothing of one of right keys, in whatever order they stand."""
    wrong = [(releases.number(n), bytes([n]) * 32) for n in (1, 2)]
    rows = [RING, *(releases.certify(n) for n in (1, 2)), _final((1, 2))]
    registry = await filing([*rows, _unsigned(releases.index(wrong, revision=2)), releases.index(_filed((1, 2)))])
    assert await registry.lookup([releases.lookup_key(1)]) == (releases.number(1),)
    await filing([_unsigned(releases.index(wrong, revision=3))])
    assert await registry.lookup([releases.lookup_key(2)]) == (releases.number(2),)
    assert await registry.lookup([bytes([1]) * 32]) == (releases.number(1),)


async def test_an_index_covers_what_belongs_now(filing: Filing) -> None:
    """After a replacement, or a list that leaves somebody out, an index covers that says so and no other."""
    certificates = [releases.certify(n) for n in (1, 2, 3)]
    registry = await filing([RING, *certificates, _final((1, 2, 3)), releases.index(_filed((1, 2, 3)))])
    assert await registry.lookup([bytes(32)]) == ()
    await filing([releases.certify(7), releases.change(3, "replaced", replacement=_named(7))])
    with pytest.raises(RegistryUnavailable):
        await registry.lookup([bytes(32)])
    await filing([releases.index(_filed((1, 2, 3, 7)), revision=2)])
    assert await registry.lookup([releases.lookup_key(3)]) == (releases.number(3), releases.number(7))
    await filing([_final((1, 7), revision=2)])
    with pytest.raises(RegistryUnavailable):
        await registry.lookup([bytes(32)])
    await filing([releases.index(_filed((1, 7)), revision=3)])
    assert await registry.lookup([releases.lookup_key(2)]) == ()
    assert await registry.lookup([releases.lookup_key(3)]) == (releases.number(7),)


async def test_one_exam_without_an_index_is_no_answer_for_all(filing: Filing) -> None:
    """Who is looked for may stand in any exam: one that no index covers leaves “nobody” without an answer."""
    other: dict[str, Any] = {"exam": "CEM-2022-06", "held_on": "2022-06-18"}
    second = releases.certify(4, term="2022-06", number=releases.number(4, term="2022-06"))
    registry = await filing([RING, releases.certify(1), _final([1]), releases.index(_filed([1]))])
    await filing([second, releases.pass_list([releases.row(4, second)], **other)])
    assert await registry.lookup([releases.lookup_key(1)]) == (releases.number(1),)
    with pytest.raises(RegistryUnavailable):
        await registry.lookup([bytes(32)])
    await filing([releases.index([(releases.number(4, term="2022-06"), releases.lookup_key(4))], exam="CEM-2022-06")])
    assert await registry.lookup([bytes(32)]) == ()


async def test_only_notices_need_no_index(filing: Filing) -> None:
    """An exam that has but a notice, and a final list that nobody signed, have nobody to look for."""
    registry = await filing([RING, releases.notice([1, 2]), _unsigned(_final([1, 2], revision=2))])
    assert await registry.lookup([releases.lookup_key(1)]) == ()


async def test_a_later_date_that_is_not_believed_moves_no_exam(filing: Filing) -> None:
    """Exams stand by the day that their believed list says, page by page, whatever other lists say."""
    dates = ["2022-04-23", "2022-04-23", "2022-06-18", "2021-12-18", "2022-03-19"]
    lists = [releases.notice([1], exam=f"CEM-2022-{n:02d}", held_on=day) for n, day in enumerate(dates, start=1)]
    others = [
        _unsigned(releases.notice([1], exam=f"CEM-2022-{n:02d}", held_on=f"20{30 - n}-01-01", revision=n))
        for n in (1, 2, 4, 5)
    ]
    moved = releases.notice([1], exam="CEM-2022-05", held_on="2023-01-01", revision=2)
    registry = await filing([RING, *others, *lists, *others])
    assert await _paged(registry) == ["03", "01", "02", "05", "04"]
    await filing([moved])
    assert await _paged(registry) == ["05", "03", "01", "02", "04"]


async def _paged(registry: Any) -> list[str]:
    found, cursor = [], None
    while True:
        page = await registry.exams("CEM", cursor, 2)
        found += [head.exam[-2:] for head in page.items]
        cursor = page.next
        if cursor is None:
            return found
