"""Routes whose every request is answered by one function of the request: what is the same for all is made at start.

A handler of Litestar's usual kind has its dependencies resolved, its arguments read by a schema and its answer turned
into another for each request, which takes more than judging a certificate does. These are Litestar's own ASGI
handlers, in its router and with its error handlers (ADR 22).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import MethodNotAllowedException
from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler
from litestar.response import Stream
from litestar.types import ExceptionHandlersMap, Receive, Scope, Send

from verify.http.asked import state
from verify.http.asked.state import State

AnyRequest = Request[Any, Any, Any]
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

_JSON: Final = (b"content-type", b"application/json")
_LENGTH: Final = b"content-length"


class Reply(msgspec.Struct, frozen=True):
    """A whole answer, as it is sent."""

    body: bytes
    headers: Headers
    status: int = 200


Work: TypeAlias = Callable[[AnyRequest, State], Awaitable[Reply]]
StreamingWork: TypeAlias = Callable[[AnyRequest, State], Awaitable[Reply | Stream]]


def raw(headers: Mapping[str, str]) -> Headers:
    """Headers as they are sent, their names in lower case."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def as_json(data: Any, headers: Headers = (), status: int = 200) -> Reply:
    """Data as JSON."""
    return json(msgspec.json.encode(data), headers, status)


def json(body: bytes, headers: Headers = (), status: int = 200) -> Reply:
    """JSON that is encoded already."""
    return Reply(body, (_JSON, *headers), status)


def as_sent(response: Response[str] | Response[bytes]) -> Reply:
    """An answer of Litestar's usual kind, which sets no cookie and does nothing afterwards."""
    content = response.content
    body = content.encode() if isinstance(content, str) else content
    media_type = str(response.media_type)
    kind = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    return Reply(body, [(b"content-type", kind.encode("latin-1")), *raw(response.headers)], response.status_code or 200)


HIDDEN: Final = "-"
"""What the router sees in the place of what a path says of a person: it remembers a thousand paths (State.last)."""


class Direct(ASGIRouteHandler):
    """A route. What a last part of its path such as ``{number}`` stands for is in State.last.

    ``most_bytes`` is what a body may have.
    """

    def __init__(
        self, path: str, *, get: Work | None = None, post: StreamingWork | None = None, most_bytes: int = 0
    ) -> None:
        head, brace, _name = path.partition("{")
        super().__init__(head + HIDDEN if brace else path, copy_scope=False)
        self.template: Final = path
        works = {method: work for method, work in (("GET", get), ("POST", post)) if work is not None}
        self.methods: Final = tuple(works)
        self._most_bytes = most_bytes
        self._handlers: ExceptionHandlersMap | None = None
        allowed = {"allow": ", ".join(("OPTIONS", *works))}

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            work = works.get(scope["method"])  # type: ignore[typeddict-item]  # there are no web sockets here
            if work is None:
                raise MethodNotAllowedException(headers=allowed)
            known = state.of(scope)
            scope["path"] = known.path
            scope["path_template"] = path
            request: AnyRequest = Request(scope, receive, send)
            reply = await work(request, known)
            if not isinstance(reply, Reply):  # it ends when the asker goes away: Litestar sees to that
                await reply.to_asgi_response(None, request)(scope, receive, send)
                return
            headers = [*reply.headers, (_LENGTH, b"%d" % len(reply.body))]
            await send({"type": "http.response.start", "status": reply.status, "headers": headers})
            await send({"type": "http.response.body", "body": reply.body, "more_body": False})

        self(answer)

    def resolve_exception_handlers(self) -> ExceptionHandlersMap:
        """Who answers its errors; Litestar asks for each request, and would look through all layers each time."""
        if self._handlers is None:
            self._handlers = super().resolve_exception_handlers()
        return self._handlers

    def resolve_request_max_body_size(self) -> int:
        """What ``Request.body`` takes, in bytes."""
        return self._most_bytes


def parted(path: str, work: StreamingWork) -> HTTPRouteHandler:
    """A GET route whose path has ``Request.path_params`` before its end, which Litestar's ASGI handlers cannot have.

    It takes the request alone, so that there is nothing to resolve.
    """

    @get(path)
    async def answer(request: AnyRequest) -> Response[bytes] | Stream:
        reply = await work(request, state.of(request.scope))
        if not isinstance(reply, Reply):
            return reply
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers}
        kind = headers.pop("content-type")
        return Response(reply.body, media_type=kind, headers=headers, status_code=reply.status)

    return answer
