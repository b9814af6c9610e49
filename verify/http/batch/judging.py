"""Many certificates at once, by number and name: verdicts in the order of the rows, a few hundred at a time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from verify.core import verdict
from verify.core.answer import Verdict
from verify.core.chain import Chain
from verify.core.register import Record
from verify.core.verdict import Seen
from verify.files.tables.data import Row
from verify.http.check.asker import Asker
from verify.http.guard.names_tried import TooManyNames

CHUNK: Final = 100
"""Rows judged in one go, about 30 ms, before other requests have their turn."""
QUESTION: Final = 500
"""Rows for which the register is asked at once."""
_AGAINST_THE_KEY: Final = ("unknown_key", "key_not_trusted")


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One row and its verdict, or why it was not checked; one of the two is None."""

    row: Row
    verdict: Verdict | None

    @property
    def outcome(self) -> str:
        """The verdict's outcome, or ``not_checked``."""
        return self.verdict.outcome if self.verdict else NOT_CHECKED


NOT_CHECKED: Final = "not_checked"


async def check(asker: Asker, rows: Sequence[Row], now: int) -> AsyncIterator[tuple[Checked, ...]]:
    """The rows' verdicts, CHUNK at a time. The register is asked for the next rows while these are judged.

    Raises RegistryUnavailable and RegisterDamaged.
    """
    questions = [rows[at : at + QUESTION] for at in range(0, len(rows), QUESTION)]
    following = asyncio.create_task(_ask(asker, questions[0], now)) if questions else None
    try:
        for at, asked_for in enumerate(questions, 1):
            asked = await following if following else await _ask(asker, asked_for, now)
            following = asyncio.create_task(_ask(asker, questions[at], now)) if at < len(questions) else None
            checked: list[Checked] = []
            for begin in range(0, len(asked_for), CHUNK):
                await asyncio.sleep(0)  # others have their turn, the question under way among them
                checked += [await _judged(asker, asked, row, now) for row in asked_for[begin : begin + CHUNK]]
            checked = await _counted(asker, asked, checked, now)
            for begin in range(0, len(checked), CHUNK):
                yield tuple(checked[begin : begin + CHUNK])
    finally:
        if following is not None:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the register says of some rows, and of which numbers no name may be answered."""

    chain: Chain
    seen: dict[tuple[int, int], Seen]
    records: dict[str, Record]
    barred: frozenset[str]


async def _ask(asker: Asker, rows: Sequence[Row], now: int) -> _Asked:
    chain = await asker.registry.chain()
    seen = {row.key: verdict.read_number(row.number, chain) for row in rows if row.problem is None}
    numbers = [item.number for item in seen.values() if item.number]
    named = [number for row in rows if row.name is not None and (number := _number(seen, row))]
    records, waits = await asyncio.gather(
        asker.registry.by_numbers(numbers), asker.names_tried.waits([(number, None) for number in named], now)
    )
    barred = frozenset(number for number, wait in zip(named, waits, strict=True) if wait)
    return _Asked(chain=chain, seen=seen, records=records, barred=barred)


def _number(seen: dict[tuple[int, int], Seen], row: Row) -> str | None:
    return seen[row.key].number if row.key in seen else None


async def _judged(asker: Asker, asked: _Asked, row: Row, now: int) -> Checked:
    seen = asked.seen.get(row.key)
    if seen is None:
        return Checked(row=row, verdict=None)
    if row.name is not None and seen.number in asked.barred:
        return _barred(row)
    record = asked.records.get(seen.number) if seen.number else None
    judged = verdict.judge(seen, record, chain=asked.chain, now=now, name=row.name)
    if judged.outcome in _AGAINST_THE_KEY:  # perhaps a keyring published since: asked once more, by itself
        try:
            judged = await asker.number(row.number, now=now, name=row.name)
        except TooManyNames:
            return _barred(row)
    return Checked(row=row, verdict=judged)


async def _counted(asker: Asker, asked: _Asked, checked: Sequence[Checked], now: int) -> list[Checked]:
    """The rows with their wrong names counted, and without the verdicts of those that came after too many."""
    named = {
        item.row.key: (number, item.row.name if item.outcome == "mismatch" else None)
        for item in checked
        if item.verdict and item.row.name is not None and (number := _number(asked.seen, item.row)) in asked.records
    }
    waits = dict(zip(named, await asker.names_tried.waits(list(named.values()), now), strict=True))
    return [_barred(item.row) if waits.get(item.row.key) else item for item in checked]


def _barred(row: Row) -> Checked:
    return Checked(row=msgspec.structs.replace(row, problem="too_many_names"), verdict=None)


def summary(checked: Sequence[Checked]) -> dict[str, int]:
    """How many rows have each outcome, the most frequent first."""
    return dict(Counter(item.outcome for item in checked).most_common())
