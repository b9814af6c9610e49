"""A small pool of worker processes, so that a bad file costs its sender an error, and others no more than their turn.

Workers are forks of a template (never of the service), a fresh interpreter with an empty environment, and confined as
far as the machine lets them (confinement): no secret of the service is in them or open to them. One that hangs, dies or
is killed is replaced for the next job.
"""

import asyncio
import contextlib
import signal
import struct
from typing import Any, Final, TypeVar

import msgspec

from verify.files import jobs
from verify.files.confinement import layers
from verify.files.refusals import DETAILS, FileRefused
from verify.files.template import Fork, Template
from verify.files.turns import Turn, Turns

T = TypeVar("T")

NOBODY: Final = "-"
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
        self._template = Template(reads, seconds, memory)
        self._seconds = seconds
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
        await self._template.close()

    async def _fresh(self, *, aside: bool = False) -> "_Worker":
        one = await _Worker.start(self._template, aside=aside)
        self._live.append(one)
        self.confinement = one.confinement
        return one

    def _replace(self) -> None:
        """Makes another ready in good time, where there is a place for it and none waits for a job."""
        quick = sum(not one.gave_way for one in self._live)
        if quick <= self._count and not self._idle(aside=False) and (self._spare is None or self._spare.done()):
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
            keep = not reply.last and len(self._idle(aside=one.gave_way)) <= self._count
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

    def __init__(
        self, template: Template, fork: Fork, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        self._template = template
        self._fork = fork
        self._source = source
        self._sink = sink
        self.pid = fork.pid
        self.busy = False
        self.gave_way = False
        """That cannot be taken back."""
        self.confinement: layers.Report = {}

    @classmethod
    async def start(cls, template: Template, *, aside: bool) -> "_Worker":
        """A worker that is ready for its first job. Raises FileRefused."""
        one = fork = None
        try:
            async with asyncio.timeout(_READY_IN):
                fork = await template.fork()
                one = cls(template, fork, *await asyncio.open_connection(sock=fork.socket, limit=MOST_REPLY))
                if aside:
                    one.give_way()
                one.confinement = await one._heard(layers.Report)
        except BaseException as error:
            if one is not None:
                await asyncio.shield(one.end())
            elif fork is not None:
                fork.socket.close()
                template.end(fork)
            if isinstance(error, (TimeoutError, OSError, EOFError, msgspec.MsgspecError)):
                raise FileRefused("reader_lost") from None
            raise
        return one

    def give_way(self) -> None:
        """Lets every other process go before this one, for good."""
        self.gave_way = True
        layers.put_aside(self.pid)

    async def ask(self, job: jobs.Job) -> jobs.Reply:
        """Raises OSError, EOFError or MsgspecError for a worker that is gone or talks nonsense."""
        data = msgspec.msgpack.encode(job)
        self._sink.write(struct.pack(">I", len(data)))
        self._sink.write(data)
        await self._sink.drain()
        return await self._heard(jobs.Reply)

    async def _heard(self, kind: type[T]) -> T:
        (length,) = struct.unpack(">I", await self._source.readexactly(4))
        if length > MOST_REPLY:
            raise EOFError
        return msgspec.msgpack.decode(await self._source.readexactly(length), type=kind)

    async def cause_of_death(self) -> str:
        """The refusal's code for a worker that ended without an answer."""
        code = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                code = await asyncio.shield(self._fork.ended)
        match code:
            case _ if code in (-signal.SIGALRM, -signal.SIGXCPU):
                return "took_too_long"
            case _ if code in (-signal.SIGKILL, -signal.SIGTERM):
                return "reader_lost"
            case _ if code == -signal.SIGABRT:  # what native code does when no memory is left to it
                return "took_too_much_memory"
            case _:
                return "reader_failed"

    async def end(self) -> None:
        """Ends the process and waits for it."""
        self._template.end(self._fork)
        self._sink.close()
        await asyncio.shield(self._fork.ended)
