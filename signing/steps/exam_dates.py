"""Exam dates: what each programme's rule proposes, and the exams that the centre has set."""

import datetime
import itertools
from pathlib import Path

import msgspec

from signing.centre import calendar, planned_file
from signing.centre.centre_toml import Sittings
from signing.centre.room import Room
from verify.core.china_time import local_day
from verify.shared.planned import PlannedExam


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A weekend that the rule of some programmes proposes, and what there is to know of it."""

    programmes: tuple[str, ...]
    saturday: datetime.date
    sunday: datetime.date
    begins: datetime.time
    ends: datetime.time
    term: str
    working_days: tuple[datetime.date, ...]
    """Make-up working days."""
    holidays: tuple[datetime.date, ...]
    exams: tuple[str, ...]
    """Exams of centre.toml that are, or were, planned for it."""


class Dates(msgspec.Struct, frozen=True, kw_only=True):
    """What is proposed and what is set."""

    proposed: tuple[Proposal, ...]
    exams: tuple[PlannedExam, ...]


def dates(room: Room, count: int, now: int, year: int | None = None) -> Dates:
    """``count`` weekends by each rule, from the beginning of ``year`` or from today, and the exams of centre.toml."""
    since = datetime.date(year, 1, 1) if year else local_day(now)
    proposed = [
        _proposal(room, codes, rule, saturday)
        for rule, codes in room.centre.sittings.items()
        for saturday in itertools.islice(calendar.proposals(rule.months, rule.week, since), count)
    ]
    return Dates(proposed=tuple(proposed), exams=planned_file.planned(room.centre))


def write(dates: Dates, path: Path, now: int) -> None:
    """The exams of centre.toml as a file for the public service. Raises Refusal."""
    planned_file.write(path, dates.exams, now)


def _proposal(room: Room, codes: list[str], rule: Sittings, saturday: datetime.date) -> Proposal:
    weekend = (saturday, saturday + datetime.timedelta(days=1))
    known = room.working_days
    taken = (e.code for e in room.centre.exams if e.programme in codes and {e.held_on, e.planned_on} & {*weekend})
    return Proposal(
        programmes=tuple(codes),
        saturday=weekend[0],
        sunday=weekend[1],
        begins=rule.begins,
        ends=rule.ends,
        term=f"{saturday:%Y-%m}",
        working_days=tuple(filter(known.is_working, weekend)),
        holidays=tuple(filter(known.is_holiday, weekend)),
        exams=tuple(taken),
    )
