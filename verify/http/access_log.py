"""The access log: one line for each request, which knows routes and never addresses, names or numbers.

A line is made of what lines have alike, which takes less than giving it to another thread to make, and waits; a thread
writes what has come together in one go, so that no request waits for who reads the log. Where that one is too slow,
lines are left out and counted.
"""

import collections
import contextlib
import datetime
import functools
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Final, Protocol, TextIO

import msgspec

_log = logging.getLogger("yinjian.access")

_PAUSE: Final = 0.2
"""Seconds between two looks at the queue."""
MOST: Final = 50_000
"""Lines that wait."""


class Line(msgspec.Struct, frozen=True):
    """One request and its answer."""

    at: float
    """When it was answered, in seconds since 1970."""
    method: str
    route: str
    status: int
    ms: float
    """How long it took, in milliseconds."""


class AccessLog(Protocol):
    """Takes the lines; must not block."""

    def note(self, line: Line) -> None:
        """Takes one line."""
        ...


class Logged:
    """Passes each line to the loggers at once."""

    def note(self, line: Line) -> None:
        """See AccessLog."""
        _log.info("%s %s %d %.1fms", line.method, line.route, line.status, line.ms)


def as_text(line: Line) -> str:
    """A line for people."""
    return f"{_second(int(line.at))}Z info yinjian.access {line.method} {line.route} {line.status} {line.ms:.1f}ms\n"


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    event: str = "answered"
    method: str
    route: str
    status: int
    level: str = "info"
    logger: str = "yinjian.access"


def as_json(line: Line) -> str:
    """A line for programs, with the names that structured logs have."""
    known = _event(line.method, line.route, line.status)
    second = int(line.at)
    return f'{known},"ms":{line.ms:.1f},"timestamp":"{_second(second)}.{int((line.at - second) * 1000):03d}+00:00"}}\n'


@functools.lru_cache(maxsize=1024)
def _event(method: str, route: str, status: int) -> str:
    """What lines have alike, as JSON without its end: there are few methods, routes and statuses."""
    return msgspec.json.encode(_Event(method=method, route=route, status=status)).decode().removesuffix("}")


@functools.lru_cache(maxsize=4)
def _second(at: int) -> str:
    return datetime.datetime.fromtimestamp(at, datetime.UTC).isoformat().removesuffix("+00:00")


class Written:
    """Writes lines to a stream from a thread of its own."""

    def __init__(self, stream: TextIO, render: Callable[[Line], str] = as_text, most: int = MOST) -> None:
        self._stream = stream
        self._render = render
        self._most = most
        self._waiting: collections.deque[str] = collections.deque()
        self._left_out = 0
        self._over = threading.Event()

    def note(self, line: Line) -> None:
        """See AccessLog."""
        if len(self._waiting) >= self._most:
            self._left_out += 1
            return
        try:
            self._waiting.append(self._render(line))
        except Exception as error:  # noqa: BLE001 -- its request is answered, and so are those behind it
            _log.error("a line of the access log was lost (%s)", type(error).__name__)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Writes while the block runs, and what is left at its end."""
        thread = threading.Thread(target=self._run, name="access log", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _run(self) -> None:
        over = False
        while not over:
            over = self._over.wait(_PAUSE)
            try:
                self.write()
            except Exception as error:  # noqa: BLE001 -- a thread that ended would leave every later line unsaid
                _log.error("lines of the access log were lost (%s)", type(error).__name__)

    def write(self) -> None:
        """Writes what waits."""
        texts = []
        with contextlib.suppress(IndexError):  # there is none left
            while True:
                texts.append(self._waiting.popleft())
        left_out, self._left_out = self._left_out, 0
        if texts:
            try:
                self._stream.write("".join(texts))
                self._stream.flush()
            except (OSError, ValueError):  # a full disk, or nobody reads it any more: said once that is over
                self._left_out += left_out + len(texts)
                return
        if left_out:
            _log.warning("%d lines of the access log were left out: nobody took them, or not fast enough", left_out)
