"""The composition root: the one place where the service's parts are put together."""

import logging
import math
import secrets
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from litestar import Litestar, Request
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.types import ASGIApp, ControllerRouterHandler, ExceptionHandlersMap

from verify.files.turns.allowance import BURST, Allowance
from verify.http.access_log import AccessLog
from verify.http.answers.assets import Files
from verify.http.answers.kept_pages import KeptPages
from verify.http.answers.rendering import Views
from verify.http.asked import state
from verify.http.batch import batch_api, batch_page
from verify.http.check import number_page, verdict_pages, verify_api
from verify.http.check.asker import Asker
from verify.http.description import openapi
from verify.http.edge import Edge
from verify.http.files import uploads
from verify.http.files.intake import Intake
from verify.http.guard.limits import Limiter, MemoryLimiter, Unlimited
from verify.http.guard.lookups_tried import LookupsTried
from verify.http.guard.memory import LocalMemory, Memory
from verify.http.guard.name_gate import NameGate
from verify.http.guard.names_tried import NamesTried
from verify.http.guard.proof import Proofs
from verify.http.guard.underway import IN_ALL, OF_CLIENT, Underway
from verify.http.installed import shell as shells
from verify.http.lists import list_pages, lists_api
from verify.http.lists.not_in_force import Standings
from verify.http.lists.planned_exams import Calendar
from verify.http.log import log_routes
from verify.http.lookup.lookups import LookupDesk
from verify.http.ops import health, wellknown
from verify.http.site import site_pages
from verify.registry.port import Registry
from verify.service.settings import Settings
from verify.shared.planned import PlanFile

if TYPE_CHECKING:
    from verify.http.guard.redis_memory import Shared

_log = logging.getLogger("yinjian.http")

_BODY_BYTES = 64 << 10
"""What a request may send where its route does not say otherwise."""

ROUTES: Sequence[ControllerRouterHandler] = (
    site_pages.ROUTER,
    shells.ROUTER,
    wellknown.ROUTER,
    log_routes.ROUTER,
    health.ROUTER,
)
"""Every module of routes. A new one is added here, and to operations.py where it is for programs."""


class _Service(Litestar):
    """Litestar with what is asked for alone: without, it loads pydantic and attrs where these are installed."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]


def direct(
    asker: Asker,
    views: Views,
    desk: LookupDesk,
    standings: Standings,
    calendar: Calendar,
    *,
    intake: Intake,
    limiter: Limiter,
) -> list[ControllerRouterHandler]:
    """The routes whose parts are given to them at start."""
    pages = KeptPages()
    return [
        *verdict_pages.direct(asker, views, desk, pages),
        *number_page.direct(asker, views),
        *verify_api.direct(asker, desk),
        *list_pages.direct(asker, views, standings, calendar, pages),
        *lists_api.direct(asker, calendar, pages),
        *uploads.direct(asker, intake, views),
        *batch_page.direct(asker, intake, limiter, views),
        *batch_api.direct(asker, intake, limiter),
        *openapi.direct(views),
    ]


def create(
    registry: Registry,
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    ticks: Callable[[], float] = time.monotonic,
    limiter: Limiter | None = None,
    shared: "Shared | None" = None,
    memory: Memory | None = None,
    secret: bytes | None = None,
    intake: Intake | None = None,
    underway: Underway | None = None,
    access_log: AccessLog | None = None,
) -> ASGIApp:
    """The service as an ASGI application, for an open registry. ``clock`` tells seconds since
    1970, ``ticks`` seconds that never go back. ``memory`` and ``secret`` are what several processes share; a Redis
    that is set goes before the one, the lookup secret before the other.
    """
    files = Files(logo=settings.site.logo)
    views = Views(files, settings.site, settings.public_url)
    shell = shells.Shell(files, views, settings)
    # Without a lookup secret any other: what is remembered must be hashed with something secret.
    secret = settings.lookup_secrets[0] if settings.lookup_secrets else secret or secrets.token_bytes(32)
    if shared is None and settings.redis_url:
        from verify.http.guard.redis_memory import Shared  # which takes a tenth of the time to start

        shared = Shared(settings.redis_url)
    memory = shared or memory or LocalMemory()
    proofs = Proofs(secret, memory)
    asker = Asker(registry, settings.lookup_secrets, NameGate(NamesTried(secret, memory), proofs))
    standings = Standings(asker)
    calendar = Calendar(PlanFile(settings.calendar), registry)
    desk = LookupDesk(asker, proofs, LookupsTried(secret, memory))
    limits: Limiter = (shared or limiter or MemoryLimiter()) if settings.rate_limits else Unlimited()
    files_in = intake or Intake(allowance=Allowance(BURST if settings.rate_limits else math.inf))
    if not files.has("web/site.js"):
        _log.warning("the pages' scripts are not built (make web): no lookups, camera, drop, paste or progress")

    def now(request: Request[Any, Any, Any]) -> int:
        """The one time of the request, taken where it came in."""
        return state.of(request.scope).now

    complaints: ExceptionHandlersMap = {HTTPException: views.complaint, Exception: views.complaint}
    app = _Service(
        [
            *ROUTES,
            *direct(asker, views, desk, standings, calendar, intake=files_in, limiter=limits),
            files.handler(),
        ],
        dependencies={
            "asker": Provide(lambda: asker, sync_to_thread=False),
            "intake": Provide(lambda: files_in, sync_to_thread=False),
            "shell": Provide(lambda: shell, sync_to_thread=False),
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "views": Provide(lambda: views, sync_to_thread=False),
            "now": Provide(now, sync_to_thread=False),
        },
        exception_handlers=complaints,
        request_max_body_size=_BODY_BYTES,
        on_startup=[views.warm, files_in.start],
        on_shutdown=[files_in.close, *([shared.close] if shared else [])],
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    return Edge(
        app,
        limiter=limits,
        complain=views.complaint,
        trees=files_in.tree,
        clock=clock,
        ticks=ticks,
        proxies=settings.trusted_proxies,
        secure=settings.secure,
        underway=underway or Underway(of_client=OF_CLIENT if settings.rate_limits else IN_ALL),
        access_log=access_log,
    )
