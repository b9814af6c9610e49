"""Work spread over the processors: by forked processes that inherit what they need, signers included, or by fresh ones.

A signer cannot be sent to another process, but a forked one has it. Only Linux is forked on: Windows has no fork, and
macOS's own libraries do not bear one. There, what may be sent goes to fresh processes where there is much of it, and
everything else is done in this process. A worker ends when its parent does: all that a forked one holds is the writing
end of a pipe that nobody reads any more.
"""

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, Final, TypeVar, cast

from signing.messages import _
from verify.shared import fresh_workers
from verify.shared.command import Refusal
from verify.shared.progress import Advance

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Sequence[T]], list[R]]

_CHUNK: Final = 200
_LEAST_SENT: Final = 2_000
"""Of fewer, a fresh interpreter costs more than it saves."""
_AHEAD: Final = 4
"""Chunks that a fresh process has before it, beside the one it works on."""


def processors() -> int:
    """How many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(work: Work[T, R], items: Sequence[T], advance: Advance) -> list[R]:
    """``work`` done on all ``items`` in pieces, see ``streamed``; the results in the items' order."""
    return list(streamed(work, items, advance))


def streamed(
    work: Work[T, R], items: Sequence[T], advance: Advance, *, sendable: bool = False
) -> Generator[R, None, None]:
    """``work`` done on all ``items`` in pieces; the results in the items' order, as they come.

    ``work`` gives one result for each item. ``sendable`` says that it and the items may be sent to a process that
    inherits nothing. A Refusal that it raises is raised here; so is one when a worker ends before its time. Who closes
    the iterator ends the workers.
    """
    chunks = [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
    count = min(processors(), len(chunks))
    if sys.platform == "linux" and count > 1 and _forks():
        yield from _forked(work, chunks, count, advance)
    elif sendable and count > 1 and len(items) >= _LEAST_SENT:
        yield from _sent(work, chunks, count, advance)
    else:
        for chunk in chunks:
            results = work(chunk)
            advance(len(chunk))
            yield from results


def _forks() -> bool:
    """Whether workers are forked here."""
    return sys.platform == "linux"


def _ended() -> Refusal:
    return Refusal(_("A worker process ended before its work was done."))


def _sent(work: Work[T, R], chunks: Sequence[Sequence[T]], count: int, advance: Advance) -> Iterator[R]:
    """By fresh interpreters, each chunk sent to one."""
    left = iter(chunks)
    pool = fresh_workers.pool(count)
    try:
        waiting: deque[Future[list[R]]] = deque(pool.submit(work, one) for one in islice(left, count * (_AHEAD + 1)))
        while waiting:
            results = waiting.popleft().result()
            waiting.extend(pool.submit(work, one) for one in islice(left, 1))
            advance(len(results))
            yield from results
    except BrokenProcessPool:
        raise _ended() from None
    finally:
        pool.shutdown(cancel_futures=True)


if sys.platform == "linux":

    def _forked(work: Work[T, R], chunks: Sequence[Sequence[T]], count: int, advance: Advance) -> Iterator[R]:
        pipes: list[Connection] = []
        children: list[int] = []
        try:
            for first in range(count):
                reader, writer = Pipe(duplex=False)
                child = os.fork()
                if child == 0:
                    _run(work, chunks, range(first, len(chunks), count), writer, [*pipes, reader])
                writer.close()
                pipes.append(reader)
                children.append(child)
            place = 0
            done: dict[int, list[R]] = {}
            for at, result in _gathered(pipes):
                done[at] = result
                advance(len(result))
                while place in done:
                    yield from done.pop(place)
                    place += 1
            if place < len(chunks):
                raise _ended()
        finally:
            for pipe in pipes:
                pipe.close()
            for child in children:
                os.waitpid(child, 0)

    def _gathered(pipes: Sequence[Connection]) -> Iterator[tuple[int, Any]]:
        """Each chunk's place and results, as the workers are through with it."""
        waiting = list(pipes)
        while waiting:
            for pipe in wait(waiting):
                reader = cast("Connection", pipe)
                try:
                    place, result = reader.recv()
                except EOFError:
                    waiting.remove(reader)
                    continue
                if isinstance(result, Refusal):
                    raise result
                yield place, result

    def _run(
        work: Callable[[Any], Any], chunks: Sequence[Any], mine: range, writer: Connection, others: list[Connection]
    ) -> None:
        """The whole life of a worker; does not return."""
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            for pipe in others:  # or else this process would keep its sisters' pipes open when the parent is gone
                pipe.close()
            for place in mine:
                try:
                    writer.send((place, work(chunks[place])))
                except Refusal as refusal:
                    writer.send((place, Refusal(str(refusal))))
                    break
            code = 0
        finally:
            os._exit(code)
