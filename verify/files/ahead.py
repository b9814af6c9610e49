"""Many files of one person's, read by confined workers that are sent the next ones before they have answered.

A worker never waits for us between two files, nor do we wait for it while there is something to judge. Each file has
the limits of a job of its own, and one that ends its worker costs itself alone: answers may be lost with a worker, so
that the files it had are sent again one by one, and only one that ends a worker which has no other is told with it.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from typing import Final, Generic, TypeVar

from verify.files import jobs
from verify.files.forked import GRACE, Forked, believed
from verify.files.refusals import FileRefused
from verify.files.template import Template

Of = TypeVar("Of")
"""What the asker knows a file by."""

_SECONDS: Final = 20
"""Of the clock and of a processor, for one file."""
_MEMORY: Final = 1536 << 20
"""Bytes of a worker's address space."""
_MOST_AHEAD: Final = 4
_MOST_BYTES: Final = 1 << 20
"""Of the files that one worker has been sent, beyond the first."""
_QUICK: Final = 0.1
"""Seconds. A worker that took longer is sent one file at a time: the others are for those that are free."""


class Templates:
    """What the workers of a command are forked from, each started when it is first needed."""

    def __init__(self) -> None:
        self._templates: dict[jobs.Reads, Template] = {}

    def of(self, reads: jobs.Reads) -> Template:
        """The one whose workers read these."""
        return self._templates.setdefault(reads, Template(reads, _SECONDS, _MEMORY))

    async def close(self) -> None:
        """Ends them, and with them every worker."""
        for one in self._templates.values():
            await one.close()


class Line(Generic[Of]):
    """Files that wait for one place: several lines may take from the same ``files``, each when it has room."""

    def __init__(self, templates: Templates, files: Iterator[tuple[Of, jobs.Job]]) -> None:
        self._templates = templates
        self._files = files
        self._next: tuple[Of, jobs.Job] | None = None
        """Taken, and of another kind than those that wait."""
        self._waiting: deque[tuple[Of, jobs.Job]] = deque()
        """Without an answer, all of one kind."""
        self._sent = 0
        """How many of them the worker has."""
        self._most = 1
        self._workers: dict[jobs.Reads, Forked] = {}

    async def answers(self) -> AsyncGenerator[tuple[Of, jobs.Answer | FileRefused], None]:
        """The answer to each job that this line takes, or why its file is refused, in the order of their taking."""
        try:
            while self._take():
                answer = await self._answer()
                self._sent = max(0, self._sent - 1)
                yield self._waiting.popleft()[0], answer
        finally:
            for reads in list(self._workers):
                await self._end(reads)

    def _take(self) -> bool:
        """Takes as many more as may wait; False where none is left."""
        while len(self._waiting) < self._most and sum(len(job.data) for _, job in self._waiting) < _MOST_BYTES:
            taken = self._next or next(self._files, None)
            self._next = None
            if taken is None:
                break
            if self._waiting and jobs.reads(taken[1]) != jobs.reads(self._waiting[0][1]):
                self._next = taken
                break
            self._waiting.append(taken)
        return bool(self._waiting)

    async def _answer(self) -> jobs.Answer | FileRefused:
        """The answer to the first that waits."""
        reads = jobs.reads(self._waiting[0][1])
        try:
            while True:
                one = self._workers.get(reads) or await self._fresh(reads)
                for _, job in list(self._waiting)[self._sent : self._most]:
                    one.send(job)
                self._sent = max(self._sent, min(self._most, len(self._waiting)))
                begun = time.monotonic()
                try:
                    async with asyncio.timeout(_SECONDS + GRACE):
                        reply = await one.hear()
                except TimeoutError:
                    code, told = "took_too_long", True
                except (OSError, EOFError):
                    code, told = await one.cause_of_death(), self._sent == 1
                else:
                    self._most = min(_MOST_AHEAD, self._most + 1) if time.monotonic() - begun < _QUICK else 1
                    if reply.last:
                        await self._end(reads)
                    return believed(reply.answer)
                self._most = 1
                await self._end(reads)
                if told:
                    return FileRefused(code)
        except FileRefused as refused:
            return refused

    async def _fresh(self, reads: jobs.Reads) -> Forked:
        one = self._workers[reads] = await Forked.start(self._templates.of(reads))
        return one

    async def _end(self, reads: jobs.Reads) -> None:
        self._sent = 0
        await asyncio.shield(self._workers.pop(reads).end())
