"""Exam dates by the programme's rule, and working days.

Working days are those of the State Council's yearly notices, as the kept library chinesecalendar has them: holidays
and make-up working days are known year by year, some weeks before a year begins. For a year that it does not
cover yet every weekday counts as a working day, and ``unknown_years`` says so; ``[calendar]`` of centre.toml adds
what the office knows better.
"""

import calendar
import datetime
from collections.abc import Iterable, Iterator
from typing import Final

import chinese_calendar
import msgspec

from verify.core import china_time

_DAY: Final = datetime.timedelta(days=1)
_FESTIVALS: Final = (
    ((1, 21), (2, 28)),
    ((4, 3), (4, 7)),
    ((4, 28), (5, 6)),
    ((5, 26), (6, 30)),
    ((10, 1), (10, 8)),
)
"""Month and day between which Spring Festival, Qingming, Labour Day, Dragon Boat and National Day have a day off in
every year (全国年节及纪念日放假办法); Mid-Autumn may fall into National Day's, New Year's into a weekend."""


class WorkingDays(msgspec.Struct, frozen=True, kw_only=True):
    """Which days are worked; what the centre says goes before what the library knows."""

    holidays: frozenset[datetime.date] = frozenset()
    workdays: frozenset[datetime.date] = frozenset()

    def is_working(self, day: datetime.date) -> bool:
        """Whether ``day`` is a working day."""
        if day in self.workdays or day in self.holidays:
            return day in self.workdays
        known = _known(day)
        return day.weekday() < 5 if known is None else not known[0]

    def is_holiday(self, day: datetime.date) -> bool:
        """Whether ``day`` is a public holiday, or a day off by the centre; an ordinary weekend is not."""
        if day in self.workdays or day in self.holidays:
            return day in self.holidays
        off, festival = _known(day) or (False, None)
        return off and festival is not None

    def after(self, day: datetime.date, count: int) -> datetime.date:
        """The ``count``-th working day after ``day``; ``day`` itself for 0."""
        while count:
            day += _DAY
            count -= self.is_working(day)
        return day

    def unknown_years(self, first: datetime.date, last: datetime.date) -> list[int]:
        """The years between two days whose holidays neither the library nor the centre knows."""
        years = range(first.year, last.year + 1)
        return [year for year in years if not self._told(year) and _known(datetime.date(year, 1, 1)) is None]

    def _told(self, year: int) -> bool:
        """Whether the centre has told a year's holidays: a day off about each of them, not merely some day."""
        return all(
            any(datetime.date(year, *first) <= day <= datetime.date(year, *last) for day in self.holidays)
            for first, last in _FESTIVALS
        )


def _known(day: datetime.date) -> tuple[bool, str | None] | None:
    """Whether the library has ``day`` off, and for which festival; None in a year that it does not cover."""
    try:
        off, festival = chinese_calendar.get_holiday_detail(day)
    except NotImplementedError:  # the library's own word for such a year
        return None
    return bool(off), festival


def months_after(seconds: int, months: int) -> int:
    """The same time of day in Asia/Shanghai ``months`` later, on the month's last day where it has no such day."""
    start = china_time.local(seconds)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return int(start.replace(year=year, month=month + 1, day=day).timestamp())


def weekend(year: int, month: int, week: int) -> tuple[datetime.date, datetime.date]:
    """Saturday and Sunday of a month's week, where week 1 holds the month's first Saturday."""
    first = datetime.date(year, month, 1)
    saturday = first + _DAY * ((5 - first.weekday()) % 7 + 7 * (week - 1))
    return saturday, saturday + _DAY


def proposals(months: Iterable[int], week: int, since: datetime.date) -> Iterator[datetime.date]:
    """The Saturdays of the exam weekends by the rule, from ``since`` on, without end."""
    wanted = sorted(set(months))
    year = since.year
    while True:
        for month in wanted:
            saturday, _sunday = weekend(year, month, week)
            if saturday >= since:
                yield saturday
        year += 1
