"""What a running service uses of its machine: memory, and time on a processor and waiting for one, over its processes.

The readers of strangers' files are left out: each has its own bound.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

_READER: Final = b"verify.files.worker"
_EVERY: Final = 0.5
"""Seconds between two looks at the memory."""


class Time(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that threads ran, and that they could have run and had no processor."""

    ran: float
    waited: float

    def __sub__(self, before: "Time") -> "Time":
        return Time(ran=self.ran - before.ran, waited=self.waited - before.waited)


class ServiceUse:
    """Of the process ``pid`` and those that it started."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.peak = 0
        """The most MiB that was seen while it was watched."""

    def memory(self) -> int:
        """MiB; what several processes share counts once."""
        found = 0
        for pid in self._processes(self._pid):
            with contextlib.suppress(OSError):  # it has just ended
                told = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text("ascii"), re.MULTILINE)
                found += int(told[1]) if told else 0
        self.peak = max(self.peak, found >> 10)
        return found >> 10

    def by_process(self) -> str:
        """The same of each, in a line."""
        told = []
        for pid in self._processes(self._pid):
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
                size = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text("ascii"), re.MULTILINE)
                told.append(f"{words[-2].decode().rpartition('.')[2]} {int(size[1]) >> 10 if size else 0}")
        return ", ".join(told)

    def time(self) -> Time:
        """Until now."""
        ran = waited = 0
        for pid in self._processes(self._pid):
            for told in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                with contextlib.suppress(OSError):
                    of_thread = told.read_text("ascii").split()
                    ran, waited = ran + int(of_thread[0]), waited + int(of_thread[1])
        return Time(ran=ran / 1e9, waited=waited / 1e9)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Looks at the memory again and again, for ``peak``: what it was, and what each process has had more since.

        Of that the kernel keeps count (proc(5), RssAnon). To tell what is shared it walks through all pages, for some
        milliseconds in which the process has to wait for memory that it wants.
        """
        before = self.memory() - self._own()

        async def watch() -> None:
            while True:
                self.peak = max(self.peak, before + self._own())
                await asyncio.sleep(_EVERY)

        task = asyncio.create_task(watch())
        try:
            yield
        finally:
            task.cancel()

    def _own(self) -> int:
        found = 0
        for pid in self._processes(self._pid):
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text("utf-8")
                told = re.search(r"^RssAnon:\s+(\d+)", status, re.MULTILINE)
                found += int(told[1]) if told else 0
        return found >> 10

    def _processes(self, pid: int) -> Iterator[int]:
        with contextlib.suppress(OSError):
            if _READER in Path(f"/proc/{pid}/cmdline").read_bytes():
                return
            yield pid
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                for child in children.read_text("ascii").split():
                    yield from self._processes(int(child))
