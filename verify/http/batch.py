"""Many certificates at once, by number and name: verdicts in the order of the rows, a few hundred at a time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from verify.core import verdict
from verify.core.answer import Verdict
from verify.core.keyring import Chain
from verify.core.register import Record
from verify.core.verdict import Seen
from verify.http.asking import Asker
from verify.http.names_tried import TooManyNames
from verify.tables.data import Row

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
    following = asyncio.create_task(_ask(asker, questions[0])) if questions else None
    try:
        for at, asked_for in enumerate(questions, 1):
            asked = await following if following else await _ask(asker, asked_for)
            following = asyncio.create_task(_ask(asker, questions[at])) if at < len(questions) else None
            for begin in range(0, len(asked_for), CHUNK):
                await asyncio.sleep(0)  # others have their turn, the question under way among them
                yield tuple([await _judged(asker, asked, row, now) for row in asked_for[begin : begin + CHUNK]])
    finally:
        if following is not None:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the register says of some rows."""

    chain: Chain
    seen: dict[int, Seen]
    records: dict[str, Record]


async def _ask(asker: Asker, rows: Sequence[Row]) -> _Asked:
    chain = await asker.registry.chain()
    seen = {row.row: verdict.read_number(row.number, chain) for row in rows if row.problem is None}
    numbers = [item.number for item in seen.values() if item.number]
    return _Asked(chain=chain, seen=seen, records=await asker.registry.by_numbers(numbers))


async def _judged(asker: Asker, asked: _Asked, row: Row, now: int) -> Checked:
    seen = asked.seen.get(row.row)
    if seen is None:
        return Checked(row=row, verdict=None)
    named = row.name is not None and seen.number is not None
    if named:
        try:
            await asker.names_tried.check(seen.number or "", now)
        except TooManyNames:
            return Checked(row=msgspec.structs.replace(row, problem="too_many_names"), verdict=None)
    record = asked.records.get(seen.number) if seen.number else None
    judged = verdict.judge(seen, record, chain=asked.chain, now=now, name=row.name)
    if judged.outcome in _AGAINST_THE_KEY:  # perhaps a keyring published since: asked once more, by itself
        judged = await asker.number(row.number, now=now, name=row.name)
    elif named and judged.outcome == "mismatch":
        await asker.names_tried.note(seen.number or "", row.name or "", now)
    return Checked(row=row, verdict=judged)


def summary(checked: Sequence[Checked]) -> dict[str, int]:
    """How many rows have each outcome, the most frequent first."""
    return dict(Counter(item.outcome for item in checked).most_common())
