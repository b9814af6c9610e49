"""The pages that say whose site this is: about, help, privacy; and robots.txt."""

from typing import Final

from litestar import Response, Router, get

from verify.core.errors import RegisterDamaged
from verify.core.keyring import Keyring
from verify.core.log.checkpoint import Checkpoint
from verify.http.answers.rendering import Views
from verify.http.asked.bodies import AnyRequest, Inject
from verify.http.check.asker import Asker
from verify.registry.port import RegistryUnavailable
from verify.service.settings import Settings

_PUBLIC: Final = "public, max-age=300"
_ROBOTS: Final = "".join(
    f"{line}\n"
    for line in (
        "User-agent: *",
        *(
            f"Disallow: {path}"
            for path in ("/Q/", "/q/", "/c/", "/check", "/lookup", "/upload", "/batch", "/pass-lists/", "/api/")
        ),
    )
)
"""Names are on the lists and in verdicts; nobody is to be found by them in a search engine."""


@get("/about")
async def about(
    request: AnyRequest, views: Inject[Views], asker: Inject[Asker], settings: Inject[Settings]
) -> Response[str]:
    """Whose site this is, its keys, and how to check the root's thumbprint."""
    return views.page(
        request,
        "about.html",
        cache=_PUBLIC,
        keyring=await _keyring(asker),
        root=_groups(settings.root.hex()),
        log=await _log(asker),
    )


@get("/help")
async def help_page(request: AnyRequest, views: Inject[Views], asker: Inject[Asker]) -> Response[str]:
    """The commonest questions."""
    return views.page(request, "help.html", cache=_PUBLIC, keyring=await _keyring(asker))


@get("/privacy", sync_to_thread=False)
def privacy(request: AnyRequest, views: Inject[Views]) -> Response[str]:
    """What is kept, how long, and whom to ask."""
    return views.page(request, "privacy.html", cache=_PUBLIC)


@get("/robots.txt", media_type="text/plain", sync_to_thread=False)
def robots() -> Response[str]:
    """What robots may look at."""
    return Response(_ROBOTS, media_type="text/plain", headers={"Cache-Control": "public, max-age=86400"})


async def _keyring(asker: Asker) -> Keyring | None:
    """The newest keyring, None while the register cannot be asked: these pages are shown all the same."""
    try:
        return (await asker.registry.chain()).newest
    except (RegistryUnavailable, RegisterDamaged):
        return None


async def _log(asker: Asker) -> Checkpoint | None:
    """The newest checkpoint of the public log, None where there is none or the register cannot be asked."""
    try:
        tree = await asker.registry.log()
    except (RegistryUnavailable, RegisterDamaged):
        return None
    return tree.signed.checkpoint if tree is not None else None


def _groups(digits: str) -> list[str]:
    """Hex digits in groups of four, to be read out and compared."""
    return [digits[at : at + 4] for at in range(0, len(digits), 4)]


ROUTER: Final = Router("/", route_handlers=[about, help_page, privacy, robots])
