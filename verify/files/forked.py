"""One worker process as the service sees it: jobs sent, answers heard, and what it died of."""

import asyncio
import contextlib
import signal
import struct
from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from verify.files import jobs
from verify.files.confinement import kernel, layers
from verify.files.pieces import Pieces
from verify.files.refusals import DETAILS, FileRefused
from verify.files.template import Fork, Template

T = TypeVar("T")

GRACE: Final = 2
"""Seconds that a worker is given beyond those in which it ends itself."""
MOST_REPLY: Final = 64 * 1024 * 1024
"""Bytes of a worker's answer; a longer one is not believed."""
_READY_IN: Final = 30.0
"""Seconds that a worker may take to load its readers."""
_ENCODER: Final = msgspec.msgpack.Encoder()


def believed(answer: jobs.Answer) -> jobs.Answer:
    """The answer of a worker, which says no refusal but those that there are. Raises FileRefused."""
    if isinstance(answer, jobs.Declined):
        raise FileRefused(answer.code if answer.code in DETAILS else "reader_failed", line=answer.line)
    return answer


def _said(job: jobs.Job, data: Pieces | None) -> Iterator[bytes]:
    """A job as its worker reads it, without its data, and then these, piece by piece."""
    bare = _ENCODER.encode(job if data is not None else msgspec.structs.replace(job, data=b""))
    pieces = Pieces([job.data]) if data is None else data
    yield struct.pack(">I", len(bare)) + bare + struct.pack(">I", len(pieces))
    yield from pieces


class Forked:
    """One process, from its birth to its end."""

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
        self._ran = 0.0
        self.confinement: layers.Report = {}

    @classmethod
    async def start(cls, template: Template) -> "Forked":
        """A worker that is ready for its first job. Raises FileRefused."""
        one = fork = None
        try:
            async with asyncio.timeout(_READY_IN):
                fork = await template.fork()
                one = cls(template, fork, *await asyncio.open_connection(sock=fork.socket, limit=MOST_REPLY))
                one.confinement = await one._heard(layers.Report)
        except BaseException as error:
            if one is not None:
                await asyncio.shield(one.end())
            elif fork is not None:
                fork.socket.close()
                template.send(fork, signal.SIGKILL)
            if isinstance(error, (TimeoutError, OSError, EOFError)):
                raise FileRefused("reader_lost") from None
            raise
        return one

    @property
    def lives(self) -> bool:
        """Whether it has not ended, as far as is known."""
        return not self._fork.ended.done()

    def go_on(self, on: bool) -> None:
        """Has it stand still, or go on."""
        self._template.send(self._fork, signal.SIGCONT if on else signal.SIGSTOP)

    def ran(self) -> float:
        """Seconds that it has had of processors until now, or until it was last asked and lived."""
        with contextlib.suppress(OSError):
            self._ran = kernel.ran(self.pid) if self.lives else self._ran
        return self._ran

    async def ask(self, job: jobs.Job, data: Pieces | None = None) -> jobs.Reply:
        """Raises OSError or EOFError for a worker that is gone or talks nonsense."""
        for some in _said(job, data):
            self._sink.write(some)
            await self._sink.drain()
        return await self.hear()

    def send(self, job: jobs.Job) -> None:
        """Gives it a job, also while it has others: it does them in their order."""
        for some in _said(job, None):
            self._sink.write(some)

    async def hear(self) -> jobs.Reply:
        """Its answer to the first job that has none yet. Raises as ask."""
        return await self._heard(jobs.Reply)

    async def _heard(self, kind: type[T]) -> T:
        (length,) = struct.unpack(">I", await self._source.readexactly(4))
        if length > MOST_REPLY:
            raise EOFError
        data = await self._source.readexactly(length)
        try:
            return msgspec.msgpack.decode(data, type=kind)
        except (ValueError, RecursionError):  # a text that is no UTF-8 is no MsgspecError
            raise EOFError from None

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
        self._template.send(self._fork, signal.SIGKILL)
        self.leave()
        await asyncio.shield(self._fork.ended)

    def leave(self) -> None:
        """Lets go of what there was to talk with it."""
        self._sink.close()
