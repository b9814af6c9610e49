"""The outermost layer of the service: what holds for every request and answer, whatever route it has.

It gives each request its one ``now``, its client and its language, counts it against the client's allowance,
answers HEAD as GET without a body and If-None-Match with 304, adds the headers that every answer has, and writes
the access log, which knows routes and never addresses, names or numbers.
"""

import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from urllib.parse import parse_qs

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from verify.http import words
from verify.http.clients import client_address
from verify.http.limits import Budget, Limiter
from verify.http.problems import Refused
from verify.settings import Network

Clock = Callable[[], float]
Complaint = Callable[[Request[Any, Any, Any], Exception], Any]

_log = logging.getLogger("yinjian.access")

_FREE: Final = ("/static/", "/health/", "/metrics")
_LOOKUPS: Final = ("/lookup", "/api/v1/lookup")
_PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
)
_SEEN_AS: Final = {"HEAD": "GET", "OPTIONS": "-"}
"""What the routes see: HEAD is a GET without a body, and OPTIONS a method that none takes, so that they tell theirs."""
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class Edge:
    """The ASGI application around the routes."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        limiter: Limiter,
        complain: Complaint,
        clock: Clock = time.time,
        ticks: Clock = time.monotonic,
        proxies: Sequence[Network] = (),
        secure: bool = False,
    ) -> None:
        self._app = app
        self._limiter = limiter
        self._complain = complain
        self._clock = clock
        self._ticks = ticks
        self._proxies = proxies
        self._headers = (*_HEADERS, _HSTS) if secure else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        method: str = scope["method"]
        inner: Any = {**scope, "method": _SEEN_AS.get(method, method)}
        headers = dict(scope["headers"])
        inner["state"] = {**scope.get("state", {})}
        peer = scope["client"]
        inner["state"]["now"] = int(self._clock())
        inner["state"]["client"] = client_address(
            peer[0] if peer else None,
            [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"],
            self._proxies,
        )
        asked = words.known(parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[-1])
        inner["state"]["asked_language"] = asked
        inner["state"]["language"] = asked or words.negotiate(headers.get(b"accept-language", b"").decode("latin-1"))
        answer = _Answer(send, self._headers, method, known=headers.get(b"if-none-match"))
        await self._answer(inner, receive, answer.send)
        took = (time.perf_counter() - began) * 1000
        _log.info("%s %s %d %.1fms", method, inner.get("path_template", "-"), answer.status, took)

    async def _answer(self, scope: Any, receive: Receive, send: Callable[[Message], Awaitable[None]]) -> None:
        budget = _budget(scope)
        wait = (await self._limiter.take(budget, scope["state"]["client"], self._ticks())).wait if budget else 0
        if wait:
            scope["litestar_app"] = self._app
            request: Request[Any, Any, Any] = Request(scope, receive)
            response = self._complain(request, Refused("rate_limited", retry_after=wait))
            await response.to_asgi_response(None, request)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _budget(scope: Any) -> Budget | None:
    path = scope["path"]
    if path.startswith(_FREE):
        return None
    return "lookup" if path.rstrip("/") in _LOOKUPS and scope["method"] == "POST" else "ask"


class _Answer:
    """What is sent on behalf of one request."""

    def __init__(self, send: Send, headers: Sequence[tuple[bytes, bytes]], method: str, known: bytes | None) -> None:
        self._send = send
        self._headers = headers
        self._bare = method == "HEAD"
        self._options = method == "OPTIONS"
        self._known = known
        self._held: Any = None
        """The start of a public answer, until its whole body is there to make an ETag of."""
        self.status = 0

    async def send(self, message: Message) -> None:
        """Passes on one ASGI message."""
        if message["type"] == "http.response.start":
            if _may_be_tagged(message):
                self._held = message
            else:
                await self._send(self._start(message))
            return
        if self._held is not None:
            held, self._held = self._held, None
            if not message.get("more_body", False):
                body: Any = message.get("body", b"")
                tag = hashlib.sha256(body).hexdigest()[:24]
                held = {**held, "headers": [*held["headers"], (b"etag", f'"{tag}"'.encode())]}
            await self._send(self._start(held))
        if not self._bare:
            await self._send(message)
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def _start(self, message: Any) -> Any:
        headers = list(message["headers"])
        present = {name.lower(): value for name, value in headers}
        headers.extend((name, value) for name, value in self._headers if name not in present)
        if b"content-security-policy" not in present:
            is_page = present.get(b"content-type", b"").startswith(b"text/html")
            headers.append((b"content-security-policy", (_PAGE_POLICY if is_page else _DATA_POLICY).encode()))
        if b"cache-control" not in present:
            headers.append((b"cache-control", b"no-store"))
        if b"allow" in present:
            headers = [(name, _with_head(value) if name.lower() == b"allow" else value) for name, value in headers]
        self.status = message["status"]
        etag = present.get(b"etag")
        if self.status == 200 and etag is not None and self._known is not None and _matches(self._known, etag):
            self.status = 304
        elif self.status == 405 and self._options:
            self.status = 204
        if self.status in (204, 304):
            self._bare = True
            headers = [pair for pair in headers if pair[0].lower() not in (b"content-length", b"content-type")]
        return {**message, "status": self.status, "headers": headers}


def _may_be_tagged(start: Any) -> bool:
    """Whether an answer is public, whole and without an ETag yet."""
    headers = dict(start["headers"])
    return (
        start["status"] == 200 and headers.get(b"cache-control", b"").startswith(b"public") and b"etag" not in headers
    )


def _with_head(allow: bytes) -> bytes:
    """An Allow header that owns up to HEAD."""
    methods = {method.strip() for method in allow.decode("latin-1").split(",")}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set()))).encode("latin-1")


def _matches(header: bytes, etag: bytes) -> bool:
    """Whether If-None-Match names the ETag, by the weak comparison (RFC 9110 section 13.1.2)."""
    tags = [tag.strip().removeprefix(b"W/") for tag in header.split(b",")]
    return b"*" in tags or etag.removeprefix(b"W/") in tags
