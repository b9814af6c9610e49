"""Exams that are planned, or held without a list yet: shown before those that have one."""

import asyncio
from typing import Final

from verify.registry.port import Registry
from verify.shared.planned import PlanFile, PlannedExam

_MOST: Final = 100
"""Planned exams that are shown, the latest first."""


class Calendar:
    """The centre's plans beside the registry's lists."""

    def __init__(self, plans: PlanFile, registry: Registry) -> None:
        self._plans = plans
        self._registry = registry

    async def without_list(self, programme: str | None) -> tuple[PlannedExam, ...]:
        """Exams, of one programme or all, that no list tells of yet, the last held first.

        Raises RegistryUnavailable.
        """
        planned = [exam for exam in self._plans.exams() if programme in (None, exam.programme)]
        planned.sort(key=lambda exam: exam.held_on, reverse=True)
        lists = await asyncio.gather(*(self._registry.pass_list(exam.code) for exam in planned[:_MOST]))
        return tuple(exam for exam, head in zip(planned, lists, strict=False) if head is None)
