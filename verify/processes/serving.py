"""A worker: one process that answers the public, on the listening socket that all workers share.

It answers SIGTERM by draining: it says of each answer that it is the last of its connection, and leaves who is silent
the time after which connections are closed anyway. SIGINT, or the supervisor's end, lets
running requests finish and closes the others at once.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec
import uvicorn

from verify.core.errors import RegisterDamaged
from verify.http.access_log import Written, as_json, as_text
from verify.http.app import create
from verify.http.files.intake import Intake
from verify.http.guard.connections import Connections
from verify.http.guard.limits import CONNECTIONS, CONNECTIONS_OF_ADDRESS
from verify.http.guard.shared_limiter import SharedLimiter
from verify.http.guard.underway import IN_ALL as BODIES
from verify.http.guard.underway import OF_CLIENT, Underway
from verify.http.ops import metrics
from verify.processes import open_files, processors, under_supervision
from verify.processes.asking_keeper import Keeper, KeptMemory, KeptReaders
from verify.processes.charge import WorkerCharge
from verify.registry.port import RegistryUnavailable
from verify.registry.postgres import PostgresRegistry
from verify.service import logs, settings
from verify.service.settings import Settings
from verify.shared import environment
from verify.shared.lasting import lasting

_log = logging.getLogger("yinjian.serving")

IDLE_SECONDS: Final = 5
"""For which a connection may be silent between two requests."""
_FINISH_SECONDS: Final = 20
"""In which a request under way is answered, or its connection ends without."""
_SOON: Final = 0.2
_WATCH_SECONDS: Final = 5
_LEARN_SECONDS: Final = 2
_TURN: Final = 0.0005
"""Seconds for which a thread that reads a large body may keep the interpreter from the event loop."""
_GARBAGE: Final = 10_000
"""Objects more than before, after which the collector looks at the youngest."""


class Acceptor:
    """Takes connections one at a time, so that workers that share a socket share what comes at once, too."""

    def __init__(self, listening: socket.socket, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._listening = listening
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._beginning: set[asyncio.Task[Any]] = set()
        self._loop.add_reader(listening.fileno(), self._accept)

    async def close(self) -> None:
        """Takes those that wait already, and no more; they are connections when it returns."""
        self._loop.remove_reader(self._listening.fileno())
        while self._take():
            pass
        self._listening.close()
        await asyncio.gather(*self._beginning)

    def _accept(self) -> None:
        self._take()

    def _take(self) -> bool:
        try:
            wire, _ = self._listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError:  # no descriptor is left: who waits does so in the kernel's queue
            self._loop.remove_reader(self._listening.fileno())
            self._loop.call_later(_SOON, self._again)
            return False
        wire.setblocking(False)
        task = self._loop.create_task(self._begin(wire))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)
        return True

    async def _begin(self, wire: socket.socket) -> None:
        with contextlib.suppress(OSError):  # it went away in the meantime
            await self._loop.connect_accepted_socket(self._protocol, wire)

    def _again(self) -> None:
        if self._listening.fileno() >= 0:
            self._loop.add_reader(self._listening.fileno(), self._accept)


class Server(uvicorn.Server):
    """uvicorn's server on a shared socket, with another end."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket, connections: Connections) -> None:
        super().__init__(config)
        self._listening = listening
        self._connections = connections
        self._acceptor: Acceptor | None = None
        self._patient = False

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Takes the signals for as long as it serves; they do not end the process afterwards."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.end, True)
        loop.add_signal_handler(signal.SIGINT, self.end)
        under_supervision.when_alone(self.end)
        yield

    def end(self, patient: bool = False) -> None:
        """Begins the end; a second time at once."""
        self.force_exit = self.should_exit and not patient
        self._patient = patient
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to accept, and says so."""
        await super().startup(sockets)
        config = self.config

        def protocol() -> asyncio.Protocol:
            made: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn does
                config=config, server_state=self.server_state, app_state=self.lifespan.state
            )
            return made

        self._acceptor = Acceptor(self._listening, protocol)
        _collect_what_comes()
        sys.setswitchinterval(_TURN)
        under_supervision.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Drains, and then ends as uvicorn does.

        Who comes while it drains is answered: where no other process has the socket, nobody else would. Who came last
        has the time that everybody has to ask (see Lingering.shutdown).
        """
        self._connections.draining = True
        self._connections.hurried = not self._patient
        for one in list(self.server_state.connections):
            one.say_last()  # type: ignore[union-attr]  # they are Guarded
        if self._patient:
            await self._silence(IDLE_SECONDS + 1)
        if self._acceptor is not None:
            await self._acceptor.close()
        await super().shutdown(sockets)

    async def _silence(self, seconds: float) -> None:
        """Until there is no connection, or for some seconds."""
        until = asyncio.get_running_loop().time() + seconds
        while self.server_state.connections and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110 -- uvicorn tells nobody of their ends
            await asyncio.sleep(0.05)


def _collect_what_comes() -> None:
    """Takes what was loaded out of the collector's sight, and lets it look less often at what requests leave behind.

    A look at everything took the loop's whole time for some hundredths of a second, again and again.
    """
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 50)
    gc.enable()


async def serve(told: Settings, charge: WorkerCharge) -> None:
    """Serves until told to end."""
    registry = await PostgresRegistry.open(
        told.database_url, told.root, standbys=told.standbys, secret_ids=told.secret_ids
    )
    most = open_files.room_for(CONNECTIONS)
    connections = Connections(CONNECTIONS_OF_ADDRESS if told.rate_limits else most, most, proxies=told.trusted_proxies)
    keeper, large = Keeper(charge.keeper, connections), Keeper(charge.keeper)
    secret = bytes.fromhex(charge.secret)
    access_log = Written(sys.stderr, as_json if logs.structured() else as_text)
    app = create(
        registry,
        told,
        access_log=metrics.Metered(access_log) if told.metrics else access_log,
        secret=secret,
        memory=KeptMemory(keeper),
        limiter=SharedLimiter(charge.limits, secret),
        intake=Intake(KeptReaders(keeper, large, "pictures"), KeptReaders(keeper, large, "tables"), announced=True),
        underway=Underway(
            of_client=OF_CLIENT if told.rate_limits else BODIES, in_all=max(BODIES // charge.workers, OF_CLIENT)
        ),
    )
    config = uvicorn.Config(
        app,
        http=connections.protocol(),
        log_config=None,
        access_log=False,  # ours knows no addresses: they may hold QR digits
        proxy_headers=False,  # ours believes only named proxies
        server_header=False,
        lifespan="on",
        ws="none",  # no route of ours: an upgrade is answered as the request it is
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=_FINISH_SECONDS,
    )
    beside = []
    if told.metrics:
        metrics.serving(charge.replaced)
        beside.append(lasting("counting for the metrics", lambda: _count(registry), _WATCH_SECONDS, at_once=True))
    if told.lookup_secrets:  # who starts has more to do at first
        beside.append(lasting("learning what lookups rest on", lambda: _learn(registry), _LEARN_SECONDS))
    tasks = [asyncio.create_task(one) for one in beside]
    try:
        with access_log.writing():
            await Server(config, socket.socket(fileno=charge.socket), connections).serve(sockets=[])
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(keeper.close(), large.close())
        await registry.close()


async def _count(registry: PostgresRegistry) -> None:
    """Says for the metrics how the registry and its hosts are."""
    with contextlib.suppress(RegistryUnavailable, RegisterDamaged):  # whoever asks is told
        newest = (await registry.chain()).newest  # before that nothing was seen
        metrics.registry_is(registry.hosts.seen.size, newest)
    for host in registry.hosts.hosts:
        in_use, idle = host.in_use
        behind = max(registry.hosts.seen.size - host.size, 0)
        metrics.host_is(host.name, usable=host.unfit is None, behind=behind, in_use=in_use, idle=idle)


async def _learn(registry: PostgresRegistry) -> None:
    """Brings what lookups rest on up to what was published, so that the first to ask need not wait for it."""
    with contextlib.suppress(RegistryUnavailable, RegisterDamaged):  # whoever asks is told
        await registry.learn_lookups()


def main() -> None:
    """The whole life of a worker."""
    logs.configure()
    charge = msgspec.json.decode(sys.stdin.buffer.readline(), type=WorkerCharge)
    processors.keep_to_part(charge.at, charge.workers)
    try:
        told = settings.read(os.environ, environment.var_folder())
    except settings.SettingRefused as refused:
        _log.error("%s", refused)
        sys.exit(1)
    under_supervision.run(serve(told, charge))
