"""Exams that are planned and have no list yet, from a file that the signing room writes.

A plan is no signed statement: it is shown as a plan, and an exam with a list is shown by its list alone.
"""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from verify.core.fields import Names, is_day

_Day = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


class PlannedExam(msgspec.Struct, frozen=True, kw_only=True):
    """An exam as the centre plans it. Dates are ``YYYY-MM-DD``."""

    code: Annotated[str, Meta(pattern=r"^[A-Z][0-9A-Z]{1,7}-[0-9]{4}-[0-9]{2}(-[0-9A-Z]{1,3})?$")]
    programme: Annotated[str, Meta(pattern=r"^[A-Z][0-9A-Z]{1,7}$")]
    title: Names
    held_on: _Day
    planned_on: _Day | None = None
    """The date first planned, where the exam was moved."""

    def __post_init__(self) -> None:
        """Raises ValueError where a date is no day."""
        for field in ("held_on", "planned_on"):
            if (day := getattr(self, field)) is not None and not is_day(day):
                raise ValueError(f"{field}: {day} is no day of the calendar")


class Plans(msgspec.Struct, frozen=True, kw_only=True):
    """All that the centre plans."""

    written_at: int
    """Seconds since 1970."""
    exams: Annotated[tuple[PlannedExam, ...], Meta(max_length=10_000)]


def read(data: bytes) -> Plans:
    """The plans in a file's bytes. Raises ValueError (msgspec's) for anything else."""
    return msgspec.json.decode(data, type=Plans)


class PlanFile:
    """The file that YINJIAN_CALENDAR names, read again when it changes.

    While it is missing or cannot be read, what was read last goes on being planned: a plan is never a reason not to
    answer.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._exams: tuple[PlannedExam, ...] = ()

    def exams(self) -> tuple[PlannedExam, ...]:
        """The planned exams, in the file's order; none without a file."""
        if self._path is None:
            return ()
        try:
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_size)
            if seen != self._seen:
                self._exams = read(self._path.read_bytes()).exams
                self._seen = seen
        except (OSError, ValueError):
            return self._exams
        return self._exams
