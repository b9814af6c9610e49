"""For the operator: whether the process lives, and whether it can judge."""

import asyncio

from litestar import Router, get

from verify.http.asked.bodies import Inject
from verify.http.check.asker import Asker
from verify.http.files.intake import Intake
from verify.registry.port import RegistryUnavailable

_SECONDS = 5.0


@get("/live", sync_to_thread=False)
def live() -> dict[str, str]:
    """Answers as long as the process does."""
    return {"status": "ok"}


@get("/ready")
async def ready(asker: Inject[Asker], intake: Inject[Intake]) -> dict[str, str]:
    """Answers 200 where the registry does and its keyring holds, or else 503 problem details.

    ``detail`` says which layers of the file readers' confinement this machine does not give.
    """
    try:
        await asyncio.wait_for(asker.registry.chain(), _SECONDS)
    except TimeoutError:
        raise RegistryUnavailable("no answer in time") from None
    return {"status": "ok", "detail": f"file readers confined {intake.confinement()}"}


ROUTER = Router("/health", route_handlers=[live, ready])
