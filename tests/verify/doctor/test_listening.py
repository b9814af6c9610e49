"""The doctor at the service's own address: it answers there, could, or something else does."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import cast

import pytest

from verify.doctor import listening
from verify.doctor.finding import Finding
from verify.service.settings import Settings

OK = (200, "application/json", b'{"status":"ok"}')
PROBLEM = (503, "application/problem+json", b'{"code":"registry_unavailable"}')
OTHER = (200, "text/html", b"It works!")


@contextlib.contextmanager
def answering(answer: tuple[int, str, bytes]) -> Iterator[int]:
    """A program on this machine, by its port."""
    status, media_type, body = answer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        yield server.server_port
        thread.join()


def found(host: str, port: int, metrics: tuple[str, int] | None = None) -> list[Finding]:
    """What the doctor finds there."""
    return list(listening.examine(cast(Settings, SimpleNamespace(host=host, port=port, metrics=metrics))))


@pytest.mark.parametrize(
    ("answer", "result", "words"),
    [
        (OK, "sound", "The service answers"),
        (PROBLEM, "wrong", "can give no verdict now"),
        (OTHER, "wrong", "Another program"),
    ],
)
def test_who_answers_is_told_apart(
    answer: tuple[int, str, bytes], result: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service, ready or not, and another program that has its port."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with answering(answer) as port:
        (finding,) = found("127.0.0.1", port)
    assert (finding.check, finding.result) == ("address", result)
    assert words in finding.found


def test_a_program_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is waited for beyond some seconds."""
    monkeypatch.setattr(listening, "_SECONDS", 0.05)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (finding,) = found("127.0.0.1", silent.getsockname()[1])
    assert (finding.result, "does not answer" in finding.found) == ("wrong", True)


def test_an_address_where_nothing_listens_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of this machine's is sound; another's is wrong, as the service could not start there."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert [one.result for one in found("127.0.0.1", port)] == ["sound"]
    finding = listening._could_listen("192.0.2.1", port, "192.0.2.1")
    assert (finding.result, finding.found) == ("wrong", "不能在 192.0.2.1 上监听：这不是本机的地址。")


def test_metrics_at_the_public_s_own_address_are_wrong() -> None:
    """They would not be served, or be everybody's."""
    (metrics, _) = found("127.0.0.1", 1, ("127.0.0.1", 1))
    assert (metrics.check, metrics.result) == ("metrics", "wrong")
