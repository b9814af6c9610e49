"""The pages of exams and their pass lists."""

import itertools
from typing import Final

from litestar import Response, Router, get
from litestar.params import FromPath, FromQuery

from verify.http.asking import Asker
from verify.http.bodies import AnyRequest, Inject
from verify.http.lists_api import freshness, gone
from verify.http.views import Views

_EXAMS: Final = 50
_ROWS: Final = 100


@get("/pass-lists")
async def pass_lists(
    *,
    request: AnyRequest,
    views: Inject[Views],
    asker: Inject[Asker],
    now: Inject[int],
    programme: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """Exams, the last held first."""
    page = await asker.registry.exams(programme or None, cursor, _EXAMS)
    chain = await asker.registry.chain()
    return views.page(
        request,
        "pass_lists.html",
        cache="public, max-age=60",
        page=page,
        years=[(year, list(heads)) for year, heads in itertools.groupby(page.items, lambda head: head.held_on[:4])],
        seconds=now,
        programme=programme,
        programmes=chain.newest.programmes,
    )


@get("/pass-lists/{code:str}")
async def pass_list(
    *,
    request: AnyRequest,
    code: FromPath[str],
    views: Inject[Views],
    asker: Inject[Asker],
    now: Inject[int],
    cursor: FromQuery[str | None] = None,
) -> Response[str]:
    """One exam's list."""
    page = await asker.registry.rows(code, cursor, _ROWS)
    if page is None:
        raise await gone(asker.registry, code)
    chain = await asker.registry.chain()
    return views.page(
        request,
        "pass_list.html",
        cache=freshness(page.head, now),
        page=page,
        head=page.head,
        programme=chain.newest.programme(page.head.programme),
        seconds=now,
        cursor=cursor,
    )


ROUTER = Router("/", route_handlers=[pass_lists, pass_list])
