"""What befalls a service in its life, one after the other; each is over when the service is whole again."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import psutil

from migrations import embedded
from migrations.embedded import Database
from tests import bad_files
from tests.service import Service
from tests.soak.failures import Failures

_WHOLE_SECONDS = 90.0
_ASKED = 12
"""Answers on connections of their own after which every worker is believed to have answered."""


class Mishaps:
    """Those of one service over the embedded database in ``var``."""

    def __init__(self, service: Service, database: Database, var: Path, failures: Failures) -> None:
        self._service = service
        self._database = database
        self._var = var
        self._failures = failures
        self.killed = 0
        """Processes that were."""
        self.all: tuple[Callable[[], Awaitable[None]], ...] = (
            self.worker_killed,
            self.settings_taken_anew,
            self.database_restarted,
            self.keeper_killed,
            self.database_killed,
        )

    async def worker_killed(self) -> None:
        """One of them, as the kernel does where memory is short."""
        with self._failures.during("a worker killed"):
            await self._killed("answering")

    async def keeper_killed(self) -> None:
        """It has the readers of files: they are back once one reads again."""
        with self._failures.during("the keeper killed"):
            await self._killed("keeper")
            await self._until(self._reads)

    async def settings_taken_anew(self) -> None:
        """SIGHUP: every worker is another, and no question is lost, so that nothing is excused."""
        with self._failures.during("settings taken anew"):
            before = {one.pid for one in self._service.children("answering")}
            self._service.process.send_signal(signal.SIGHUP)
            await self._until(lambda: self._others(before))

    async def database_restarted(self) -> None:
        """In order."""
        with self._failures.during("the database down"):
            await asyncio.to_thread(embedded.stop, self._var)
            await self._back()

    async def database_killed(self) -> None:
        """All of its processes, as by a power cut."""
        with self._failures.during("the database down"):
            postmaster = psutil.Process(self._database.pid)
            processes = [postmaster, *postmaster.children()]
            for one in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            await asyncio.to_thread(psutil.wait_procs, processes, 10)
            await asyncio.sleep(0.3)
            await self._back()

    async def _back(self) -> None:
        before = self._database.port
        self._database = await asyncio.to_thread(embedded.start, self._var, durable=False, detached=False)
        assert self._database.port == before, "the database's port was taken meanwhile"
        await self._until(self._answers)

    async def _killed(self, program: str) -> None:
        before = self._service.children(program)
        victim = before[-1].pid
        os.kill(victim, signal.SIGKILL)
        self.killed += 1
        said = f"verify.processes.{program} {victim} ended"
        await self._until(lambda: self._replaced(program, len(before), victim, said))

    async def _replaced(self, program: str, count: int, victim: int, said: str) -> bool:
        there = {one.pid for one in self._service.children(program)}
        return said in self._service.log.read_text() and victim not in there and len(there) == count

    async def _others(self, before: set[int]) -> bool:
        there = {one.pid for one in self._service.children("answering")}
        return not there & before and len(there) == len(before)

    async def _answers(self) -> bool:
        for _ in range(_ASKED):
            async with httpx.AsyncClient(timeout=30) as client:
                if (await client.get(f"{self._service.url}/health/ready")).status_code != 200:
                    return False
        return True

    async def _reads(self) -> bool:
        for _ in range(_ASKED // 2):
            async with httpx.AsyncClient(timeout=60) as client:
                file = {"file": ("a.png", bad_files.cut_jpeg())}
                answer = await client.post(f"{self._service.url}/api/v1/verify/document", files=file)
                if answer.status_code != 422:
                    return False
        return True

    @staticmethod
    async def _until(whole: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.monotonic() + _WHOLE_SECONDS
        while True:
            with contextlib.suppress(httpx.TransportError, psutil.NoSuchProcess):
                if await whole():
                    return
            assert time.monotonic() < deadline, "the service is not whole again"
            await asyncio.sleep(0.1)
