"""Reading a decoded map by the rules of statements.cddl: one reader per CDDL type, each raising Malformed."""

import datetime
import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Any, Final, NoReturn, TypeVar

import msgspec

from verify.core.errors import Malformed
from verify.core.statement import EXP, IAT, MAX_TIME, Statement

T = TypeVar("T")
Reader = Callable[[object, str], T]

LATER: Final = range(16, 24)
"""Content keys a later version may add: ignored by this one."""


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """A text for people: Chinese always, English where the centre gave it."""

    zh: str
    en: str | None = None

    def cbor(self) -> dict[str, str]:
        """The map that a statement holds."""
        return {"zh": self.zh} | ({"en": self.en} if self.en is not None else {})


def refuse(what: str) -> NoReturn:
    """Raises Malformed; ``what`` names the field and never its value."""
    raise Malformed("malformed", what)


def uint(value: object, what: str) -> int:
    """An unsigned integer (true is none)."""
    if type(value) is not int or value < 0:
        refuse(f"{what}: not an unsigned integer")
    return value


def time(value: object, what: str) -> int:
    """Seconds since 1970, up to the year 9999."""
    seconds = uint(value, what)
    if seconds > MAX_TIME:
        refuse(f"{what}: beyond the year 9999")
    return seconds


def text(value: object, what: str) -> str:
    """A text string."""
    if not isinstance(value, str):
        refuse(f"{what}: not a text")
    return value


def octets(size: int) -> Reader[bytes]:
    """A byte string of ``size`` bytes."""

    def read(value: object, what: str) -> bytes:
        if not isinstance(value, bytes) or len(value) != size:
            refuse(f"{what}: not {size} bytes")
        return value

    return read


def any_octets(value: object, what: str) -> bytes:
    """A byte string of any length."""
    if not isinstance(value, bytes):
        refuse(f"{what}: not a byte string")
    return value


def pattern(expression: str) -> Reader[str]:
    """A text that ``expression`` matches as a whole."""
    compiled = re.compile(expression)

    def read(value: object, what: str) -> str:
        found = text(value, what)
        if not compiled.fullmatch(found):
            refuse(f"{what}: not of the form {expression}")
        return found

    return read


def one_of(*words: str) -> Reader[str]:
    """One of the given words."""

    def read(value: object, what: str) -> str:
        if value not in words:
            refuse(f"{what}: not one of {', '.join(words)}")
        return text(value, what)

    return read


def or_null(read: Reader[T]) -> Reader[T | None]:
    """What ``read`` takes, or null."""
    return lambda value, what: None if value is None else read(value, what)


def array(read: Reader[T], least: int = 0) -> Reader[tuple[T, ...]]:
    """An array of what ``read`` takes, with at least ``least`` elements."""

    def read_all(value: object, what: str) -> tuple[T, ...]:
        if not isinstance(value, list) or len(value) < least:
            refuse(f"{what}: not an array of at least {least}")
        return tuple(read(item, what) for item in value)

    return read_all


def fixed(*readers: Reader[Any]) -> Reader[tuple[Any, ...]]:
    """An array with exactly one element for each of ``readers``."""

    def read(value: object, what: str) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) != len(readers):
            refuse(f"{what}: not an array of {len(readers)}")
        return tuple(reader(item, what) for reader, item in zip(readers, value, strict=True))

    return read


def names(value: object, what: str) -> Names:
    """``names`` of statements.cddl."""
    if not isinstance(value, dict) or "zh" not in value or not value.keys() <= {"zh", "en"}:
        refuse(f"{what}: not a text in zh and, where there is one, en")
    return Names(zh=text(value["zh"], what), en=text(value["en"], what) if "en" in value else None)


def has_control(value: str) -> bool:
    """Whether ``value`` holds a control (Cc) or format (Cf) character."""
    # What is printable is neither, and most is; a space of another kind is not printable, and is no control.
    return not value.isprintable() and any(unicodedata.category(character) in ("Cc", "Cf") for character in value)


date = pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_day(text: str) -> bool:
    """Whether a date, which has the form of one, is a day of the (proleptic Gregorian) calendar."""
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


number = pattern(r"[0-9A-Z]{4,32}")
code = pattern(r"[A-Z][0-9A-Z]{1,7}")
term = pattern(r"[0-9]{4}-[0-9]{2}(-[0-9A-Z]{1,3})?")
exam = pattern(r"[A-Z][0-9A-Z]{1,7}-[0-9]{4}-[0-9]{2}(-[0-9A-Z]{1,3})?")
digest = octets(32)
short = octets(16)


class Map:
    """A map with integer keys, all of which must be asked for, but for those of ``LATER`` where it has them."""

    def __init__(self, value: object, what: str, known: Collection[int], later: bool = False) -> None:
        if not isinstance(value, dict):
            refuse(f"{what}: not a map")
        for key in value:
            if key not in known and not (later and key in LATER):
                refuse(f"{what}: an unknown field {key}")
        self._value = value
        self._what = what

    def get(self, key: int, what: str, read: Reader[T]) -> T:
        """Field ``key``, which must be there, as ``read`` takes it."""
        if key not in self._value:
            refuse(f"{self._what}: no {what}")
        return read(self._value[key], f"{self._what}: {what}")

    def find(self, key: int, what: str, read: Reader[T]) -> T | None:
        """Field ``key`` as ``read`` takes it, None when it is not there."""
        return self.get(key, what, read) if key in self._value else None


def content(statement: Statement, what: str, known: Collection[int]) -> Map:
    """The content of ``statement`` as a Map with room for later fields."""
    return Map(statement.content, what, known, later=True)


def issued_at(statement: Statement, what: str, others: Collection[int] = ()) -> int:
    """Claim 6; the statement may have no other registered claim than those of ``others``."""
    known = (IAT, statement.kind.claim, *others)
    for key in statement.claims:
        if key not in known:
            refuse(f"{what}: claim {key} has no place here")
    if IAT not in statement.claims:
        refuse(f"{what}: no time of issue")
    return time(statement.claims[IAT], f"{what}: time of issue")


def expires_at(statement: Statement, what: str) -> int | None:
    """Claim 4, None when it is not there."""
    return time(statement.claims[EXP], f"{what}: expiry") if EXP in statement.claims else None
