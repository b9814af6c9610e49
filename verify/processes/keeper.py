"""The keeper: the one process of a service that counts and reads for all workers of its machine.

It remembers spent proofs, failed searches and wrong names, gives strangers' files their turns at the readers, and
knows how many connections there are. Workers ask it over a UNIX socket; see ``asking_keeper`` for their side. It
decides nothing that anybody is answered, and what is lost with it is counts. It ends with its supervisor, whose end of
standard input closes.
"""

import asyncio
import contextlib
import logging
import math
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from verify.files.confinement import layers
from verify.files.jobs import Declined, Reads
from verify.files.pieces import Pieces
from verify.files.refusals import FileRefused
from verify.files.turns.allowance import BURST, Allowance, Spent
from verify.files.workers import Workers
from verify.http.guard.memory import LocalMemory
from verify.http.ops import metrics
from verify.processes import under_supervision, wire
from verify.processes.busyness import Busyness
from verify.processes.census import Census
from verify.processes.charge import KeeperCharge

_log = logging.getLogger("yinjian.keeper")
_PEER: Final = socket.SOL_SOCKET, getattr(socket, "SO_PEERCRED", 0), 12
_EMPTY: Final = msgspec.Raw(msgspec.msgpack.encode(None))


class Keeper:
    """What is kept, and the workers' connections."""

    def __init__(self, charge: KeeperCharge) -> None:
        allowance = Allowance(BURST if charge.rate_limits else math.inf)
        self._memory = LocalMemory()
        self._busy = Busyness()
        self._readers: dict[Reads, Workers] = {
            "pictures": Workers(allowance=allowance, busy=self._busy),
            "tables": Workers(reads="tables", allowance=allowance, busy=self._busy),
        }
        self._starting: dict[Reads, asyncio.Task[None]] = {}
        self._census: Census[_Worker] = Census(charge.of_address, charge.in_all)

    def begin(self) -> None:
        """Starts readers of each kind, in their own time."""
        self._starting = {reads: asyncio.create_task(self._start(reads)) for reads in self._readers}

    async def close(self) -> None:
        """Ends the readers."""
        for task in self._starting.values():
            task.cancel()
        await asyncio.gather(*self._starting.values(), return_exceptions=True)
        for workers in self._readers.values():
            await workers.close()

    async def attend(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """One worker, until it is gone."""
        worker, pid = _Worker(sink), _peer(sink)
        self._busy.met(pid)
        decode = msgspec.msgpack.Decoder(wire.Asked).decode
        try:
            async for data in wire.frames(source):
                self._hear(worker, decode(data))
        except (OSError, msgspec.MsgspecError) as error:
            _log.error("a worker is cut off (%s)", type(error).__name__)
        finally:
            self._busy.left(pid)
            self._census.lost(worker)
            worker.end()

    def _hear(self, worker: "_Worker", asked: wire.Asked) -> None:
        match asked.message:
            case wire.Connected(met=met, left=left):
                self._count(worker, met, left)
            case wire.Forget(number=number):
                worker.forget(number)
            case wire.Piece(data=data) if asked.number is not None:
                worker.data_of(asked.number).add(data)
            case wire.Read() if asked.number is not None:
                worker.begin(asked.number, self._read(asked.message, worker.data_of(asked.number)))
            case question if asked.number is not None:
                worker.begin(asked.number, self._answer(question))

    def _count(self, worker: "_Worker", met: tuple[str, ...], left: tuple[str, ...]) -> None:
        for key in left:
            self._census.left(key, worker)
        for key in met:
            if (going := self._census.met(key, worker)) is not None:
                going[1].tell((going[0],))

    async def _answer(self, question: wire.Message) -> Any:
        match question:
            case wire.Note(key=key, member=member, seconds=seconds, now=now):
                return await self._memory.note(key, member, seconds, now)
            case wire.Tallies(keys=keys, now=now):
                return await self._memory.tallies(keys, now)
            case wire.Admit(tries=tries, seconds=seconds, now=now):
                return await self._memory.admit(tries, seconds, now)
            case wire.Confined(reads=reads):
                await asyncio.shield(self._starting[reads])
                return self._readers[reads].confinement
        return None

    async def _read(self, asked: wire.Read, data: Pieces) -> wire.FileAnswer:
        try:
            return await self._readers[asked.reads].run(asked.job, asked.client, data)
        except Spent as spent:
            return wire.Later(wait=spent.wait)
        except FileRefused as refused:
            return Declined(code=refused.code, line=refused.line)

    async def _start(self, reads: Reads) -> None:
        workers = self._readers[reads]
        try:
            await workers.start()
        except FileRefused:
            _log.error("no reader of %s starts here: such files will not be read", reads)
        if reads == "tables" and (missing := layers.missing(workers.confinement or {})):
            _log.warning(layers.LACKING, missing)


class _Worker:
    """A worker that asks, and the questions of it that are not answered yet."""

    def __init__(self, sink: asyncio.StreamWriter) -> None:
        self._sink = sink
        self._open: dict[int, asyncio.Task[None]] = {}
        self._data: dict[int, Pieces] = {}
        """Of files that are not all there yet."""

    def begin(self, number: int, answering: Any) -> None:
        """Answers a question when its answer is there."""
        self._data.pop(number, None)
        task = asyncio.create_task(self._tell(number, answering))
        self._open[number] = task
        task.add_done_callback(lambda _: self._open.pop(number, None))

    def forget(self, number: int) -> None:
        """Lets a question go: the readers need not go on for nobody."""
        self._data.pop(number, None)
        if task := self._open.get(number):
            task.cancel()

    def data_of(self, number: int) -> Pieces:
        """What has come of a file's data until its question does."""
        return self._data.setdefault(number, Pieces())

    def tell(self, keys: tuple[str, ...]) -> None:
        """Says which addresses are to give up a connection each."""
        self._send(wire.Told(value=msgspec.Raw(msgspec.msgpack.encode(keys))))

    def end(self) -> None:
        """Lets go of everything."""
        for task in list(self._open.values()):
            task.cancel()
        self._sink.close()

    async def _tell(self, number: int, answering: Any) -> None:
        try:
            value = msgspec.Raw(msgspec.msgpack.encode(await answering))
        except Exception as error:  # noqa: BLE001 -- whatever it is, this worker's question alone has no answer
            _log.error("a question was not answered (%s)", type(error).__name__)
            value = _EMPTY
        self._send(wire.Told(value=value, number=number))

    def _send(self, told: wire.Told) -> None:
        if not self._sink.is_closing():
            self._sink.write(wire.frame(told))


def _peer(sink: asyncio.StreamWriter) -> int:
    """The process ID of who is at the other end (unix(7), SO_PEERCRED); 0 where the system does not tell."""
    with contextlib.suppress(OSError, AttributeError):
        pid, _uid, _gid = struct.unpack("3i", sink.get_extra_info("socket").getsockopt(*_PEER))
        return int(pid)
    return 0


async def keep(charge: KeeperCharge) -> None:
    """Keeps until the supervisor is gone or says so."""
    keeper = Keeper(charge)
    over = under_supervision.over()
    keeper.begin()
    if charge.metrics is not None:
        host, port = charge.metrics
        try:
            metrics.exposition(Path(os.environ[metrics.FOLDER]), host, port)
        except OSError as error:
            _log.error("YINJIAN_METRICS: %s, port %d cannot be listened on (%s)", host, port, error.strerror)
            sys.exit(1)
    listening = socket.socket(fileno=charge.socket)
    server = await asyncio.start_unix_server(keeper.attend, sock=listening)
    under_supervision.ready()
    try:
        await over
    finally:
        server.close()
        await keeper.close()


def main() -> None:
    """The whole life of a keeper."""
    from verify.service import logs

    logs.configure()
    charge = msgspec.json.decode(sys.stdin.buffer.readline(), type=KeeperCharge)
    with contextlib.suppress(KeyboardInterrupt):
        under_supervision.run(keep(charge))


if __name__ == "__main__":
    main()
