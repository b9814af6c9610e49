"""For the operator: whether the process lives, and whether it can judge."""

import asyncio
from typing import Literal

import msgspec
from litestar import Router, get

from verify.http.asked.bodies import Inject
from verify.http.check.asker import Asker
from verify.http.files.intake import Intake
from verify.registry.port import RegistryUnavailable
from verify.shared import lasting

_SECONDS = 5.0


class Health(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """That all is well.

    ``detail`` says which layers of the file readers' confinement this machine does not give, and what of the service's
    own work beside the answers fails now.
    """

    status: Literal["ok"]
    detail: str | None = None


@get("/live", sync_to_thread=False)
def live() -> Health:
    """Answers as long as the process does."""
    return Health(status="ok")


@get("/ready")
async def ready(asker: Inject[Asker], intake: Inject[Intake]) -> Health:
    """Answers 200 where the registry does and its keyring holds, or else 503 problem details."""
    try:
        await asyncio.wait_for(asker.registry.chain(), _SECONDS)
    except TimeoutError:
        raise RegistryUnavailable("no answer in time") from None
    beside = "".join(f"; {name} fails" for name in lasting.failing())
    return Health(status="ok", detail=f"file readers confined {intake.confinement()}{beside}")


ROUTER = Router("/health", route_handlers=[live, ready])
