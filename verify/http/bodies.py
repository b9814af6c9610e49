"""What askers send: JSON and forms, read strictly into closed structs."""

import datetime
import json
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from verify.http.problems import Refused

T = TypeVar("T")
D = TypeVar("D")

AnyRequest = Request[Any, Any, Any]

Inject: TypeAlias = NamedDependency[SkipValidation[D]]
"""What app.py provides to routes, by the argument's name."""

MOST_FIELDS: Final = 50
SHANGHAI: Final = datetime.timezone(datetime.timedelta(hours=8), "CST")
"""China's time, which has no summer time: the time in which pages show and ask."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused("bad_json", field="a name twice in one object")
    return found


def _constant(text: str) -> object:
    raise ValueError(text)


async def json_body(request: AnyRequest, into: type[T]) -> T:
    """The request's JSON (RFC 8259) as ``into``. Raises Refused: bad_json, bad_request.

    A name twice in one object is refused: readers differ in which one they believe. Strings are taken as they
    are, also with lone surrogates.
    """
    try:
        tree = json.loads((await request.body()).decode(), object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise Refused("bad_json") from None
    try:
        return msgspec.convert(tree, into)
    except msgspec.ValidationError as error:
        raise Refused("bad_request", field=str(error)) from None


async def form_body(request: AnyRequest, *names: str) -> dict[str, str]:
    """The fields ``names`` of a form, empty where they are missing. Raises Refused: bad_form."""
    form = await request.form()
    if len(form) > MOST_FIELDS:
        raise Refused("bad_form")
    found = {}
    for name in names:
        values = form.getall(name, [""])
        if len(values) != 1 or not isinstance(values[0], str):
            raise Refused("bad_form")
        found[name] = values[0].encode("utf-8", "replace").decode().strip()
    return found


def past_time(text: str, now: int) -> int:
    """The seconds since 1970 of an RFC 3339 time with its zone. Raises Refused: bad_time, future_time."""
    try:
        moment = datetime.datetime.fromisoformat(text)
        if moment.tzinfo is None or len(text) > 40 or moment.year < 1000:
            raise Refused("bad_time")
        seconds = int(moment.timestamp())
    except (ValueError, OverflowError):
        raise Refused("bad_time") from None
    if seconds > now:
        raise Refused("future_time")
    return seconds


def past_date(text: str, now: int) -> int | None:
    """The last second of a date (``YYYY-MM-DD``) in Shanghai, or now for today; None for an empty text.

    Raises Refused: bad_time, future_time.
    """
    if not text:
        return None
    try:
        day = datetime.date.fromisoformat(text)
        if day.year < 1000 or len(text) != 10:
            raise Refused("bad_time")
    except ValueError:
        raise Refused("bad_time") from None
    if day > datetime.datetime.fromtimestamp(now, SHANGHAI).date():
        raise Refused("future_time")
    end = datetime.datetime.combine(day, datetime.time(23, 59, 59), SHANGHAI)
    return min(int(end.timestamp()), now)
