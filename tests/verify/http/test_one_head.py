"""Heads from remembered lines are those that uvicorn writes, byte for byte."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

import pytest
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from verify.http.answers.one_head import Cycle

Headers = Sequence[tuple[bytes, bytes]]

_DATE: Final = [(b"date", b"Fri, 27 Nov 2026 04:00:00 GMT")]
_JSON: Final = (b"content-type", b"application/json")
_PRIVATE: Final = (b"cache-control", b"no-store")


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        """Keeps it."""
        self.written += data

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def answered(kind: type[RequestResponseCycle], method: str, status: int, headers: Headers, alive: bool) -> object:
    """What one answer is on the wire, and whether its connection goes on; or what was refused."""
    wire: Any = Wire()
    log = logging.getLogger("test")
    cycle = kind(
        scope={"type": "http", "method": method},  # type: ignore[typeddict-item]  # all that is looked at
        transport=wire, flow=FlowControl(wire), logger=log, access_logger=log, access_log=False, default_headers=_DATE,
        message_event=asyncio.Event(), expect_100_continue=False, keep_alive=alive, on_response=lambda: None,
    )  # fmt: skip

    async def send() -> None:
        await cycle.send({"type": "http.response.start", "status": status, "headers": headers})
        await cycle.send({"type": "http.response.body", "body": b"" if status in (204, 304) else b"{}"})

    try:
        asyncio.run(send())
    except RuntimeError as error:
        return str(error)
    return wire.written, cycle.keep_alive, cycle.response_complete


@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize(
    ("method", "status", "headers"),
    [
        ("GET", 200, [_JSON, (b"content-length", b"2"), _PRIVATE, (b"etag", b'"1"')]),
        ("GET", 200, [_JSON, (b"Content-Length", b"2"), (b"X-Other", b"1")]),
        ("GET", 200, [_JSON, (b"content-length", b"2"), (b"content-length", b"2")]),
        ("GET", 200, [_JSON, (b"content-length", b"3")]),
        ("GET", 200, [_JSON, _PRIVATE]),
        ("GET", 200, [_JSON, (b"transfer-encoding", b"chunked")]),
        ("GET", 503, [_JSON, (b"content-length", b"2"), (b"Connection", b"close")]),
        ("HEAD", 200, [_JSON, (b"content-length", b"2")]),
        ("GET", 304, [_PRIVATE]),
        ("GET", 303, [(b"location", b"/c/1\r\nset-cookie: a=b"), (b"content-length", b"0")]),
        ("GET", 200, [(b"content-type", b"text/html\r\nset-cookie: a=b"), (b"content-length", b"2")]),
        ("GET", 200, [(b"x other", b"1"), (b"content-length", b"2")]),
    ],
)
def test_an_answer_is_the_same_as_uvicorns(method: str, status: int, headers: Headers, alive: bool) -> None:
    """With a length, in pieces, for HEAD, as the last of its connection, and with headers that nobody may send."""
    assert answered(Cycle, method, status, headers, alive) == answered(
        RequestResponseCycle, method, status, headers, alive
    )
