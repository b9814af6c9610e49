"""The service's side of a template: a small process that has loaded its readers and forks a worker whenever asked.

A fresh interpreter with its readers takes a quarter of a second of a processor, a fork of one some milliseconds, and
what both have loaded lies in memory once. The template never sees a file of anybody's.
"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections import deque
from pathlib import Path
from typing import Final

from verify.files.confinement import kernel
from verify.files.forking import ASKED, BORN, TOLD
from verify.files.jobs import Reads

_HERE: Final = Path(__file__).resolve().parents[2]
"""Where this package is, whether installed or not."""
PROGRAM: Final = "verify.files.worker"


class Fork:
    """One worker that a template forked: its process ID, and its socket."""

    def __init__(self, pid: int, ours: socket.socket, ended: "asyncio.Future[int]") -> None:
        self.pid = pid
        self.socket = ours
        self.ended = ended
        """How it ended: an exit code, or a signal's number below zero."""


class Template:
    """Forks workers that read ``reads``; started when it is first needed, and anew when it was lost.

    One job of theirs may take ``seconds``, and each ``memory`` bytes of address space.
    """

    def __init__(self, reads: Reads, seconds: int, memory: int) -> None:
        self._arguments = (reads, str(seconds), str(memory))
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._born: deque[asyncio.Future[Fork]] = deque()
        self._sockets: deque[socket.socket] = deque()
        self._living: dict[int, Fork] = {}
        self._rest = b""
        self._starting = asyncio.Lock()

    async def fork(self) -> Fork:
        """A new worker. Raises OSError where none comes."""
        loop = asyncio.get_running_loop()
        async with self._starting:
            control = self._control or await self._start()
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(control, [ASKED.pack(b"f", 0, 0)], [theirs.fileno()])
        born: asyncio.Future[Fork] = loop.create_future()
        self._born.append(born)
        self._sockets.append(ours)
        try:
            return await born
        except asyncio.CancelledError:
            if not born.cancelled() and born.exception() is None:  # it came in the very moment
                born.result().socket.close()
                self.send(born.result(), signal.SIGKILL)
            raise

    def send(self, one: Fork, what: signal.Signals) -> None:
        """Sends a worker a signal, where it lives: the template alone knows that its process ID is still its own."""
        if self._control is not None and not one.ended.done():
            with contextlib.suppress(OSError):
                self._control.send(ASKED.pack(b"k", one.pid, what))

    async def close(self) -> None:
        """Ends the template, and with it every worker."""
        process = self._process
        self._lost()
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _start(self) -> socket.socket:
        with contextlib.suppress(OSError):  # where it cannot be, the workers' report says so too
            kernel.hide()  # what a worker may not read of us, it may not read of its user's either
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        try:
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-PsB", "-X", "utf8", "-m", PROGRAM, *self._arguments),
                    stdin=theirs.fileno(),
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,  # a reader's complaint may quote the file
                    cwd="/",
                    env={"PYTHONPATH": str(_HERE), "MALLOC_ARENA_MAX": "2"},
                )
        except BaseException:
            ours.close()
            raise
        self._control = ours
        asyncio.get_running_loop().add_reader(ours.fileno(), self._hear, ours)
        return ours

    def _hear(self, control: socket.socket) -> None:
        try:
            data = control.recv(1 << 16)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        data = self._rest + data
        whole = len(data) // TOLD.size * TOLD.size
        self._rest = data[whole:]
        for pid, code in TOLD.iter_unpack(data[:whole]):
            if code == BORN:
                self._note_born(pid)
            elif (one := self._living.pop(pid, None)) is not None and not one.ended.done():
                one.ended.set_result(code)

    def _note_born(self, pid: int) -> None:
        born, ours = self._born.popleft(), self._sockets.popleft()
        one = Fork(pid, ours, asyncio.get_running_loop().create_future())
        if pid <= 0 or born.done():  # there was no room for one, or who asked for it went away
            ours.close()
            if pid > 0:
                self._living[pid] = one
                self.send(one, signal.SIGKILL)
            if not born.done():
                born.set_exception(OSError("no worker was forked"))
            return
        self._living[pid] = one
        born.set_result(one)

    def _lost(self) -> None:
        """Forgets the template, and tells all who wait for it or its workers; these end with it."""
        if self._control is not None:
            asyncio.get_running_loop().remove_reader(self._control.fileno())
            self._control.close()
        self._control, self._process, self._rest = None, None, b""
        while self._born:
            born, ours = self._born.popleft(), self._sockets.popleft()
            ours.close()
            if not born.done():
                born.set_exception(OSError("the template is gone"))
        for one in self._living.values():
            if not one.ended.done():
                one.ended.set_result(-signal.SIGKILL)
        self._living.clear()
