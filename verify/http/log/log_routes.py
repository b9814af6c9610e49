"""The log for monitors, witnesses and whoever checks a receipt: the checkpoint, tiles and entry bundles (C2SP)."""

from typing import Final

from litestar import Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from verify.core.errors import LogRefused
from verify.core.log import tiles
from verify.http.asked.bodies import Inject
from verify.http.check.asker import Asker

_OPEN: Final = {"Access-Control-Allow-Origin": "*"}
_NOW: Final = _OPEN | {"Cache-Control": "public, max-age=5"}
_FOR_EVER: Final = _OPEN | {"Cache-Control": "public, max-age=31536000, immutable"}


@get("/checkpoint")
async def checkpoint(asker: Inject[Asker]) -> Response[bytes]:
    """The newest checkpoint, as a signed note."""
    tree = await asker.registry.log()
    if tree is None:
        raise NotFoundException
    return Response(tree.signed.note.encode(), media_type="text/plain", headers=_NOW)


@get("/tile/{path:path}")
async def tile(asker: Inject[Asker], path: FromPath[str]) -> Response[bytes]:
    """A tile of hashes or a bundle of entries, as far as the newest checkpoint reaches; it never changes."""
    try:
        wanted = tiles.named(path.removeprefix("/"))
    except LogRefused:
        raise NotFoundException from None
    tree = await asker.registry.log()
    data = await asker.registry.log_tile(wanted) if tree is not None and tiles.holds(wanted, tree.size) else None
    if data is None:
        raise NotFoundException
    return Response(data, media_type="application/octet-stream", headers=_FOR_EVER)


ROUTER = Router("/log", route_handlers=[checkpoint, tile])
