"""Connections and bodies by a real server: who sends slowly, reads slowly, or takes more than a share."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.http_service import registry, serving
from verify.http.guard import lingering
from verify.http.guard.connections import HEADER_BYTES, Connections, Guarded
from verify.http.guard.kept_alive import BEHIND
from verify.http.guard.underway import Underway
from verify.service.settings import _networks

HEAD = b"POST /api/v1/verify HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"


@contextlib.contextmanager
def hurried(
    of_address: int = 50, in_all: int = 100, underway: Underway | None = None
) -> Iterator[tuple[str, Connections]]:
    """A server whose patience is half a second."""
    connections = Connections(of_address, in_all, header_seconds=0.5, linger_seconds=0.5, read_seconds=0.5)
    bodies = underway or Underway(patience=0.5)
    with serving(registry(), connections, bodies) as url:
        yield url, connections


_OPEN: list[socket.socket] = []


@pytest.fixture(autouse=True)
def no_socket_left() -> Iterator[None]:
    """Closes what a test left open."""
    yield
    while _OPEN:
        _OPEN.pop().close()


def connected(url: str, source: str = "127.0.0.1") -> socket.socket:
    """A connection from one of this machine's own addresses."""
    there = urlsplit(url)
    wire = socket.create_connection((there.hostname or "", there.port or 0), timeout=10, source_address=(source, 0))
    _OPEN.append(wire)
    return wire


def rest(wire: socket.socket) -> bytes:
    """What comes until the other end closes."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while more := wire.recv(65536):
            data += more
    return data


def dripped(wire: socket.socket, part: bytes) -> None:
    """Sends a byte again and again until the other end closes."""
    for _ in range(200):
        try:
            wire.sendall(part)
        except OSError:
            return
        wire.settimeout(0.05)
        with contextlib.suppress(TimeoutError, ConnectionError):
            if wire.recv(1, socket.MSG_PEEK) is not None:
                wire.settimeout(10)
                return
        wire.settimeout(10)


@pytest.mark.parametrize(
    ("sent", "drip", "told"),
    [
        (b"", b"", b""),
        (b"GET / HT", b"", b""),
        (b"GET / HTTP/1.1\r\nhost: x\r\nx: y", b"", b" 408 "),
        (b"GET / HTTP/1.1\r\nhost: x\r\nx: y", b"y", b" 408 "),
        (b"", b"\r\n", b""),
        (b"GET / HTTP/1.1\r\n", b"a: b\r\n", b" 408 "),
        (HEAD + b"content-length: 100\r\n\r\n", b"", b" 408 "),
        (HEAD + b"content-length: 100\r\n\r\n{", b" ", b" 408 "),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n", b" 408 "),
        (HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n", b" 408 "),
        (b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n", b"\r\n", b" 200 "),
        (b"POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n", b" ", b" 404 "),
        (b"POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: %s9\r\n\r\n" % (b"0" * 5000), b" ", b" 404 "),
    ],
)
def test_who_sends_half_a_request_is_let_go(sent: bytes, drip: bytes, told: bytes) -> None:
    """Nothing, half a line, half a header, half a body, and each byte by byte: over soon, and told where it can be."""
    with hurried() as (url, connections), connected(url) as wire:
        wire.sendall(sent)
        if drip:
            dripped(wire, drip)
        answer = rest(wire)
        assert told in answer if told else answer in (b"", answer)
        for _ in range(100):
            if not connections.count:
                break
            time.sleep(0.05)
        assert connections.count == 0


def test_what_comes_behind_an_answer_is_thrown_away_slowly() -> None:
    """Of a body that was refused by its header no more is read than a piece now and then until it is over."""
    with hurried() as (url, _connections), connected(url) as wire:
        wire.sendall(b"POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 900000000\r\n\r\n")
        assert b" 429 " in wire.recv(1 << 16)
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 256 << 20:
                sent += wire.send(b"x" * (1 << 16))
        assert sent < 32 << 20  # two pieces, and what lies in the wires' buffers


@pytest.mark.parametrize("last", [b"connection: close\r\n", b""], ids=["last", "kept"])
def test_who_is_answered_before_all_was_sent_may_send_it_and_is_not_cut_off(last: bytes) -> None:
    """The answer is there before the body, which comes whole, and then an end in order, whoever says it."""
    with hurried() as (url, _), connected(url) as wire:
        wire.sendall(
            b"POST /nothing HTTP/1.1\r\nhost: x\r\naccept: application/json\r\n"
            + last
            + b"content-length: 50000\r\n\r\n"
        )
        answer = b""
        while not answer.endswith(b"}"):
            answer += (more := wire.recv(65536))
            assert more
        assert b" 404 " in answer
        for _ in range(5):
            wire.sendall(b"x" * 10_000)
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(65536) == b""


@pytest.mark.parametrize("last", [b"connection: close\r\n", b""], ids=["last", "kept"])
@pytest.mark.parametrize(("path", "status"), [(b"/nothing", b"404"), (b"/upload", b"400"), (b"/api/v1/verify", b"413")])
def test_who_sends_head_and_body_in_one_go_is_heard_out(
    path: bytes, status: bytes, last: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As most programs do, which read no answer before all is sent: reading had stopped at the body's first part."""
    monkeypatch.setattr(lingering, "LINGER_PAUSE", 0.02)
    body = b"a&" * (8 << 20)
    with hurried() as (url, _), connected(url) as wire:
        wire.sendall(
            b"POST " + path + b" HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
            b"accept: application/json\r\n" + last + b"content-length: %d\r\n\r\n" % len(body) + body
        )
        assert wire.recv(65536).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + b"a" * 2 * HEADER_BYTES + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * HEADER_BYTES + b"\r\n",
        b"GET / HTTP/1.1\r\na: " + b"b" * 40 * HEADER_BYTES,
        b"GET / HTTP/1.1\r\n" + b"a" * 40 * HEADER_BYTES,
        HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * HEADER_BYTES,
    ],
    ids=["address", "headers", "value", "name", "trailers"],
)
def test_headers_have_an_end(sent: bytes) -> None:
    """However they are long, the parser keeps no more of them than a bound."""
    with hurried() as (url, _), connected(url) as wire:
        with contextlib.suppress(ConnectionError):
            wire.sendall(sent)
        answer = rest(wire)
        assert not answer or b" 431 " in answer or b" 400 " in answer
        assert httpx.get(f"{url}/health/live").status_code == 200


def test_a_header_and_an_address_count_for_what_they_cost() -> None:
    """128 headers of whatever length, or an address of 4 KB, of which each third byte may be an escape."""
    with hurried() as (url, _):
        for fields, address, status in ((100, 10, 200), (130, 10, 431), (5, 3600, 200), (5, 4200, 431)):
            ask = b"GET /health/live?" + b"a" * address + b" HTTP/1.1\r\nhost: x\r\n" + b"a:\r\n" * fields
            with connected(url) as wire:
                wire.sendall(ask + b"connection: close\r\n\r\n")
                assert b" %d " % status in rest(wire)[:20]


def test_nonsense_is_told_as_a_problem() -> None:
    """What is no HTTP gets problem details, too."""
    with hurried() as (url, _), connected(url) as wire:
        wire.sendall(b"nonsense\r\n\r\n")
        answer = rest(wire)
    assert b" 400 " in answer
    assert b'"code":"bad_request"' in answer


def test_who_does_not_read_an_answer_is_let_go_and_who_reads_slowly_is_not() -> None:
    """An answer larger than the wire's buffers: read in pieces it comes whole, unread its connection ends."""
    with hurried() as (url, connections):
        ask = b"GET /static/site.css HTTP/1.1\r\nhost: x\r\n\r\n" * 400
        with connected(url) as wire:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with contextlib.suppress(ConnectionError):
                wire.sendall(ask)
            for _ in range(100):
                time.sleep(0.05)
                if not connections.count:
                    break
            assert connections.count == 0
        assert httpx.get(f"{url}/static/site.css").status_code == 200


def test_one_address_has_its_share_of_connections_and_others_find_room() -> None:
    """Beyond its share an address loses its oldest idle ones; where all are taken, the address with most does."""
    with hurried(of_address=10, in_all=15) as (url, connections):
        for _ in range(30):
            connected(url, "127.2.0.1")
        for _ in range(100):
            time.sleep(0.01)
            if connections.count == 10:
                break
        assert connections.count == 10
        others = [connected(url, f"127.1.0.{at}") for at in range(1, 9)]
        for wire in others:
            wire.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
            assert b" 200 " in wire.recv(65536)
        assert connections.count <= 15


def test_nothing_is_kept_of_who_was_not_let_in() -> None:
    """While all places are taken, each further address is refused, and leaves nothing behind."""
    connections = Connections(of_address=1, in_all=1)
    first: Any = object()
    assert connections.admit(first, "192.0.2.1")
    for last in range(2, 50):
        assert not connections.admit(object(), f"192.0.2.{last}")  # type: ignore[arg-type]  # it is never looked at
    assert list(connections._by_address) == ["192.0.2.1"]
    assert connections.count == 1


def test_a_trusted_proxy_may_have_as_many_connections_as_it_wants() -> None:
    """It speaks for many clients; they are told apart where their requests are."""
    connections = Connections(1, 1, proxies=_networks("127.0.0.0/8,2001:db8::/32"))
    assert connections.key("127.0.0.1") is None
    assert connections.key("2001:db8::5") is None
    assert connections.key(None) is None
    assert connections.key("::ffff:192.0.2.1") == connections.key("192.0.2.1") == "192.0.2.1"
    assert connections.key("2001:db9::1") == "2001:db9::/56"
    assert issubclass(connections.protocol(), Guarded)


def half_sent(url: str, said: int, sent: int, source: str = "127.0.0.1") -> socket.socket:
    """An upload that says more than it sends."""
    wire = connected(url, source)
    wire.sendall(b"POST /upload HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=b\r\n")
    wire.sendall(b"content-length: %d\r\n\r\n" % said)
    wire.sendall(b"x" * sent)
    return wire


def test_one_client_s_uploads_are_counted_before_they_are_taken() -> None:
    """By what their headers say, though nothing of them has come; another client's are taken."""
    underway = Underway(of_client=20 << 20, patience=5)
    with hurried(underway=underway) as (url, _):
        for _ in range(2):
            half_sent(url, 9 << 20, 10, "127.2.0.1")
        time.sleep(0.2)
        with half_sent(url, 9 << 20, 10, "127.2.0.1") as third:
            answer = third.recv(65536)
        with half_sent(url, 100, 100, "127.1.0.1") as other:
            told = other.recv(65536)
    assert b" 429 " in answer
    assert b"retry-after: 10" in answer.lower()
    assert b" 400 " in told


def test_where_all_bodies_are_too_many_the_largest_client_s_oldest_makes_room() -> None:
    """Ten megabytes of one address give way to one of another, and are told so."""
    underway = Underway(of_client=20 << 20, in_all=10 << 20, patience=5)
    with hurried(underway=underway) as (url, _):
        greedy = [half_sent(url, 9 << 20, 3 << 20, "127.2.0.1") for _ in range(2)]
        time.sleep(0.3)
        transport = httpx.HTTPTransport(local_address="127.1.0.1")
        with httpx.Client(transport=transport) as honest:
            answer = honest.post(f"{url}/upload", files={"other": ("x", b"x" * (5 << 20))})
        told = greedy[0].recv(65536)
        assert answer.status_code == 400
        assert b" 503 " in told
        for wire in greedy:
            wire.close()
        for _ in range(100):
            if not underway.come:
                break
            time.sleep(0.05)
        assert underway.come == 0


_ALONE = """
import time
from tests.http_service import registry, serving
from verify.http.guard.connections import Connections
from verify.http.guard.underway import Underway
with serving(registry(), Connections(), Underway(patience=2)) as url:
    print(url, flush=True)
    input()
"""


def _resident(pid: int) -> int:
    """The process's resident memory in MiB."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text("ascii"))
    assert found
    return int(found[1]) >> 10


def test_the_memory_of_half_sent_uploads_comes_back() -> None:
    """Sixty from one address, nine megabytes each, never finished: soon no more is held than before."""
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", _ALONE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            httpx.get(f"{url}/")
            before = _resident(process.pid)
            with ThreadPoolExecutor(60) as senders:  # at once: what is refused is thrown away slowly
                sent = [senders.submit(half_sent, url, 9_500_000, 9_000_000) for _ in range(60)]
                peak = after = before
                while not all(one.done() for one in sent):
                    peak = max(peak, _resident(process.pid))
                    time.sleep(0.05)
            for _ in range(100):
                time.sleep(0.1)
                if (after := _resident(process.pid)) < before + 40:
                    break
        finally:
            process.kill()
    assert peak < before + 150
    assert after < before + 40


def test_requests_behind_one_another_have_an_end() -> None:
    """Of thousands asked at once as many are answered as may wait, in their order, and the last says that it is."""
    with hurried() as (url, _connections), connected(url) as wire:
        asked = b"GET /health/live?%d HTTP/1.1\r\nhost: x\r\n\r\n"
        with contextlib.suppress(ConnectionError):
            wire.sendall(b"".join(asked % at for at in range(4000)))
        answers = rest(wire).split(b"HTTP/1.1 ")[1:]
        assert [answer[:3] for answer in answers] == [b"200"] * (1 + BEHIND)
        assert [b"connection: close" in answer for answer in answers] == [False] * BEHIND + [True]
    with hurried() as (url, _connections), connected(url) as wire:
        wire.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n" * BEHIND)
        wire.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert rest(wire).count(b" 200 ") == BEHIND + 1
