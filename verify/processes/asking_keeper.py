"""The worker's side of the keeper: a Memory, readers of files, and a word of each connection.

While the keeper is gone its successor is being started: until then this process counts for itself, files are told to
come back, and the log tells the operator.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from verify.files import jobs
from verify.files.confinement import layers
from verify.files.jobs import Declined, Reads
from verify.files.pieces import Pieces
from verify.files.refusals import DETAILS, FileRefused
from verify.files.turns.allowance import Spent
from verify.files.workers import NOBODY
from verify.http.guard.connections import Connections
from verify.http.guard.lane import slices
from verify.http.guard.memory import Count, LocalMemory
from verify.processes import wire

T = TypeVar("T")

_log = logging.getLogger("yinjian.kept")

_SECONDS: Final = 2.0
"""How long a count may take before this process counts alone."""
_AT_ONCE: Final = 200
"""Counts that are asked for in one question: a millisecond of the keeper's, for whom others wait too."""
_LARGE: Final = 64 << 10
"""Bytes of a file beyond which it is large: a millisecond of the keeper's."""
_REST: Final = 0.5
"""Seconds after which a keeper that was gone is looked for again."""


class KeeperGone(Exception):
    """There is no keeper now, or it did not answer."""


class Keeper:
    """One connection to the keeper at the UNIX socket ``path``, made when it is needed and again when it was lost."""

    def __init__(self, path: str, connections: Connections | None = None) -> None:
        self._path = path
        self._connections = connections
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._sink: asyncio.StreamWriter | None = None
        self._listening: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self._resting_until = 0.0
        self._met: list[str] = []
        self._left: list[str] = []
        if connections is not None:
            connections.tell_of(self._note_connection)

    async def ask(
        self, message: wire.Message, kind: type[T], seconds: float | None = _SECONDS, data: Iterable[bytes] = ()
    ) -> T:
        """The keeper's answer; ``data`` go before the question. Raises KeeperGone."""
        number = next(self._numbers)
        answer: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                sink = await self.connected()
                self._asked[number] = answer
                for piece in data:
                    sink.write(wire.frame(wire.Asked(wire.Piece(piece), number)))
                    await sink.drain()
                sink.write(wire.frame(wire.Asked(message, number)))
                return msgspec.msgpack.decode(await answer, type=kind)
        except (OSError, TimeoutError, msgspec.MsgspecError) as error:
            raise KeeperGone(type(error).__name__) from None
        except asyncio.CancelledError:
            self._send(wire.Forget(number))
            raise
        finally:
            self._asked.pop(number, None)

    async def connected(self) -> asyncio.StreamWriter:
        """The way to the keeper. Raises OSError."""
        if self._sink is not None and not self._sink.is_closing():
            return self._sink
        loop = asyncio.get_running_loop()
        async with self._connecting:
            if self._sink is None or self._sink.is_closing():
                if loop.time() < self._resting_until:
                    raise ConnectionError("no keeper")
                try:
                    source, self._sink = await asyncio.open_unix_connection(self._path)
                except OSError:
                    self._resting_until = loop.time() + _REST
                    raise
                self._listening = asyncio.create_task(self._listen(source, self._sink))
                if self._connections is not None:  # a new keeper knows of none
                    self._met, self._left = [], []
                    self._send(wire.Connected(met=self._connections.keys()))
        return self._sink

    async def close(self) -> None:
        """Lets go of the keeper."""
        if self._sink is not None:
            self._sink.close()
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def _listen(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        decode = msgspec.msgpack.Decoder(wire.Told).decode
        try:
            async for data in wire.frames(source):
                told = decode(data)
                if told.number is None:
                    self._give_up(msgspec.msgpack.decode(told.value, type=tuple[str, ...]))
                elif (answer := self._asked.get(told.number)) is not None and not answer.done():
                    answer.set_result(told.value)
        except (OSError, msgspec.MsgspecError) as error:
            _log.error("the keeper was lost (%s)", type(error).__name__)
        finally:
            sink.close()
            for answer in self._asked.values():
                if not answer.done():
                    answer.set_exception(ConnectionError("the keeper is gone"))

    def _give_up(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            if self._connections is not None:
                self._connections.give_up(key)

    def _note_connection(self, key: str, begins: bool) -> None:
        """Tells of connections once a turn of the loop."""
        if not self._met and not self._left:
            asyncio.get_running_loop().call_soon(self._tell)
        (self._met if begins else self._left).append(key)

    def _tell(self) -> None:
        met, left = tuple(self._met), tuple(self._left)
        self._met, self._left = [], []
        self._send(wire.Connected(met, left))

    def _send(self, message: wire.Message) -> None:
        """A notice, which a keeper that is gone need not have."""
        if self._sink is not None and not self._sink.is_closing():
            self._sink.write(wire.frame(wire.Asked(message)))


class KeptMemory:
    """The keeper's Memory; this process's own while there is none."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._own = LocalMemory()

    async def note(self, key: str, member: str, seconds: int, now: float) -> bool:
        """See Memory."""
        try:
            return await self._keeper.ask(wire.Note(key, member, seconds, now), bool)
        except KeeperGone as gone:
            _alone(gone)
            return await self._own.note(key, member, seconds, now)

    async def tallies(self, keys: Sequence[str], now: float) -> list[int]:
        """See Memory."""
        found: list[int] = []
        async for some in slices(keys, _AT_ONCE):
            try:
                found += await self._keeper.ask(wire.Tallies(tuple(some), now), list[int])
            except KeeperGone as gone:
                _alone(gone)
                found += await self._own.tallies(some, now)
        return found

    async def admit(self, tries: Sequence[tuple[Count, ...]], seconds: int, now: float) -> list[bool]:
        """See Memory. Of many tries others' may come between some and the rest, as they may between two lists."""
        admitted: list[bool] = []
        async for some in slices(tries, _AT_ONCE):
            try:
                admitted += await self._keeper.ask(wire.Admit(tuple(some), seconds, now), list[bool])
            except KeeperGone as gone:
                _alone(gone)
                admitted += await self._own.admit(some, seconds, now)
        return admitted


class KeptReaders:
    """The keeper's readers of one kind; see Workers. Large files have a way of their own, on which nobody waits for
    them who asks for a count or has a small one read.
    """

    def __init__(self, keeper: Keeper, large: Keeper, reads: Reads) -> None:
        self._keeper = keeper
        self._large = large
        self._reads = reads
        self.confinement: layers.Report | None = None

    async def start(self) -> None:
        """Waits for the keeper's first reader. Raises FileRefused where none starts."""
        with contextlib.suppress(KeeperGone):
            self.confinement = await self._keeper.ask(wire.Confined(self._reads), layers.Report | None, None)  # type: ignore[arg-type]  # a union is no class
        if self.confinement is None:
            raise FileRefused("reader_lost")

    async def run(self, job: jobs.Job, client: str = NOBODY, data: Pieces | None = None) -> jobs.Answer:
        """See Workers.run."""
        pieces = Pieces([job.data]) if data is None else data
        way = self._large if len(pieces) > _LARGE else self._keeper
        try:
            answer: Any = await way.ask(
                wire.Read(self._reads, client, msgspec.structs.replace(job, data=b"")),
                wire.FileAnswer | None,  # type: ignore[arg-type]  # as above
                None,
                pieces,
            )
        except KeeperGone as gone:
            _alone(gone)
            raise FileRefused("reader_lost") from None
        if isinstance(answer, wire.Later):
            raise Spent(answer.wait)
        if answer is None or isinstance(answer, Declined):
            code = answer.code if answer is not None and answer.code in DETAILS else "reader_failed"
            raise FileRefused(code, line=answer.line if answer is not None else None)
        read: jobs.Answer = answer
        return read

    async def close(self) -> None:
        """The readers are the keeper's to end."""


def _alone(gone: KeeperGone) -> None:
    _log.error("the keeper did not answer (%s); counting alone for a while", gone)
