"""Whose certificates on a final list are not in force now: a list stays as it was signed, and its certificates do not.

Only certificates that a change names are asked for; one that ran out by its own date is told by its verdict alone.
"""

import asyncio
from collections.abc import Hashable, Mapping
from typing import Final

import msgspec

from verify.core import verdict
from verify.core.answer import Outcome, Verdict
from verify.http.check.asker import Asker

_FRESH: Final = 60
"""Seconds for which what was found is told again, as pages of lists are kept."""
_AT_ONCE: Final = 50
"""Certificates that the register is asked for, and that are judged, in one go."""
_LONGEST: Final = 8
"""Certificates of one chain that are followed to the newest."""
_EXAMS: Final = 200


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    moment: Hashable
    index: int
    until: int
    marks: Mapping[int, Outcome]


class Standings:
    """Remembers for a while what it found of each list, while nothing is published."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._found: dict[str, _Found] = {}
        self._finding: dict[str, asyncio.Lock] = {}
        """By exam that has a list: who finds out, and the others wait."""

    async def not_in_force(self, exam: str, index: int, now: int) -> Mapping[int, Outcome]:
        """By serial, what the certificates of the list at ``index`` are that are not in force at ``now``.

        Where one was replaced, the newest of its chain counts. Raises RegistryUnavailable and RegisterDamaged.
        """
        moment = await self._asker.registry.moment()
        async with self._finding.setdefault(exam, asyncio.Lock()):
            found = self._found.get(exam)
            if found is None or found.moment != moment or found.index != index or found.until <= now:
                rows = await self._asker.registry.changed_rows(exam)
                marks = {}
                for begin in range(0, len(rows), _AT_ONCE):
                    marks.update(await self._marks(dict(rows[begin : begin + _AT_ONCE]), now))
                if len(self._found) >= _EXAMS:
                    self._found.clear()
                found = self._found[exam] = _Found(moment=moment, index=index, until=now + _FRESH, marks=marks)
        return found.marks

    async def _marks(self, numbers: dict[int, str], now: int) -> dict[int, Outcome]:
        """What is not valid of certificates by serial, each followed to the newest of its chain."""
        marks: dict[int, Outcome] = {}
        for _ in range(_LONGEST):
            following = {}
            for serial, judged in (await self._judged(numbers, now)).items():
                marks[serial] = judged.outcome
                view = judged.certificate
                if judged.outcome == "replaced" and view is not None and view.replaced_by is not None:
                    following[serial] = view.replaced_by
            if not following:
                break
            numbers = following
        return {serial: outcome for serial, outcome in marks.items() if outcome != "valid"}

    async def _judged(self, numbers: dict[int, str], now: int) -> dict[int, Verdict]:
        registry = self._asker.registry
        records, chain = await asyncio.gather(registry.by_numbers(tuple(numbers.values())), registry.chain())
        return {
            serial: verdict.judge(
                verdict.read_number(number, chain), records.get(number), chain=chain, now=now, as_of=None
            )
            for serial, number in numbers.items()
        }
