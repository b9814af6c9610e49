"""China's time, in which everybody here reads and sets dates: Asia/Shanghai, its summer times of 1986–1991 among them.

Moments are seconds since 1970.
"""

import datetime
import zoneinfo
from typing import Final

ZONE: Final = zoneinfo.ZoneInfo("Asia/Shanghai")
_DAY: Final = datetime.timedelta(days=1)


def local(seconds: float) -> datetime.datetime:
    """The date and time of a moment."""
    return datetime.datetime.fromtimestamp(seconds, ZONE)


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


def start_of(day: datetime.date) -> int:
    """When ``day`` begins."""
    return int(datetime.datetime.combine(day, datetime.time(), ZONE).timestamp())


def end_of(day: datetime.date) -> int:
    """When ``day`` is over."""
    return start_of(day + _DAY)
