"""What one connection is told of several requests: each its own answer, and a refusal its own place (ADR 64)."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from uvicorn.server import ServerState

from tests import invented_exam as exam
from tests.http_service import registry, serving
from verify.http.guard.connections import Connections
from verify.http.guard.underway import Underway

GET = b"GET /health/live HTTP/1.1\r\nhost: x\r\n"
LAST = b"connection: close\r\n\r\n"
POST = b"POST /api/v1/verify HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
BODY = b'{"number":"%s"}' % exam.VALID.number.encode()
LENGTH = b"content-length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = b"transfer-encoding: chunked\r\n\r\n%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n"
WISH = b"connection: keep-alive, Upgrade\r\nupgrade: %s\r\n"
_ANSWER = re.compile(rb"HTTP/1\.1 (\d{3}) ")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server whose patience is half a second."""
    connections = Connections(header_seconds=0.5, linger_seconds=0.5, read_seconds=0.5)
    with serving(registry(), connections, Underway(patience=0.5)) as address:
        yield address


def told(url: str, *sent: bytes, half: bool = False) -> bytes:
    """What a connection is told until it ends, of what is sent in these pieces; ``half`` closes its own half then."""
    there = urlsplit(url)
    data = b""
    with socket.create_connection((there.hostname or "", there.port or 0), timeout=10) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for some in sent:
            wire.sendall(some)
        if half:
            wire.shutdown(socket.SHUT_WR)
        while more := wire.recv(65536):
            data += more
    return data


def statuses(answers: bytes) -> list[int]:
    """Of each answer."""
    return [int(found) for found in _ANSWER.findall(answers)]


@pytest.mark.parametrize("wish", [b"websocket", b"h2c", b"TLS/1.0, websocket"])
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((POST, LENGTH), [200]),
        ((POST, CHUNKED + b"\r\n"), [200]),
        ((POST, CHUNKED + b"trailer: x\r\n\r\n"), [200]),
        ((POST, b"expect: 100-continue\r\n" + LENGTH), [100, 200]),
        ((GET, b"\r\n"), [200]),
        ((GET, b"content-length: 2\r\n\r\n{}"), [200]),
        ((GET.replace(b"GET", b"HEAD"), b"\r\n"), [200]),
        ((GET.replace(b"GET", b"OPTIONS"), b"\r\n"), [204]),
        ((POST, b"content-length: 2\r\n\r\n{}"), [400]),
    ],
    ids=["length", "chunked", "trailers", "expect", "get", "get with a body", "head", "options", "no question"],
)
def test_who_wishes_for_another_protocol_is_answered_in_this_one(
    url: str, wish: bytes, asked: tuple[bytes, bytes], expected: list[int]
) -> None:
    """With its body, in one piece, cut behind the head, and behind and before others."""
    head, rest = asked
    whole = head + WISH % wish + rest
    assert statuses(told(url, whole + GET + LAST)) == [*expected, 200]
    assert statuses(told(url, GET + b"\r\n" + whole + whole + GET + LAST)) == [200, *expected, *expected, 200]
    at = whole.index(b"\r\n\r\n") + 4
    for cut in (at - 1, at, at + 1, len(whole)):
        assert statuses(told(url, whole[:cut], whole[cut:] + GET + LAST)) == [*expected, 200]


def test_a_body_behind_a_wish_is_no_request(url: str) -> None:
    """It was taken for the next one, whatever stood in it."""
    inner = GET + LAST
    answers = told(url, POST + WISH % b"h2c" + b"content-length: %d\r\n\r\n" % len(inner) + inner + GET + LAST)
    assert statuses(answers) == [400, 200]
    assert b'"code":"bad_json"' in answers


@pytest.mark.parametrize(
    "wrong",
    [
        b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        b"content-length: 5\r\ncontent-length: 6\r\n\r\n",
        b"transfer-encoding: gzip\r\n\r\n", b"transfer-encoding: chunked\r\n\r\nzz\r\n", b"content-length: x\r\n\r\n",
    ],
    ids=["both", "two", "no end", "no chunk", "no number"],
)  # fmt: skip
def test_a_body_without_a_clear_end_is_refused_with_a_wish_as_without(url: str, wrong: bytes) -> None:
    """The parser's own bounds on framing hold for the head that is read twice."""
    for wish in (b"", WISH % b"websocket"):
        answers = told(url, GET + b"\r\n" + POST + wish + wrong)
        assert statuses(answers) == [200, 400]
        assert b"connection: close" in answers


@pytest.mark.parametrize("target", [b"x:80", b"x.example:443", b"http://x/", b"/health/live"])
def test_nobody_is_connected_to_another_host(url: str, target: bytes) -> None:
    """CONNECT is refused, and what comes behind it is no request."""
    answers = told(url, b"CONNECT " + target + b" HTTP/1.1\r\nhost: x\r\n\r\n" + GET + LAST)
    assert statuses(answers) == [400]


NONSENSE = b"nonsense\r\n\r\n"


@pytest.mark.parametrize(
    ("good", "expected"),
    [
        (GET + b"\r\n", [200]),
        ((GET + b"\r\n") * 3, [200] * 3),
        (GET.replace(b"GET", b"HEAD") + b"\r\n", [200]),
        (POST + LENGTH, [200]),
        (POST + CHUNKED + b"a: b\r\n\r\n", [200]),
        (POST + b"expect: 100-continue\r\n" + LENGTH, [100, 200]),
        (POST + WISH % b"h2c" + LENGTH, [200]),
    ],
    ids=["one", "three", "head", "body", "trailers", "expect", "wish"],
)
@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        (NONSENSE, 400),
        (b"GET nowhere HTTP/1.1\r\n\r\n", 400),
        (GET + b"a b\r\n\r\n", 400),
        (GET + b"a: b\r\n" * 300 + b"\r\n", 431),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nhost: x\r\n\r\n", 431),
        (POST + b"transfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        (POST + CHUNKED + b"a b\r\n\r\n", 400),
    ],
    ids=["nonsense", "address", "header", "headers", "long", "chunk", "trailer"],
)
@pytest.mark.parametrize("half", [False, True])
def test_what_is_refused_takes_nobody_s_answer(
    url: str, good: bytes, expected: list[int], wrong: bytes, status: int, *, half: bool
) -> None:
    """Each request before it has its own, then it is refused, and the connection ends; in one piece and in two.

    Who has closed his own half at the end of it is told the same, or the end alone, but for no request the less.
    """
    for sent in ((good + wrong,), (good, wrong)):
        answers = told(url, *sent, half=half)
        assert statuses(answers) == [*expected, status]
        assert answers.count(b"connection: close") == 1
    assert statuses(told(url, good.replace(b"host: x\r\n", b"host: x\r\nconnection: close\r\n", 1) + wrong))[-1] != 500


def test_whose_own_body_is_wrong_is_told_so_once(url: str) -> None:
    """Before its answer in place of it, behind its answer not at all; each time the connection ends."""
    nowhere = b"POST /nothing HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    assert statuses(told(url, POST + b"transfer-encoding: chunked\r\n\r\n1\r\n{\r\nzz\r\n")) == [400]
    there = urlsplit(url)
    with socket.create_connection((there.hostname or "", there.port or 0), timeout=10) as wire:
        wire.sendall(nowhere)
        answer = b""
        while b'"code"' not in answer and b"</html>" not in answer:
            answer += (more := wire.recv(65536))
            assert more
        wire.sendall(b"zz\r\n")
        while more := wire.recv(65536):
            answer += more
    assert statuses(answer) == [404]


class Near:
    """One connection of a process, by a real transport whose wire takes little, and its other end."""

    def __init__(self, connections: Connections, size: int) -> None:
        self.size = size
        self.go = asyncio.Event()
        self.asked = asyncio.Event()
        self.lost = asyncio.Event()
        self._connections = connections
        near, self.far = socket.socketpair()
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.far.setblocking(False)
        self._near = near

    async def _app(self, scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.asked.set()
            await self.go.wait()
            length = str(self.size).encode()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
            await send({"type": "http.response.body", "body": b"x" * self.size})

    async def begin(self) -> Any:
        """Takes the connection."""
        config = uvicorn.Config(self._app, interface="asgi3", log_config=None, lifespan="off", ws="none")
        config.load()
        lost = self.lost

        class Told(self._connections.protocol()):  # type: ignore[misc]  # made for these connections
            def connection_lost(self, exc: Exception | None) -> None:
                lost.set()
                super().connection_lost(exc)

        loop = asyncio.get_running_loop()
        _, one = await loop.connect_accepted_socket(lambda: Told(config, ServerState(), {}, loop), self._near)
        return one

    async def rest(self) -> bytes:
        """What comes until the end."""
        data = b""
        while more := await asyncio.get_running_loop().sock_recv(self.far, 4096):
            data += more
        return data


@contextlib.asynccontextmanager
async def near(size: int, read_seconds: float = 0.05) -> AsyncIterator[Near]:
    """One connection whose answers have so many bytes."""
    one = Near(Connections(header_seconds=30, linger_seconds=30, read_seconds=read_seconds), size)
    with one.far:
        yield one


ASKED = b"GET / HTTP/1.1\r\nhost: x\r\n"


@pytest.mark.parametrize(
    ("asked", "half", "silent"),
    [
        (ASKED + LAST, False, False),
        (ASKED + LAST, True, False),
        (ASKED + b"\r\n", True, False),
        (ASKED + b"\r\n", False, True),
        (ASKED + b"\r\n" + NONSENSE, False, False),
        (ASKED + b"content-length: 9\r\n" + LAST, False, False),
        (ASKED + b"content-length: 9\r\n" + LAST, True, False),
        (ASKED.replace(b"1.1", b"1.0") + b"\r\n", False, False),
    ],
    ids=["closed", "both", "half", "silent", "nonsense", "before its body", "half a body", "old"],
)
async def test_however_little_is_left_unread_behind_an_end_has_its_time(
    asked: bytes, *, half: bool, silent: bool
) -> None:
    """Less than the 64 KB of which a transport tells: it waited for ever, for who never reads and never closes."""
    async with near(50_000) as connection:
        one = await connection.begin()
        connection.far.send(asked)
        await asyncio.wait_for(connection.asked.wait(), 10)
        connection.go.set()
        await asyncio.sleep(0.01)
        if half:
            connection.far.shutdown(socket.SHUT_WR)
        if silent:
            one.transport.close()
        await asyncio.wait_for(connection.lost.wait(), 10)


async def test_who_reads_what_is_left_has_all_of_it() -> None:
    """Within its time, whatever was closed before."""
    async with near(50_000, read_seconds=20) as connection:
        await connection.begin()
        connection.far.send(ASKED + LAST)
        connection.go.set()
        await asyncio.wait_for(connection.asked.wait(), 10)
        assert (await asyncio.wait_for(connection.rest(), 10)).endswith(b"x" * 50_000)
        await asyncio.wait_for(connection.lost.wait(), 10)


@pytest.mark.parametrize("times", [1, 3])
async def test_who_has_closed_his_own_half_is_answered(times: int) -> None:
    """His end says that no more is asked, and not that nobody listens; what he did not end is no request."""
    async with near(10, read_seconds=20) as connection:
        await connection.begin()
        connection.far.send((ASKED + b"\r\n") * times + ASKED)
        await asyncio.wait_for(connection.asked.wait(), 10)
        connection.far.shutdown(socket.SHUT_WR)
        await asyncio.sleep(0.01)
        connection.go.set()
        answers = await asyncio.wait_for(connection.rest(), 10)
        assert statuses(answers) == [200] * times
        await asyncio.wait_for(connection.lost.wait(), 10)
