"""Work spread over the processors by forked processes that inherit what they need, signers included.

A signer cannot be sent to another process, but a forked one has it. A worker ends when its parent does: all it
holds is the writing end of a pipe that nobody reads any more. Only Linux is forked on: Windows has no fork, and
macOS's own libraries do not bear one; there the work is done in this process.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, Final, TypeVar, cast

from signing.messages import _
from verify.shared.command import Refusal
from verify.shared.progress import Advance

T = TypeVar("T")
R = TypeVar("R")
Work = Callable[[Sequence[T]], list[R]]

_CHUNK: Final = 200


def processors() -> int:
    """How many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(work: Work[T, R], items: Sequence[T], advance: Advance) -> list[R]:
    """``work`` done on all ``items`` in pieces; the results in the items' order.

    ``work`` gives one result for each item. A Refusal that it raises is raised here; so is one when a worker ends
    before its time.
    """
    chunks = [items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK)]
    count = min(processors(), len(chunks))
    if sys.platform == "linux" and count > 1:
        return _forked(work, chunks, count, advance)
    results: list[R] = []
    for chunk in chunks:
        results += work(chunk)
        advance(len(chunk))
    return results


if sys.platform == "linux":

    def _forked(work: Work[T, R], chunks: Sequence[Sequence[T]], count: int, advance: Advance) -> list[R]:
        pipes: list[Connection] = []
        children: list[int] = []
        done: dict[int, list[R]] = {}
        try:
            for first in range(count):
                reader, writer = Pipe(duplex=False)
                child = os.fork()
                if child == 0:
                    _run(work, chunks, range(first, len(chunks), count), writer, [*pipes, reader])
                writer.close()
                pipes.append(reader)
                children.append(child)
            _gather(pipes, done, advance)
        finally:
            for pipe in pipes:
                pipe.close()
            for child in children:
                os.waitpid(child, 0)
        if len(done) < len(chunks):
            raise Refusal(_("A worker process ended before its work was done."))
        return [result for place in range(len(chunks)) for result in done[place]]

    def _gather(pipes: Sequence[Connection], done: dict[int, list[R]], advance: Advance) -> None:
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
                done[place] = result
                advance(len(result))

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
