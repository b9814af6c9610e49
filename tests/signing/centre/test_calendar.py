"""Exam dates by the rule, working days with holidays and make-up days, and the file of planned exams."""

import datetime
import itertools
import json
from datetime import date
from pathlib import Path

import pytest

from signing.centre import calendar, planned_file
from signing.centre.calendar import WorkingDays
from signing.centre.centre_toml import Centre
from signing.steps.making import notice
from tests.signing_room import EXAMPLE
from verify.core import china_time
from verify.shared.planned import PlanFile


@pytest.mark.parametrize(
    ("year", "month", "saturday"),
    [(2022, 3, 19), (2022, 6, 18), (2022, 9, 17), (2022, 12, 17), (2025, 3, 15), (2026, 8, 15)],
)
def test_the_weekend_of_the_third_week(year: int, month: int, saturday: int) -> None:
    """The third Saturday and the Sunday after it."""
    assert calendar.weekend(year, month, 3) == (date(year, month, saturday), date(year, month, saturday + 1))


def test_proposals_go_on_from_a_day() -> None:
    """The four months in order, year after year."""
    found = list(itertools.islice(calendar.proposals((12, 3, 6, 9), 3, date(2022, 6, 19)), 3))
    assert found == [date(2022, 9, 17), date(2022, 12, 17), date(2023, 3, 18)]


def test_working_days_know_holidays_and_make_up_days() -> None:
    """National Day 2022: seven days off, worked off on the Saturday and Sunday of the week after."""
    days = WorkingDays()
    assert not days.is_working(date(2022, 10, 7))
    assert days.is_working(date(2022, 10, 8))
    assert days.after(date(2022, 9, 30), 5) == date(2022, 10, 12)
    assert days.after(date(2022, 9, 30), 0) == date(2022, 9, 30)


def test_the_centre_knows_better() -> None:
    """Its own days go before the library's, on both sides."""
    days = WorkingDays(holidays=frozenset({date(2022, 10, 8)}), workdays=frozenset({date(2022, 10, 7)}))
    assert days.is_working(date(2022, 10, 7))
    assert not days.is_working(date(2022, 10, 8))


def test_beyond_the_years_that_are_known_it_is_said() -> None:
    """The library covers 2004 up to some year; after that weekdays count and a warning names the year."""
    far = date(2099, 1, 1)  # a Thursday
    days = WorkingDays()
    assert days.is_working(far)
    assert not days.is_working(date(2099, 1, 3))
    assert days.unknown_years(date(2026, 12, 30), far)[-1] == 2099
    assert days.unknown_years(date(2022, 1, 1), date(2022, 12, 31)) == []
    begun = china_time.end_of(far)
    until = notice.objections_until(begun, 5, days)
    warning = notice.unknown_holidays(begun, until, days)
    assert warning is not None
    assert "2099" in warning
    whole = ["01-22", "04-05", "05-01", "06-23", "10-01"]
    told = WorkingDays(holidays=frozenset(date.fromisoformat(f"2099-{day}") for day in whole))
    assert notice.unknown_holidays(begun, until, told) is None


@pytest.mark.parametrize("lacking", range(5))
def test_some_days_off_are_not_a_years_holidays(lacking: int) -> None:
    """An exam's own date, make-up days, or all festivals but one: the rest of the year is as unknown as before."""
    whole = ["01-22", "04-05", "05-01", "06-23", "10-01"]
    days = [date.fromisoformat(f"2099-{day}") for day in whole]
    year = (date(2099, 1, 1), date(2099, 12, 31))
    assert WorkingDays(holidays=frozenset(days)).unknown_years(*year) == []
    del days[lacking]
    for some in (WorkingDays(holidays=frozenset(days)), WorkingDays(workdays=frozenset(days))):
        assert some.unknown_years(*year) == [2099]
    assert WorkingDays(holidays=frozenset({date(2099, 1, 1)})).unknown_years(*year) == [2099]


def test_the_window_ends_with_the_day_in_china() -> None:
    """Announced late on Friday by Chinese time: the fifth working day is the Friday after, to its end."""
    friday = int(datetime.datetime(2022, 4, 15, 23, 59, tzinfo=china_time.ZONE).timestamp())
    until = notice.objections_until(friday, 5, WorkingDays())
    assert datetime.datetime.fromtimestamp(until, datetime.UTC).isoformat() == "2022-04-22T16:00:00+00:00"
    assert china_time.deadline_text(until) == "2022-04-22 24:00"
    assert china_time.deadline_text(until + 60) == "2022-04-23 00:01"


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [("2022-01-31", 1, "2022-02-28"), ("2024-02-29", 12, "2025-02-28"), ("2022-04-15", 36, "2025-04-15")],
)
def test_months_later(start: str, months: int, end: str) -> None:
    """The same day, or the month's last."""
    begun = china_time.end_of(date.fromisoformat(start)) - 3600
    assert china_time.local_day(calendar.months_after(begun, months)).isoformat() == end


def test_planned_exams_reach_the_service(tmp_path: Path) -> None:
    """Written by the signing room, read by the service, moved dates with both; read again when they change."""
    centre = Centre.load(EXAMPLE)
    path = tmp_path / "calendar.json"
    planned_file.write(path, planned_file.planned(centre), 1_650_000_000)
    file = PlanFile(path)
    exams = file.exams()
    assert [(e.code, e.held_on, e.planned_on) for e in exams] == [
        ("CAM-2022-04", "2022-04-23", "2022-03-19"),
        ("CEM-2022-04", "2022-04-23", "2022-03-19"),
    ]
    planned_file.write(path, exams[:1], 1_650_000_000)
    assert file.exams() == exams[:1]
    path.write_text(json.dumps({"written_at": 1, "exams": [{"code": "../x"}]}))
    assert file.exams() == exams[:1]
    path.unlink()
    assert file.exams() == exams[:1]
    assert PlanFile(None).exams() == ()
