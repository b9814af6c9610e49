"""One table from what went wrong to what the asker is told (RFC 9457), and the answers made of it.

Programs get ``application/problem+json`` with a stable ``code``; people, under a page's address, get a page. An
error that the table does not know loses its detail and is told to the operator only.
"""

import functools
import logging
import traceback
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
)

from verify.core.errors import RegisterDamaged
from verify.http.answers.problem_table import KINDS
from verify.http.asked import accept, state
from verify.http.guard.challenge import Challenge
from verify.registry.port import BadCursor, RegistryUnavailable

PROBLEM_JSON: Final = "application/problem+json"

_log = logging.getLogger("yinjian.http")


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details (RFC 9457). ``field`` says where in the request, and never holds what was sent."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    field: str | None = None
    line: int | None = None
    """The line of a text in which the fault is."""
    challenge: Challenge | None = None
    """The proof of work that is wanted, where it is one."""


class Refused(Exception):
    """A request that cannot be answered, by the table's code."""

    def __init__(
        self,
        code: str,
        *,
        field: str | None = None,
        line: int | None = None,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
        challenge: Challenge | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.line = line
        self.retry_after = retry_after
        self.headers = dict(headers or {})
        self.challenge = challenge


def problem(
    code: str, field: str | None = None, challenge: Challenge | None = None, line: int | None = None
) -> Problem:
    """The problem details of a code."""
    kind = KINDS[code]
    return Problem(
        type=f"urn:yinjian:problem:{code}",
        title=kind.title,
        status=kind.status,
        detail=kind.detail,
        code=code,
        field=field,
        line=line,
        challenge=challenge,
    )


_HTTP_CODES: Final = {404: "no_such_address", 405: "method_not_allowed", 413: "too_large", 429: "rate_limited"}
_RETRY_AFTER: Final = 10
"""Seconds after which the registry may be worth asking again."""


def of(error: Exception) -> Refused:
    """What to tell the asker about an error; the operator is told of those that nobody foresaw."""
    match error:
        case Refused():
            return error
        case RegistryUnavailable():
            return Refused("registry_unavailable", retry_after=_RETRY_AFTER)
        case RegisterDamaged():
            _log.error("the register contradicts its signatures: %s (%s)", error.code, error.detail)
            return Refused("register_damaged", retry_after=_RETRY_AFTER)
        case BadCursor():
            return Refused("bad_cursor")
        case NotFoundException():
            return Refused("no_such_address")
        case InternalServerException(detail="client disconnected prematurely"):
            return Refused("bad_request")  # nobody hears it, and nothing is wrong here
        case HTTPException() if error.status_code < 500:
            return Refused(_HTTP_CODES.get(error.status_code, "bad_request"))
    # No message and no values: they might hold what was asked.
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    where = " < ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(frames))
    _log.error("unforeseen %s at %s", type(error).__name__, where)
    return Refused("internal")


def headers_of(refused: Refused, error: Exception) -> dict[str, str]:
    """The headers that an error's answer carries."""
    headers = {"Cache-Control": "no-store"} | refused.headers
    if refused.retry_after is not None:
        headers["Retry-After"] = str(refused.retry_after)
    if isinstance(error, MethodNotAllowedException) and error.headers:
        headers["Allow"] = error.headers.get("allow", "")
    return headers


def as_json(refused: Refused, headers: dict[str, str]) -> Response[bytes]:
    """The answer for programs."""
    told = problem(refused.code, refused.field, refused.challenge, refused.line)
    return Response(msgspec.json.encode(told), status_code=told.status, media_type=PROBLEM_JSON, headers=headers)


_FOR_PROGRAMS: Final = ("/api/", "/.well-known/", "/health/", "/static/", "/log/", "/status/", "/metrics")


def for_programs(request: Request[Any, Any, Any]) -> bool:
    """Whether the asker is a program: by the address, or because it would rather have JSON than HTML."""
    path = state.of(request.scope).path + "/"
    return path.startswith(_FOR_PROGRAMS) or wants_json(request)


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Whether Accept ranks JSON above HTML."""
    return _ranks_json(state.of(request.scope).accept)


@functools.lru_cache(maxsize=1024)
def _ranks_json(field: str) -> bool:
    wanted = max(accept.wish(field, "application/json"), accept.wish(field, PROBLEM_JSON))
    return wanted > accept.wish(field, "text/html")
