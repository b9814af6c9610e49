"""A small pool of worker processes, so that a bad file costs its sender an error, and others no more than their turn.

Workers are forks of a template (never of the service), a fresh interpreter with an empty environment, and confined as
far as the machine lets them (confinement): no secret of the service is in them or open to them. One that hangs, dies or
is killed is replaced for the next job.
"""

import asyncio
import contextlib
from typing import Any, Final

import msgspec

from verify.files import jobs
from verify.files.confinement import layers
from verify.files.forked import GRACE, Forked, believed
from verify.files.pieces import Pieces
from verify.files.refusals import FileRefused
from verify.files.template import Template
from verify.files.turns.fair import Turns
from verify.files.turns.one_turn import Turn

NOBODY: Final = "-"
_READY: Final = 2
"""Workers that wait for who comes next: a fresh one takes a tenth of a second under load, and two come at once."""
_DYING: Final = 2
"""Workers that were ended and are not dead yet, at most, before a place is held until one is: that takes as long."""


class Workers:
    """At most ``count`` jobs at a time, in the order of ``turns``; see Turns.

    One job may take ``seconds`` of a processor, LONGER of them by the clock, and a worker ``memory`` bytes of address
    space.
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
        self._seconds = seconds * layers.LONGER + GRACE
        self._count = count
        self._quick = count + self._turns.beside
        """Workers whose jobs have not given way, at most, beside one that is ready for who comes next."""
        self._live: list[Forked] = []
        self._spare: asyncio.Task[None] | None = None
        self._dying: set[asyncio.Task[None]] = set()
        self._closed = False
        self.confinement: layers.Report | None = None
        """How the last worker that started is confined; None before the first."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The process IDs of the workers that wait for a job."""
        return tuple(one.pid for one in self._idle())

    def share(self, seconds: float, client: str = NOBODY) -> float:
        """How long one job of the client's may look further, of ``seconds`` when nobody waits: less, the more do."""
        return max(0.3, seconds / (1 + self._turns.crowd(client)))

    async def start(self) -> None:
        """Has a worker ready before there is a job. Raises FileRefused where none starts."""
        while len(self._idle()) < _READY and not self._closed:
            await self._fresh()

    async def run(self, job: jobs.Job, client: str = NOBODY, data: Pieces | None = None) -> jobs.Answer:
        """The answer to ``job``, of ``data`` where it has none; one for codes looks no longer than its ``share``.

        Raises FileRefused, also for a worker lost on the way or where too many wait, and turns.Spent.
        """
        if isinstance(job, jobs.FindCodes):
            job = msgspec.structs.replace(job, seconds=self.share(job.seconds, client))
        return believed(await self._turns.do(client, lambda turn: self._ask(job, data, turn)))

    async def close(self) -> None:
        """Ends every worker that waits; one at work ends with its job."""
        self._closed = True
        if self._spare is not None:
            self._spare.cancel()
            await asyncio.gather(self._spare, return_exceptions=True)
        for one in [one for one in self._live if not one.busy]:
            self._live.remove(one)
            await one.end()
        await self._template.close()
        await asyncio.gather(*self._dying)

    async def _fresh(self) -> Forked:
        one = await Forked.start(self._template)
        self._live.append(one)
        self.confinement = one.confinement
        return one

    def _replace(self) -> None:
        """Makes another ready in good time, where there may be a job for it and none waits for one."""
        if self._closed:
            return
        quick = sum(not one.gave_way for one in self._live)
        if quick <= self._quick and len(self._idle()) < _READY and (self._spare is None or self._spare.done()):
            self._spare = asyncio.create_task(self._make_ready())

    async def _make_ready(self) -> None:
        with contextlib.suppress(FileRefused):  # the next job will tell
            await self.start()

    def _idle(self) -> list[Forked]:
        """Those that wait for a job; what ended while it waited, as with its template, is forgotten."""
        for one in [one for one in self._live if not (one.busy or one.lives)]:
            self._live.remove(one)
            one.leave()
        return [one for one in self._live if not one.busy]

    async def _ask(self, job: jobs.Job, data: Pieces | None, turn: Turn) -> jobs.Answer:
        idle = self._idle()
        one = idle[0] if idle else await self._fresh()
        one.busy = True
        keep = False
        try:
            turn.begin(one)
            self._replace()
            try:
                async with asyncio.timeout(self._seconds):
                    reply = await one.ask(job, data)
            finally:
                turn.done()
            keep = not reply.last and len(self._idle()) < self._quick
            return reply.answer
        except TimeoutError:
            raise FileRefused("took_too_long") from None
        except (OSError, EOFError):
            raise FileRefused(await one.cause_of_death()) from None
        finally:  # also where the asker went away: a worker in the middle of a job is of no more use
            one.busy = one.gave_way = False
            if not keep:
                self._live.remove(one)
                await asyncio.shield(self._end(one))
                self._replace()

    async def _end(self, one: Forked) -> None:
        """Ends a worker: neither its answer nor who is next waits until it is dead, but for very many."""
        dying = asyncio.create_task(one.end())
        self._dying.add(dying)
        dying.add_done_callback(self._dying.discard)
        while len(self._dying) > _DYING:
            await asyncio.wait(self._dying, return_when=asyncio.FIRST_COMPLETED)
