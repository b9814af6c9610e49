"""The outermost layer of the service: what holds for every request and answer, whatever route it has.

It gives each request its one ``now``, its client and its language, counts it against the client's allowance,
answers HEAD as GET without a body and If-None-Match with 304, adds the headers that every answer has, and notes each
for the access log.
"""

import asyncio
import functools
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from verify.files.findings import MAX_BYTES
from verify.http.access_log import AccessLog, Line, Logged
from verify.http.answers import problems
from verify.http.answers.direct import HIDDEN
from verify.http.answers.problems import Refused
from verify.http.answers.response import PIECE, Answer
from verify.http.asked import escapes, language, state
from verify.http.asked.accept import LONGEST
from verify.http.asked.clients import client_address
from verify.http.asked.state import State, Trees
from verify.http.guard.giving_way import GivingWay
from verify.http.guard.lane import Lane
from verify.http.guard.limits import RATES, Budget, Limiter
from verify.http.guard.underway import Underway
from verify.service.settings import Network

Clock = Callable[[], float]
Complaint = Callable[[Request[Any, Any, Any], Exception], Any]

_FREE: Final = ("/static/", "/health/")
_LOOKUPS: Final = ("/lookup", "/api/v1/lookup")
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
)
_APART: Final = frozenset(("/Q", "/q", "/c", "/api/v1/certificates", "/pass-lists"))
"""Where the rest of the path is a QR code's digits, a certificate's number or an exam's code."""
_MOST_PARAMETERS: Final = 50
_FREE_KILOBYTES: Final = 64
"""Bodies that count as questions alone."""
_PACE: Final = 64 << 20
"""Bytes a second of all large answers together."""
_SEEN_AS: Final = {"HEAD": "GET", "OPTIONS": "-"}
"""What the routes see: HEAD is a GET without a body, and OPTIONS a method that none takes, so that they tell theirs."""
_SLASHES: Final = re.compile("/{2,}")
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Edge:
    """The ASGI application around the routes."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limiter: Limiter,
        complain: Complaint,
        trees: Trees,
        clock: Clock = time.time,
        ticks: Clock = time.monotonic,
        proxies: Sequence[Network] = (),
        secure: bool = False,
        underway: Underway | None = None,
        access_log: AccessLog | None = None,
    ) -> None:
        self._app = app
        self._log = access_log or Logged()
        self._limiter = limiter
        self._complain = complain
        self._clock = clock
        self._ticks = ticks
        self._proxies = proxies
        self._underway = underway or Underway()
        self._trees = trees
        self._giving_way = GivingWay()
        self._sending = Lane()
        self._headers = (*_HEADERS, _HSTS) if secure else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        method: str = scope["method"]
        path, last, routed = _parted(scope["path"])
        headers = dict(scope["headers"])
        asks = scope["query_string"]
        crowded = asks.count(b"&") >= _MOST_PARAMETERS
        query = escapes.query(asks) if asks and not crowded else {}
        asked = language.known(query["lang"][-1]) if "lang" in query else None
        known = State(
            now=int(self._clock()),
            client=self._client(scope),
            language=asked or language.negotiate(headers.get(b"accept-language", b"").decode("latin-1")),
            switched=asked,
            trees=self._trees,
            path=path,
            last=last,
            accept=headers.get(b"accept", b"")[:LONGEST].decode("latin-1"),
            head=method == "HEAD",
            known=headers.get(b"if-none-match", b"")[:LONGEST],
            query=query,
        )
        inner: Any = {**scope, "method": _SEEN_AS.get(method, method), "path": routed}
        state.put(inner, known)
        answer = Answer(send, self._headers, method, known.known, lambda: self._pace(known.client))
        try:
            if crowded:
                raise Refused("bad_request", field="query")
            if len(headers.get(b"content-type", b"")) > LONGEST:
                raise Refused("bad_request", field="content-type")
            await self._answer(inner, receive, answer.send, headers)
        except Exception as error:  # noqa: BLE001 -- the server would log it with its message, which may hold what was asked
            await self._answer_late(inner, receive, answer, error)
        if not path.startswith(_FREE):
            self._giving_way.sent(known.client, answer.sent)
        took = (time.perf_counter() - began) * 1000
        self._log.note(Line(time.time(), method, inner.get("path_template", "-"), answer.status, took))

    async def _pace(self, client: str) -> None:
        """Waits until a piece of a large answer may be sent: one at a time, whose client has had least lately."""
        async with self._sending.turn(client):
            await asyncio.sleep(PIECE / _PACE)

    def _client(self, scope: Any) -> str:
        peer = scope["client"]
        if not self._proxies:
            return _direct_client(peer[0] if peer else None)
        forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return client_address(peer[0] if peer else None, forwarded, self._proxies)

    async def _answer(
        self,
        scope: Any,
        receive: Receive,
        send: Callable[[Message], Awaitable[None]],
        headers: Mapping[bytes, bytes],
    ) -> None:
        client = state.of(scope).client
        said = headers.get(b"content-length", b"").lstrip(b"0")  # of which int() takes no more than some thousand
        length = int(said) if said.isdigit() else 0
        size = length or (MAX_BYTES if said or b"transfer-encoding" in headers else 0)  # of no said length: the most
        budget = _budget(scope)
        if budget:
            taken = await self._limiter.take(budget, client, self._ticks())
            if not await self._giving_way.turn(client, taken, size) or taken.wait:
                await self._refuse(scope, receive, send, Refused("rate_limited", retry_after=taken.wait or 1))
                return
        if not size:
            await self._app(scope, receive, send)
            return
        if wait := await self._wait_for_bytes(client, size):
            await self._refuse(scope, receive, send, Refused("rate_limited", retry_after=wait))
            return
        async with self._underway.begin(client, length) as body:
            await self._app(scope, body.of(receive), send)

    async def _wait_for_bytes(self, client: str, size: int) -> int:
        """Seconds to wait for the allowance of bytes."""
        if size >> 10 <= _FREE_KILOBYTES:
            return 0
        cost = min(size >> 10, RATES["kilobytes"].burst)
        return (await self._limiter.take("kilobytes", client, self._ticks(), cost=cost)).wait

    async def _answer_late(self, scope: Any, receive: Receive, answer: Answer, error: Exception) -> None:
        """After an error that no route and no handler caught. An answer that has begun is broken off by the server."""
        if answer.status:
            problems.of(error)
        else:
            await self._refuse(scope, receive, answer.send, error)

    async def _refuse(self, scope: Any, receive: Receive, send: Send, error: Exception) -> None:
        scope["litestar_app"] = self._app
        request: Request[Any, Any, Any] = Request(scope, receive)
        try:
            response = self._complain(request, error)
        except Exception as fault:  # noqa: BLE001 -- not even the page that says so could be made
            response = problems.as_json(problems.of(fault), {"Cache-Control": "no-store"})
        await response.to_asgi_response(None, request)(scope, receive, send)


@functools.lru_cache(maxsize=4096)
def _direct_client(peer: str | None) -> str:
    """The client of a connection behind no proxy."""
    return client_address(peer, (), ())


def _parted(path: str) -> tuple[str, str, str]:
    """A path in its one form, what it says of a person, and what the router sees: it remembers paths for a while."""
    if "//" in path:
        path = _SLASHES.sub("/", path)
    if len(path) > 1 and path[-1] == "/":
        path = path.rstrip("/") or "/"
    head, _, last = path.rpartition("/")
    return (path, last, f"{head}/{HIDDEN}") if head in _APART and last else (path, "", path)


def _budget(scope: Any) -> Budget | None:
    path = scope["path"]
    if path.startswith(_FREE):
        return None
    return "lookup" if path.rstrip("/") in _LOOKUPS and scope["method"] == "POST" else "ask"
