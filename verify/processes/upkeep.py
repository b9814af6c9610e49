"""Where a process is always to be: it is started, heard to be ready, replaced when it dies, and ended."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from verify.processes.under_supervision import READY

_log = logging.getLogger("yinjian.supervisor")

_HERE: Final = Path(__file__).resolve().parents[2]
"""Where this package is, whether installed or not."""
_MEMORY: Final = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(1 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(4 << 20),
}
"""glibc gives large bodies back when they are done with (mallopt(3)); by itself it learns to keep the room for them."""
_READY_SECONDS: Final = 60.0
_END_SECONDS: Final = 40.0
"""In which a process that was told to end does: what a worker may take for draining and finishing, and some more."""
_SHORT: Final = 10.0
"""Seconds of a life after which a successor is not started at once."""
_LONGEST_PAUSE: Final = 10.0


class Employer(Protocol):
    """Whose places they are."""

    replaced: int
    """How many processes died without being told to."""
    ending: bool

    def forget(self, pid: int) -> None:
        """A process is gone."""
        ...


class Ended(Exception):
    """The service could not be started: a process ended before it was ready, or never began. The log says why."""


class Child:
    """One process, from its start."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.told = False
        """Whether it was told to end."""

    @classmethod
    async def start(cls, program: str, charge: msgspec.Struct, descriptors: tuple[int, ...]) -> "Child":
        """A process with its charge."""
        path = os.pathsep.join(filter(None, (str(_HERE), os.environ.get("PYTHONPATH"))))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", program),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**_MEMORY, **os.environ, "PYTHONPATH": path},
            pass_fds=descriptors,
            start_new_session=True,
        )
        if process.stdin is not None:
            process.stdin.write(msgspec.json.encode(charge) + b"\n")
        return cls(process)

    async def ready(self) -> bool:
        """Whether it does its work; False where it ended, or took too long and was ended."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                return self.process.stdout is not None and await self.process.stdout.readline() == READY
        except TimeoutError:
            await self.end(signal.SIGKILL)
            return False

    async def end(self, how: signal.Signals) -> None:
        """Tells it to end, and sees that it does."""
        self.told = True
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        try:
            async with asyncio.timeout(_END_SECONDS):
                await self.process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()


Charges = Callable[[int], msgspec.Struct]
"""What a process is told, by how many had to be replaced before it."""


class Place:
    """Where one process is always to be: its first, and each successor."""

    def __init__(self, supervisor: Employer, program: str, charge: Charges, descriptors: tuple[int, ...]) -> None:
        self._supervisor = supervisor
        self._program = program
        self._charge = charge
        self._descriptors = descriptors
        self._here: Child | None = None
        self._ending: set[asyncio.Task[None]] = set()
        self._pause = 0.0

    @property
    def pid(self) -> int | None:
        """The process that is here."""
        return self._here.process.pid if self._here else None

    async def fill(self) -> None:
        """Starts a process here; one that was here drains once its successor is ready. Raises Ended."""
        began = asyncio.get_running_loop().time()
        charge = self._charge(self._supervisor.replaced)
        try:
            child = await Child.start(self._program, charge, self._descriptors)
        except OSError as error:  # no memory, descriptor or process is left now: that may pass
            _log.error("%s could not be started: %s", self._program, error.strerror)
            raise Ended(self._program) from None
        try:
            ready = await child.ready()
        except asyncio.CancelledError:
            await child.end(signal.SIGKILL)
            raise
        if not ready:
            await child.process.wait()
            raise Ended(self._program)
        if self._supervisor.ending:  # it came too late to be of use
            await child.end(signal.SIGTERM)
            return
        before, self._here = self._here, child
        self._watch(self._look_after(child, began))
        if before is not None:
            self._watch(before.end(signal.SIGTERM))

    async def end(self, how: signal.Signals) -> None:
        """Ends the process here, and waits for those that still drain."""
        if self._here is not None:
            await self._here.end(how)
        while self._ending:
            await asyncio.wait(self._ending)

    def _watch(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _look_after(self, child: Child, began: float) -> None:
        """Until it ends; and then, where nobody told it to, until its successor serves."""
        code = await child.process.wait()
        self._supervisor.forget(child.process.pid)
        while not child.told and not self._supervisor.ending:
            lived = asyncio.get_running_loop().time() - began
            self._pause = 0.0 if lived > _SHORT else min(max(2 * self._pause, 0.1), _LONGEST_PAUSE)
            self._supervisor.replaced += 1
            _log.error("%s %d ended (%d); another begins", self._program, child.process.pid, code)
            await asyncio.sleep(self._pause)
            began = asyncio.get_running_loop().time()  # of a successor that may not come to serve
            with contextlib.suppress(Ended):
                self._here = None
                await self.fill()
                return
