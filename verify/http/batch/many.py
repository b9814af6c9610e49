"""Many certificates at once, by number and name: verdicts in the order of the rows, a few hundred at a time."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Final

import msgspec

from verify.core import qr_text, verdict
from verify.core.answer import Verdict
from verify.core.certificate import normal_number
from verify.core.chain import Chain
from verify.core.log.view import TreeView
from verify.core.register import Record
from verify.core.verdict import Seen
from verify.files.tables.data import Row
from verify.http.answers.problems import Refused
from verify.http.check.asker import Asker
from verify.http.guard.challenge import Challenge
from verify.http.guard.lane import slices
from verify.http.guard.name_gate import NameGate
from verify.http.guard.names_tried import Try
from verify.http.ops import metrics

CHUNK: Final = 25
"""Rows judged in one turn of the lane."""
AT_ONCE: Final = 3
"""Of these, rows judged in one turn of the loop, a millisecond or two."""
_READ_AT_ONCE: Final = 20
"""Rows whose numbers are read in one turn of the loop; of a QR text a signature is checked."""
_ROW_COST: Final = 0.0007
"""Seconds of this process that a row takes, from its text to its verdict."""
_NAME_COST: Final = 0.00001
"""The same for its name to be priced, or counted."""
SLICE: Final = 100
"""Rows whose records are read in one go."""
QUESTION: Final = 200
"""Rows for which the register is asked, and whose wrong names are counted, at once."""
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
WANTED: Final = "proof_wanted"


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the register says of some rows."""

    chain: Chain
    seen: dict[tuple[int, int], Seen]
    records: dict[str, Record]
    log: TreeView | None


class Judging:
    """One bulk check. ``altcha`` is the proof of work that pays for its names, where some cost any (see NameGate)."""

    def __init__(self, asker: Asker, rows: Sequence[Row], now: int, *, client: str, altcha: str | None = None) -> None:
        self._asker = asker
        self._rows = rows
        self._now = now
        self._client = client
        self._altcha = altcha
        self._tries: dict[tuple[int, int], Try] = {}
        self._paid = False
        self._owed: int | None = None
        """What all names cost, as long as none of them was counted."""
        self._shut: frozenset[tuple[int, int]] = frozenset()
        """Rows that want a proof of work before their names are looked at."""
        self.challenge: Challenge | None = None
        """What all names of the list together cost, once it was checked and some were not looked at for it."""

    async def checked(self) -> AsyncIterator[tuple[Checked, ...]]:
        """The rows' verdicts, CHUNK at a time. The register is asked for the next rows while these are judged.

        Raises RegistryUnavailable and RegisterDamaged.
        """
        async with self._asker.asking.turn(self._client, len(self._rows) * _NAME_COST):
            await self._enter()
        rows, withheld = self._rows, False
        questions = [rows[at : at + QUESTION] for at in range(0, len(rows), QUESTION)]
        following = asyncio.create_task(self._ask(questions[0])) if questions else None
        try:
            for at, asked_for in enumerate(questions, 1):
                asked = await following if following else await self._ask(asked_for)
                following = asyncio.create_task(self._ask(questions[at])) if at < len(questions) else None
                judged: list[Checked] = []
                for begin in range(0, len(asked_for), CHUNK):
                    some = asked_for[begin : begin + CHUNK]
                    async with self._asker.lane.turn(self._client, len(some) * _ROW_COST):
                        async for few in slices(some, AT_ONCE):
                            judged += [await self._judged(asked, row) for row in few]
                    await asyncio.sleep(0)  # others have their turn, the question under way among them
                async with self._asker.asking.turn(self._client, len(judged) * _NAME_COST):
                    judged = await self._settled(judged)
                withheld = withheld or any(item.row.problem == WANTED for item in judged)
                if withheld and at == len(questions):
                    self.challenge = await self._priced()
                for begin in range(0, len(judged), CHUNK):
                    yield tuple(judged[begin : begin + CHUNK])
        finally:
            if following is not None:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)

    @property
    def _gate(self) -> NameGate:
        return self._asker.gate

    async def _enter(self) -> None:
        async for some in slices(self._rows, _READ_AT_ONCE):
            for row in some:
                number = normal_number(row.number) if row.problem is None and row.name is not None else None
                if number is not None and row.name is not None:
                    self._tries[row.key] = Try(number=number, name=row.name)
        tries = list(self._tries.values())
        try:
            entry = await self._gate.enter(tries, self._client, self._altcha, self._now)
        except Refused:  # a proof that is no good is none: the rows say so
            entry = await self._gate.enter(tries, self._client, None, self._now)
        self._paid, self._owed = entry.paid, entry.owed
        self._shut = frozenset(row for row, is_open in zip(self._tries, entry.open, strict=True) if not is_open)

    async def _priced(self) -> Challenge:
        if self._owed is not None:
            return await self._gate.challenge_of(self._owed, self._now)
        async with self._asker.asking.turn(self._client, len(self._tries) * _NAME_COST):
            return await self._gate.challenge(list(self._tries.values()), self._client, self._now)

    async def _ask(self, rows: Sequence[Row]) -> _Asked:
        chain = await self._asker.registry.chain()
        asked = [row for row in rows if row.problem is None and row.key not in self._shut]
        seen: dict[tuple[int, int], Seen] = {}
        async for some in slices(asked, _READ_AT_ONCE):
            seen |= {row.key: _seen(row, chain, self._now) for row in some}
        numbers = [item.number for item in seen.values() if item.number]
        records: dict[str, Record] = {}
        for begin in range(0, max(len(numbers), 1), SLICE):
            async with self._asker.asking.turn(self._client, 0.0):
                records |= await self._asker.registry.by_numbers(numbers[begin : begin + SLICE])
        log = await self._asker.registry.log(list(records.values())) if records else None
        return _Asked(chain=chain, seen=seen, records=records, log=log)

    async def _judged(self, asked: _Asked, row: Row) -> Checked:
        if row.key in self._shut:
            return _withheld(row)
        seen = asked.seen.get(row.key)
        if seen is None:
            return Checked(row=row, verdict=None)
        record = asked.records.get(seen.number) if seen.number else None
        judged = verdict.judge(seen, record, chain=asked.chain, log=asked.log, now=self._now, name=row.name)
        if judged.outcome in _AGAINST_THE_KEY:  # perhaps a keyring published since: asked once more, by itself
            judged = await self._again(row)
        metrics.judged(judged.outcome)
        return Checked(row=row, verdict=judged)

    async def _again(self, row: Row) -> Verdict:
        ask = self._asker.qr if qr_text.begins_as_ours(row.number) else self._asker.number
        return await ask(row.number, now=self._now, name=row.name)

    async def _settled(self, judged: Sequence[Checked]) -> list[Checked]:
        """The rows with their wrong names counted, and without the verdicts of those that came after too many."""
        named = [item for item in judged if item.verdict and item.row.key in self._tries]
        tries = [self._tries[item.row.key] for item in named]
        wrong = [item.outcome == "mismatch" for item in named]
        if any(wrong):
            self._owed = None
        admitted = await self._gate.settle(tries, wrong, self._client, self._now, paid=self._paid)
        if not all(admitted) and await self._gate.all_cost(self._client, self._now):
            self._shut = frozenset(self._tries)  # no name of the rest would be answered: none is judged
        late = {item.row.key for item, is_admitted in zip(named, admitted, strict=True) if not is_admitted}
        return [_withheld(item.row) if item.row.key in late else item for item in judged]


def _seen(row: Row, chain: Chain, now: int) -> Seen:
    """A number, or the text of a QR code where one stands in its place."""
    if qr_text.begins_as_ours(row.number):
        return verdict.read_qr(row.number, chain, now)
    return verdict.read_number(row.number, chain)


def _withheld(row: Row) -> Checked:
    return Checked(row=msgspec.structs.replace(row, problem=WANTED), verdict=None)


def summary(checked: Sequence[Checked]) -> dict[str, int]:
    """How many rows have each outcome, the most frequent first."""
    return dict(Counter(item.outcome for item in checked).most_common())
