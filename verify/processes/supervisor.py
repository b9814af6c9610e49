"""The supervisor: holds the public socket, starts the keeper and the workers, and replaces those that die.

SIGTERM drains and ends, SIGINT ends as soon as running requests have their answers, SIGHUP takes the settings anew by
starting each worker's successor and draining the worker once that one serves. The socket is never closed meanwhile:
who connects waits in the kernel's queue at worst. It holds no connection and reads nothing that strangers send.
"""

import asyncio
import contextlib
import functools
import importlib.util
import logging
import os
import secrets
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from verify.processes.upkeep import Ended, Place

_log = logging.getLogger("yinjian.supervisor")

_KEEPER: Final = "verify.processes.keeper"
_WORKER: Final = "verify.processes.answering"
_BACKLOG: Final = 2048
_NEEDED: Final = ("uvicorn", "litestar", "asyncpg", "altcha", "structlog")


_COUNTS: Final = "PROMETHEUS_MULTIPROC_DIR"
"""By which prometheus-client, in the other processes, knows where it writes what it counts."""


class Supervisor:
    """The processes of one service of ``workers``, on the socket ``public``."""

    def __init__(
        self, public: socket.socket, workers: int, *, rate_limits: bool, metrics: tuple[str, int] | None = None
    ) -> None:
        self.replaced = 0
        """How many processes died without being told to."""
        self.ending = False
        self._public = public
        self._count = workers
        self._rate_limits = rate_limits
        self._metrics = metrics
        self._folder = Path(tempfile.mkdtemp(prefix="yinjian-"))
        self._counts = self._folder / "counts"
        self._keeper: Place
        self._workers: list[Place] = []
        self._over = asyncio.Event()
        self._how = signal.SIGTERM
        self._renewing: asyncio.Task[None] | None = None

    async def run(self, serving: Callable[[], None]) -> None:
        """Serves until told to end; calls ``serving`` once all workers do. Raises Ended."""
        from verify.http.guard import shared_limiter

        limits = shared_limiter.table()
        quiet = socket.socket(socket.AF_UNIX)
        try:
            self._prepare(limits, quiet)
            self._listen_to_signals()
            await self._fill()
            if not self.ending:
                serving()
            await self._over.wait()
        finally:
            self.ending = True
            self._public.close()
            await self._end()
            quiet.close()
            os.close(limits)
            shutil.rmtree(self._folder, ignore_errors=True)

    def forget(self, pid: int) -> None:
        """Drops what a dead process said of itself; what it counted stays (see ops.metrics)."""
        for file in self._counts.glob(f"gauge_live*_{pid}.db"):
            file.unlink(missing_ok=True)

    def _prepare(self, limits: int, quiet: socket.socket) -> None:
        """The keeper's socket is bound here, so that a keeper's successor has it too."""
        from verify.http.guard.limits import CONNECTIONS, CONNECTIONS_OF_ADDRESS
        from verify.processes.charge import KeeperCharge, WorkerCharge

        path = str(self._folder / "keeper")
        quiet.bind(path)
        quiet.listen(_BACKLOG)
        secret = secrets.token_hex(32)
        kept = KeeperCharge(
            socket=quiet.fileno(),
            rate_limits=self._rate_limits,
            of_address=CONNECTIONS_OF_ADDRESS if self._rate_limits else CONNECTIONS,
            in_all=CONNECTIONS,
            metrics=self._metrics,
        )
        if self._metrics is not None:
            self._counts.mkdir()
            os.environ[_COUNTS] = str(self._counts)

        def charge(at: int, replaced: int) -> WorkerCharge:
            return WorkerCharge(
                socket=self._public.fileno(),
                limits=limits,
                keeper=path,
                secret=secret,
                workers=self._count,
                at=at,
                replaced=replaced,
            )

        self._keeper = Place(self, _KEEPER, lambda _: kept, (quiet.fileno(),))
        descriptors = (self._public.fileno(), limits)
        self._workers = [Place(self, _WORKER, functools.partial(charge, at), descriptors) for at in range(self._count)]

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for how in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(how, self._stop, how)
        loop.add_signal_handler(signal.SIGHUP, self._renew)

    def _stop(self, how: signal.Signals) -> None:
        self._how = how
        self.ending = True
        self._over.set()

    def _renew(self) -> None:
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renew_workers())

    async def _renew_workers(self) -> None:
        """One after the other, so that the machine never holds twice as many."""
        try:
            for place in self._workers:
                await place.fill()
        except Ended:
            _log.error("a new worker did not start: the others serve on with the settings they have")
        else:
            _log.info("all %d workers are new", len(self._workers))

    async def _fill(self) -> None:
        """The keeper and all workers at once; ends the wait where one of them does not start. Raises Ended."""
        filling = asyncio.gather(*(place.fill() for place in (self._keeper, *self._workers)))
        over = asyncio.create_task(self._over.wait())
        await asyncio.wait((filling, over), return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        if not filling.done():
            filling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await filling

    async def _end(self) -> None:
        """Ends everything: the workers first, who may still ask the keeper."""
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.gather(self._renewing, return_exceptions=True)
        await asyncio.gather(*(place.end(self._how) for place in self._workers))
        if hasattr(self, "_keeper"):
            await self._keeper.end(signal.SIGTERM)


def listen(host: str, port: int) -> socket.socket:
    """The public socket: the one that systemd hands over (sd_listen_fds(3)), or a new one. Raises OSError."""
    if os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS") == "1":
        handed = socket.socket(fileno=3)
        handed.setblocking(False)
        return handed
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    public = socket.socket(family, socket.SOCK_STREAM)
    public.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    public.bind(address)
    public.listen(_BACKLOG)
    public.setblocking(False)
    return public


def look_for_packages() -> None:
    """Raises ModuleNotFoundError where one that workers need is missing: better said once than by each of them."""
    for name in _NEEDED:
        if importlib.util.find_spec(name) is None:
            raise ModuleNotFoundError(name=name)
