"""What askers send: JSON, read strictly into closed structs, and times."""

import datetime
import re
import unicodedata
from collections.abc import AsyncIterator
from typing import Any, Final, TypeAlias, TypeVar

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from verify.core import china_time
from verify.files import json_trees
from verify.files.json_trees import JsonRefused
from verify.files.pieces import PIECE, Pieces
from verify.http.answers.problems import Refused
from verify.http.asked import state
from verify.http.asked.state import State

T = TypeVar("T")
D = TypeVar("D")

AnyRequest = Request[Any, Any, Any]

Inject: TypeAlias = NamedDependency[SkipValidation[D]]
"""What app.py provides to routes, by the argument's name."""


_DAY: Final = re.compile(r"([1-9]\d{3})[-/.年](\d\d?)[-/.月](\d\d?)日?|([1-9]\d{3})(\d\d)(\d\d)", re.ASCII)
_LONGEST_DAY: Final = 40
_SPACED_ZONE: Final = re.compile(r" (\d\d:\d\d)$", re.ASCII)
_RFC3339: Final = re.compile(
    r"([1-9]\d{3}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:\.\d{1,20})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
"""Section 5.6, from the year 1000 on. What the service says has whole seconds."""
_SENT: Final = re.compile(r"(unknown field|Invalid enum value) .*?( - at `\$[^` ]*`)?$", re.DOTALL)
"""What msgspec's messages hold of the request itself."""


_AT_ONCE: Final = 64 << 10
"""Bytes of JSON that are parsed on the event loop; a larger body is parsed by a reader."""
JSON_BYTES: Final = 4 << 20
"""What a JSON body may be: any string is judged, an overlong one as unreadable; but there is an end to everything."""


async def taken(request: AnyRequest, most: int) -> Pieces:
    """The request's body. Raises Refused: too_large."""
    body = Pieces()
    async for piece in within(request, most):
        body.add(piece)
    return body


async def within(request: AnyRequest, most: int) -> AsyncIterator[bytes]:
    """The request's body in pieces. Raises Refused: too_large, before any of it is taken where its header says so."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and len(said) < 20 and int(said) > most:
        raise Refused("too_large")
    length = 0
    async for piece in pieces(request):
        length += len(piece)
        if length > most:
            raise Refused("too_large")
        yield piece


async def pieces(request: AnyRequest) -> AsyncIterator[bytes]:
    """The request's body as it comes, in pieces of PIECE bytes and a shorter last one.

    However small a sender makes his own: what is done for each piece is done for so many bytes.
    """
    held, length = [], 0
    async for some in request.stream():
        held.append(some)
        length += len(some)
        if length < PIECE:
            continue
        data = b"".join(held)
        whole = length - length % PIECE
        for begin in range(0, whole, PIECE):
            yield data[begin : begin + PIECE]
        held, length = [data[whole:]], length - whole
    if length:
        yield b"".join(held)


async def json_body(
    request: AnyRequest, into: type[T], rows: int = 0, other: tuple[str, type[D]] | None = None
) -> T | D:
    """The request's JSON (RFC 8259) as ``into``: one object, or as many as ``rows`` and one around them.

    ``other`` is a member's name and what an object that has it is instead.
    A name twice in one object is refused: readers differ in which one they believe. Strings are taken as they
    are, also with lone surrogates. Raises Refused: bad_json, bad_request, too_large, too_many_rows; and of a large
    body, which is read as a file is, what a reader of files refuses.
    """
    body = await taken(request, JSON_BYTES)
    tree = await _tree(state.of(request.scope), body, rows)
    kind = other[1] if other and isinstance(tree, dict) and other[0] in tree else into
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError as error:
        raise Refused("bad_request", field=_SENT.sub(r"\1\2", str(error))) from None


async def _tree(known: State, body: Pieces, rows: int) -> Any:
    try:
        if len(body) <= _AT_ONCE:
            return json_trees.read(body.whole(), rows)
        json_trees.bound(body.beginning(_AT_ONCE), rows)  # what has too much at its beginning goes no further
    except JsonRefused as refused:
        raise Refused(refused.code, field=refused.field) from None
    return await known.trees(body, rows, known.client)


def past_time(text: str, now: int) -> int:
    """The seconds since 1970 of an RFC 3339 time. Raises Refused: bad_time, future_time.

    A leap second is the first second of the next day, as POSIX counts.
    """
    parts = _RFC3339.fullmatch(text)
    if parts is None:
        raise Refused("bad_time")
    day, hour, second, zone = parts.groups()
    leap = second == "60"
    try:
        moment = datetime.datetime.fromisoformat(f"{day}T{hour}:{59 if leap else second}{zone.upper()}")
        seconds = int(moment.timestamp()) + leap
    except (ValueError, OverflowError):
        raise Refused("bad_time") from None
    if leap and seconds % 86400:
        raise Refused("bad_time")
    if seconds > now:
        raise Refused("future_time")
    return seconds


def day_asked(text: str, now: int) -> int | None:
    """The last second of a day in Shanghai as people write it, or now for today; a whole time as ``past_time`` reads
    it, also where a link has a space for its ``+``. None for an empty text.

    Raises Refused: bad_day, future_time.
    """
    text = text.strip()
    if not text:
        return None
    parts = _DAY.fullmatch(unicodedata.normalize("NFKC", text)) if len(text) <= _LONGEST_DAY else None
    if parts is None:
        try:
            return past_time(_SPACED_ZONE.sub(r"+\1", text), now)
        except Refused as refused:
            raise Refused("bad_day" if refused.code == "bad_time" else refused.code) from None
    try:
        day = datetime.date(*(int(part) for part in parts.groups() if part))
    except ValueError:
        raise Refused("bad_day") from None
    if day > china_time.local(now).date():
        raise Refused("future_time")
    end = datetime.datetime.combine(day, datetime.time(23, 59, 59), china_time.ZONE)
    return min(int(end.timestamp()), now)
