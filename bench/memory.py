"""The most memory that a piece of work has at once."""

import contextlib
import multiprocessing
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

import psutil

_R = TypeVar("_R")


class Memory:
    """The most that this process and its workers had at once, in bytes: what is shared counts once (PSS)."""

    def __init__(self) -> None:
        self.most = 0

    def _look(self) -> None:
        me = psutil.Process()
        with contextlib.suppress(psutil.Error):
            together = sum(one.memory_full_info().pss for one in [me, *me.children(recursive=True)])
            self.most = max(self.most, together)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Looks every quarter of a second while the work goes on."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.25):
                self._look()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def apart(work: Callable[..., _R], *arguments: object) -> tuple[_R, int]:
    """Does it in a new process, which has nothing of what was measured before; its result, and the most MiB it had."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_watched, work, arguments).result()


def _watched(work: Callable[..., _R], arguments: Sequence[object]) -> tuple[_R, int]:
    memory = Memory()
    with memory.watched():
        result = work(*arguments)
    return result, memory.most >> 20
