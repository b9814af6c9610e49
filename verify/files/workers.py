"""A small pool of worker processes, so that a bad file costs its sender an error, and others no more than their turn.

Workers are fresh interpreters (never forks of the service) with an empty environment, confined as far as the machine
lets them (confinement): no secret of the service is in them or open to them. One that hangs, dies or is killed is
replaced for the next job.
"""

import asyncio
import contextlib
import os
import signal
import struct
import sys
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from verify.files import jobs
from verify.files.confinement import kernel, layers
from verify.files.refusals import DETAILS, FileRefused
from verify.files.turns import Turn, Turns

T = TypeVar("T")

_HERE: Final = Path(__file__).resolve().parents[2]
"""Where this package is, whether installed or not."""
NOBODY: Final = "-"
_PROGRAM: Final = "verify.files.worker"
_READY_IN: Final = 30.0
"""Seconds that a worker may take to load its readers."""
MOST_REPLY: Final = 64 * 1024 * 1024
"""Bytes of a worker's answer; a longer one is not believed."""


class Workers:
    """At most ``count`` jobs at a time, in the order of ``turns``; see Turns.

    One job may take ``seconds`` of the clock and of a processor, and a worker ``memory`` bytes of address space.
    """

    def __init__(
        self,
        count: int = 2,
        *,
        reads: jobs.Reads = "pictures",
        seconds: int = 20,
        memory: int = 1536 << 20,
        **turns: Any,
    ) -> None:
        self._turns = Turns(count, **turns)
        self._reads = reads
        self._seconds = seconds
        self._memory = memory
        self._count = count
        self._live: list[_Worker] = []
        self._spare: asyncio.Task[None] | None = None
        self.confinement: layers.Report | None = None
        """How the last worker that started is confined; None before the first."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The process IDs of the workers that wait for a job."""
        return tuple(one.pid for one in self._live if not one.busy)

    def share(self, seconds: float, client: str = NOBODY) -> float:
        """How long one job of the client's may look further, of ``seconds`` when nobody waits: less, the more do."""
        return max(0.3, seconds / (1 + self._turns.crowd(client)))

    async def start(self) -> None:
        """Has a worker ready before there is a job. Raises FileRefused where none starts."""
        if not self._idle(aside=False):
            await self._fresh()

    async def run(self, job: jobs.Job, client: str = NOBODY) -> jobs.Answer:
        """The answer to ``job``, which looks for codes no longer than its ``share``.

        Raises FileRefused, also for a worker lost on the way or where too many wait, and turns.Spent.
        """
        if isinstance(job, jobs.FindCodes):
            job = msgspec.structs.replace(job, seconds=self.share(job.seconds, client))
        async with self._turns.turn(client) as turn:
            answer = await self._ask(job, turn)
        if isinstance(answer, jobs.Declined):
            raise FileRefused(answer.code if answer.code in DETAILS else "reader_failed", line=answer.line)
        return answer

    async def close(self) -> None:
        """Ends every worker that waits; one at work ends with its job."""
        if self._spare is not None:
            self._spare.cancel()
            await asyncio.gather(self._spare, return_exceptions=True)
        for one in [one for one in self._live if not one.busy]:
            self._live.remove(one)
            await one.end()

    async def _fresh(self, *, aside: bool = False) -> "_Worker":
        one = await _Worker.start(self._reads, self._seconds, self._memory, aside=aside)
        self._live.append(one)
        self.confinement = one.confinement
        return one

    def _replace(self) -> None:
        """Makes another ready in good time, where there is a place for it and none waits for a job."""
        quick = sum(not one.gave_way for one in self._live)
        if quick < self._count and not self._idle(aside=False) and (self._spare is None or self._spare.done()):
            self._spare = asyncio.create_task(self._make_ready())

    async def _make_ready(self) -> None:
        with contextlib.suppress(FileRefused):  # the next job will tell
            await self.start()

    def _idle(self, *, aside: bool) -> list["_Worker"]:
        return [one for one in self._live if not one.busy and one.gave_way == aside]

    async def _ask(self, job: jobs.Job, turn: Turn) -> jobs.Answer:
        idle = self._idle(aside=turn.aside)
        one = idle[0] if idle else await self._fresh(aside=turn.aside)
        one.busy = True
        keep = False
        try:
            turn.went_aside = one.give_way
            if turn.aside:  # by now
                one.give_way()
            self._replace()
            turn.begin()
            async with asyncio.timeout(self._seconds + 2):
                reply = await one.ask(job)
            keep = not reply.last and len(self._idle(aside=one.gave_way)) < self._count
            return reply.answer
        except TimeoutError:
            raise FileRefused("took_too_long") from None
        except (OSError, EOFError, msgspec.MsgspecError):
            raise FileRefused(await one.cause_of_death()) from None
        finally:  # also where the asker went away: a worker in the middle of a job is of no more use
            one.busy = False
            if not keep:
                self._live.remove(one)
                await asyncio.shield(one.end())
                self._replace()


class _Worker:
    """One process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid
        self.busy = False
        self.gave_way = False
        """That cannot be taken back."""
        self.confinement: layers.Report = {}

    @classmethod
    async def start(cls, reads: jobs.Reads, seconds: int, memory: int, *, aside: bool) -> "_Worker":
        """A worker that is ready for its first job. Raises FileRefused."""
        with contextlib.suppress(OSError):  # where it cannot be, the workers' report says so too
            kernel.hide()  # what a worker may not read of us, it may not read of its user's either
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-PsB", "-X", "utf8", "-m", _PROGRAM, reads, str(seconds), str(memory)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # a reader's complaint may quote the file
            cwd="/",
            env={"PYTHONPATH": str(_HERE), "MALLOC_ARENA_MAX": "2"},
            limit=MOST_REPLY,
        )
        one = cls(process)
        if aside:
            one.give_way()
        try:
            async with asyncio.timeout(_READY_IN):
                one.confinement = await one._heard(layers.Report)
        except BaseException as error:
            await asyncio.shield(one.end())
            if isinstance(error, (TimeoutError, OSError, EOFError, msgspec.MsgspecError)):
                raise FileRefused("reader_lost") from None
            raise
        return one

    def give_way(self) -> None:
        """Lets every other process go before this one, for good."""
        self.gave_way = True
        with contextlib.suppress(OSError, AttributeError):  # it is gone, or not ours to slow down; or on Windows
            os.setpriority(os.PRIO_PROCESS, self.pid, layers.NICE_ASIDE)

    async def ask(self, job: jobs.Job) -> jobs.Reply:
        """Raises OSError, EOFError or MsgspecError for a worker that is gone or talks nonsense."""
        sink = self._process.stdin
        if sink is None:
            raise EOFError
        data = msgspec.msgpack.encode(job)
        sink.write(struct.pack(">I", len(data)))
        sink.write(data)
        await sink.drain()
        return await self._heard(jobs.Reply)

    async def _heard(self, kind: type[T]) -> T:
        source = self._process.stdout
        if source is None:
            raise EOFError
        (length,) = struct.unpack(">I", await source.readexactly(4))
        if length > MOST_REPLY:
            raise EOFError
        return msgspec.msgpack.decode(await source.readexactly(length), type=kind)

    async def cause_of_death(self) -> str:
        """The refusal's code for a worker that ended without an answer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self._process.wait()
        match self._process.returncode:
            case code if code in (-signal.SIGALRM, -signal.SIGXCPU):
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
