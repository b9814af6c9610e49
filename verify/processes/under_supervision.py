"""What the processes that a supervisor starts have alike: standard input is its hand, standard output a word to it.

Standard input brings one line of JSON, and then nothing until it closes, which means that the supervisor is gone.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any, Final

from verify.files.confinement import kernel

READY: Final = b"ready\n"
_TURN: Final = 0.0001
"""Seconds; the shortest turns that Linux gives."""


def run(work: Coroutine[Any, Any, Any]) -> None:
    """Runs the process's work, on uvloop where it is installed.

    It is many short pieces that somebody waits for, so that it asks for short turns at a processor.
    """
    with contextlib.suppress(OSError, AttributeError):  # another system, or a machine that is not known
        kernel.short_turns(_TURN)
    try:
        import uvloop
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


def ready() -> None:
    """Tells the supervisor that this process does its work."""
    sys.stdout.flush()
    os.write(sys.stdout.fileno(), READY)


def over() -> "asyncio.Future[None]":
    """Done when the supervisor is gone, or has ended this process with SIGTERM. A terminal's SIGINT is its business."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def end() -> None:
        if not ended.done():
            ended.set_result(None)

    when_alone(end)
    loop.add_signal_handler(signal.SIGTERM, end)
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    return ended


def when_alone(end: Any) -> None:
    """Calls ``end`` when the supervisor is gone."""
    loop = asyncio.get_running_loop()
    hand = sys.stdin.fileno()

    def look() -> None:
        if not os.read(hand, 4096):
            loop.remove_reader(hand)
            end()

    loop.add_reader(hand, look)
