"""A small pool of worker processes, so that a bad file costs its own sender an error and nobody else anything.

Workers are fresh interpreters (never forks of the service) with an empty environment: no secret of the service is
in them. One that hangs, dies or is killed is replaced for the next job.
"""

import asyncio
import contextlib
import signal
import struct
import sys
from pathlib import Path
from typing import Final

import msgspec

from verify.files import jobs
from verify.files.refusals import FileRefused

_HERE: Final = Path(__file__).resolve().parents[2]
"""Where this package is, whether installed or not."""
MOST_REPLY: Final = 64 * 1024 * 1024
"""Bytes of a worker's answer; a longer one is not believed."""


class Workers:
    """At most ``count`` jobs at a time; at most ``queue`` more wait, none longer than ``patience`` seconds.

    One job may take ``seconds`` of wall time, and a worker ``memory`` bytes of address space.
    """

    def __init__(
        self,
        count: int = 2,
        *,
        queue: int = 100,
        patience: float = 60.0,
        seconds: int = 20,
        memory: int = 1536 << 20,
    ) -> None:
        self._count = count
        self._queue = queue
        self._patience = patience
        self._seconds = seconds
        self._memory = memory
        self._free = asyncio.Semaphore(count)
        self._idle: list[_Worker] = []
        self._waiting = 0

    @property
    def pids(self) -> tuple[int, ...]:
        """The process IDs of the workers that wait for a job."""
        return tuple(idle.pid for idle in self._idle)

    def share(self, seconds: float) -> float:
        """How long one job may look further, of ``seconds`` when nobody waits: less, the more do."""
        return max(0.3, seconds / (1 + self._waiting / self._count))

    async def run(self, job: jobs.Job) -> jobs.Answer:
        """The answer to ``job``. Raises FileRefused, also for a worker lost on the way or when too many wait."""
        await self._take_turn()
        try:
            answer = await self._ask(job)
        finally:
            self._free.release()
        if isinstance(answer, jobs.Declined):
            raise FileRefused(answer.code)
        return answer

    async def close(self) -> None:
        """Ends every worker that waits; one at work ends with its job."""
        while self._idle:
            await self._idle.pop().end()

    async def _take_turn(self) -> None:
        if self._waiting >= self._queue:
            raise FileRefused("busy")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise FileRefused("busy") from None
        finally:
            self._waiting -= 1

    async def _ask(self, job: jobs.Job) -> jobs.Answer:
        one = self._idle.pop() if self._idle else await _Worker.start(self._seconds, self._memory)
        keep = False
        try:
            async with asyncio.timeout(self._seconds + 2):
                reply = await one.ask(job)
            keep = not reply.last
            return reply.answer
        except TimeoutError:
            raise FileRefused("took_too_long") from None
        except (OSError, EOFError, msgspec.MsgspecError):
            raise FileRefused(await one.cause_of_death()) from None
        finally:  # also where the asker went away: a worker in the middle of a job is of no more use
            if keep:
                self._idle.append(one)
            else:
                await asyncio.shield(one.end())


class _Worker:
    """One process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    @classmethod
    async def start(cls, seconds: int, memory: int) -> "_Worker":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-PsB", "-X", "utf8", "-m", "verify.files.worker", str(seconds), str(memory)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # a reader's complaint may quote the file
            cwd="/",
            env={"PYTHONPATH": str(_HERE), "MALLOC_ARENA_MAX": "2"},
            limit=MOST_REPLY,
        )
        return cls(process)

    async def ask(self, job: jobs.Job) -> jobs.Reply:
        """Raises OSError, EOFError or MsgspecError for a worker that is gone or talks nonsense."""
        sink, source = self._process.stdin, self._process.stdout
        if sink is None or source is None:
            raise EOFError
        data = msgspec.msgpack.encode(job)
        sink.write(struct.pack(">I", len(data)))
        sink.write(data)
        await sink.drain()
        (length,) = struct.unpack(">I", await source.readexactly(4))
        if length > MOST_REPLY:
            raise EOFError
        return msgspec.msgpack.decode(await source.readexactly(length), type=jobs.Reply)

    async def cause_of_death(self) -> str:
        """The refusal's code for a worker that ended without an answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._process.wait()
        match self._process.returncode:
            case code if code == -signal.SIGALRM:
                return "took_too_long"
            case code if code in (-signal.SIGKILL, -signal.SIGTERM):
                return "reader_lost"
            case code if code == -signal.SIGABRT:  # what native code does when no memory is left to it
                return "took_too_much_memory"
            case _:
                return "reader_failed"

    async def end(self) -> None:
        """Ends the process and waits for it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
