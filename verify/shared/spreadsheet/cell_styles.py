"""From a saved number or text and its cell format to a value: itself, a day, or Formatted where it looks different."""

import datetime
from typing import Final, Self

import msgspec

from verify.shared.spreadsheet import number_formats
from verify.shared.spreadsheet.cells import Formatted, Value

EPOCH: Final = datetime.datetime(1899, 12, 30)  # noqa: DTZ001 -- spreadsheets know no zones
EPOCH_1904: Final = datetime.datetime(1904, 1, 1)  # noqa: DTZ001 -- likewise


class Style(msgspec.Struct, frozen=True):
    """A cell format, as far as it changes what people see."""

    code: str
    date: bool
    plain: bool

    @classmethod
    def of(cls, code: str) -> Self:
        """The style of a number format."""
        return cls(code=code, date=number_formats.is_date(code), plain=number_formats.is_plain(code))

    def number(self, value: float, epoch: datetime.datetime) -> Value:
        """A saved number. Raises ValueError for one that is none."""
        if not abs(value) < 1e300:
            raise ValueError("no finite number")
        if self.date and (moment := _moment(value, epoch)) is not None:
            return moment
        number: int | float = int(value) if value == int(value) else value
        if self.plain:
            return number
        shown = number_formats.of_number(number, self.code)
        return number if shown == number_formats.plain(number) else Formatted(number, shown)

    def text(self, text: str) -> Value:
        """A saved text."""
        if self.plain:
            return text
        shown = number_formats.of_text(text, self.code)
        return text if shown.strip() == text.strip() else Formatted(text, shown)


GENERAL: Final = Style.of("General")


def _moment(value: float, epoch: datetime.datetime) -> datetime.date | datetime.time | None:
    """The day, time or both that a number of days since ``epoch`` is; None where there is no such day."""
    try:
        moment = epoch + datetime.timedelta(milliseconds=round(value * 86_400_000))
    except OverflowError:
        return None
    if 0 <= value < 1:
        return moment.time()
    return moment.date() if moment.time() == datetime.time() else moment
