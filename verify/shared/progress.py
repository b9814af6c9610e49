"""How a step tells how far it is: one small protocol, and the bars and lines that commands show for it."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol, TextIO

import click


class Advance(Protocol):
    """Says that ``steps`` more are done."""

    def __call__(self, steps: int = 1) -> None:
        """Moves the bar on."""


class Progress(Protocol):
    """Is told of a piece of work as it begins and ends; steps take one and know nothing of screens."""

    def __call__(self, what: str, total: int | None = None, /) -> AbstractContextManager[Advance]:
        """A piece of work called ``what``, of ``total`` steps; None where they cannot be counted.

        Not counted is no work that starts processes by forking: it may be told of from a thread.
        """


@contextlib.contextmanager
def silent(_what: str, _total: int | None = None) -> Iterator[Advance]:
    """Tells nobody."""
    yield _nothing


@contextlib.contextmanager
def shown(what: str, total: int | None = None, stream: TextIO | None = None) -> Iterator[Advance]:
    """Shows on standard error how far a piece of work is, once it has taken a second.

    A terminal gets a bar with rate and time left; a file or pipe gets a line every ten seconds.
    """
    target = stream or sys.stderr
    if total is None:
        with _working(what, target):
            yield _nothing
        return
    show = _Bar(what, total, target) if target.isatty() else _Lines(what, total, target)
    try:
        yield show
    finally:
        show.end()


def _nothing(steps: int = 1) -> None:
    """Counts nothing."""


@contextlib.contextmanager
def _working(what: str, target: TextIO) -> Iterator[None]:
    shown = contextlib.ExitStack()
    timer = threading.Timer(1, _show_working, (what, target, shown))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        shown.close()


def _show_working(what: str, stream: TextIO, shown: contextlib.ExitStack) -> None:
    if not stream.isatty():
        click.echo(f"{what} …", file=stream)
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    bar = shown.enter_context(Progress(*columns, console=Console(file=stream), transient=True))
    bar.add_task(what, total=None)


class _Bar:
    def __init__(self, what: str, total: int, stream: TextIO) -> None:
        self._what = what
        self._total = total
        self._stream = stream
        self._begun = time.monotonic()
        self._done = 0
        self._bar: Any = None
        self._task: Any = None

    def __call__(self, steps: int = 1) -> None:
        self._done += steps
        if self._bar is None and time.monotonic() - self._begun > 1:
            self._start()
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done)

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
        self._bar = Progress(*columns, TimeRemainingColumn(), console=Console(file=self._stream), transient=True)
        self._task = self._bar.add_task(self._what, total=self._total, rate="")
        self._bar.start()

    def end(self) -> None:
        if self._bar is not None:
            self._bar.stop()


class _Lines:
    def __init__(self, what: str, total: int, stream: TextIO) -> None:
        self._what = what
        self._total = total
        self._stream = stream
        self._begun = time.monotonic()
        self._next = self._begun + 1
        self._done = 0

    def __call__(self, steps: int = 1) -> None:
        self._done += steps
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 10
            rate = self._done / (now - self._begun)
            click.echo(f"{self._what}: {self._done:,}/{self._total:,} ({rate:,.0f}/s)", file=self._stream)

    def end(self) -> None:
        """Lines need no clearing away."""
