"""The public service for tests: the real application over a registry in memory, spoken to without a socket."""

import contextlib
import math
import threading
import time
from collections.abc import Iterator
from typing import Any

import altcha
import httpx
import uvicorn
import uvloop

from tests import compiled_templates
from tests.invented import ROOT, SECRET
from tests.invented_exam import NOW, statements
from tests.memory_registry import MemoryRegistry
from verify.core.keyring import thumbprint
from verify.files.turns.allowance import BURST, Allowance
from verify.http.app import create
from verify.http.files.intake import Intake
from verify.http.guard.connections import Connections
from verify.http.guard.underway import Underway
from verify.registry.port import Registry
from verify.service.settings import Settings

URL = "http://testserver"

compiled_templates.share()


def settings(**other: Any) -> Settings:
    """Settings of the invented centre's service."""
    fields: dict[str, Any] = {
        "database_url": "postgresql://nowhere",
        "root": thumbprint(ROOT.public),
        "public_url": URL,
        "lookup_secrets": (SECRET,),
    }
    return Settings(**fields | other)


def registry() -> MemoryRegistry:
    """The register of the invented exam."""
    return MemoryRegistry(statements(), NOW)


class Time:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now


class _Client(httpx.AsyncClient):
    """A client that closes the readers of its service with itself."""

    def __init__(self, intake: Intake | None, **options: Any) -> None:
        super().__init__(**options)
        self._intake = intake

    async def aclose(self) -> None:
        """Closes both."""
        await super().aclose()
        if self._intake is not None:
            await self._intake.close()

    async def __aexit__(self, *error: Any) -> None:
        """As a context."""
        await super().__aexit__(*error)
        if self._intake is not None:
            await self._intake.close()


def client(
    register: Registry | None = None,
    *,
    clock: Time | None = None,
    peer: str = "192.0.2.1",
    parts: dict[str, Any] | None = None,
    **other: Any,
) -> httpx.AsyncClient:
    """A client of a service; ``other`` are its settings, ``parts`` further arguments of ``create``."""
    told = settings(**other)
    own = None if parts and "intake" in parts else Intake(allowance=Allowance(BURST if told.rate_limits else math.inf))
    given = {"intake": own, **(parts or {})}
    app = create(register or registry(), told, clock=clock or Time(), ticks=Time(0), **given)
    transport = httpx.ASGITransport(app=app, client=(peer, 50000))  # type: ignore[arg-type]  # ASGI by another spelling
    return _Client(own, transport=transport, base_url=URL, headers={"accept": "*/*"})


@contextlib.contextmanager
def serving(
    register: Registry, connections: Connections | None = None, underway: Underway | None = None, **other: Any
) -> Iterator[str]:
    """The service on a free port of this machine, on the loop that it has there, without rate limits; its address.

    It goes by the real clock. ``other`` are its settings.
    """
    app = create(register, settings(rate_limits=False, **other), clock=time.time, underway=underway)
    protocol = (connections or Connections()).protocol()
    config = uvicorn.Config(app, port=0, http=protocol, log_level="error", lifespan="on", loop="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=uvloop.run, args=(server.serve(),), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def solved(challenge: dict[str, Any]) -> str:
    """The payload of a solved challenge, as a client's ALTCHA library makes it."""
    asked = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(asked)
    assert solution is not None
    return altcha.Payload(asked, solution).to_base64()


async def proof(service: httpx.AsyncClient, name: str | None = None) -> str:
    """A fresh proof of work, hard enough for ``name`` where one is given."""
    if name is None:
        answer = await service.get("/api/v1/challenge")
    else:
        answer = await service.post("/api/v1/challenge", json={"name": name})
    return solved(answer.json())
