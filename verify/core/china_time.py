"""China's time, in which everybody here reads and sets dates: Asia/Shanghai, its summer times of 1986–1991 among them.

Moments are seconds since 1970. Python's calendar has the years 1 to 9999, in every zone for itself: statements may
name moments that fall out of it (year 9999 of UTC is over eight hours later than Shanghai's, and an older paper's day
may be the first there is), and are shown as the nearest that it has.
"""

import datetime
import zoneinfo
from typing import Final

ZONE: Final = zoneinfo.ZoneInfo("Asia/Shanghai")
_DAY: Final = datetime.timedelta(days=1)
_FIRST: Final = -62135596800
_LAST: Final = 253402271999


def utc(seconds: float) -> datetime.datetime:
    """The date and time of a moment in UTC."""
    return datetime.datetime.fromtimestamp(max(seconds, _FIRST), datetime.UTC)


def local(seconds: float) -> datetime.datetime:
    """The date and time of a moment."""
    return datetime.datetime.fromtimestamp(min(max(seconds, _FIRST), _LAST), ZONE)


def local_day(seconds: float) -> datetime.date:
    """The day of a moment."""
    return local(seconds).date()


def local_text(seconds: float) -> str:
    """A moment as people read it, to the minute."""
    return local(seconds).strftime("%Y-%m-%d %H:%M")


def deadline_text(seconds: int) -> str:
    """A moment as the end of something: midnight is 24:00 of the day before."""
    text = local_text(seconds)
    return f"{local_day(seconds - 1)} 24:00" if text.endswith("00:00") else text


def typed(text: str) -> int:
    """A date or a time as somebody types it, here where it names no zone. Raises ValueError for anything else."""
    moment = datetime.datetime.fromisoformat(text.strip())
    return int((moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).timestamp())


def start_of(day: datetime.date) -> int:
    """When ``day`` begins."""
    return int(datetime.datetime.combine(day, datetime.time(), ZONE).timestamp())


def end_of(day: datetime.date) -> int:
    """When ``day`` is over."""
    return start_of(day + _DAY)
