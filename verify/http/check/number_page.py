"""The address of a number's verdict, ``/c/NUMBER``: what a stranger sees, and nothing personal in it."""

from typing import Any, Final
from urllib.parse import quote

from litestar import Response, Router, get
from litestar.params import FromPath
from litestar.response import Redirect

from verify.core.personal import is_personal
from verify.http.answers.problems import wants_json
from verify.http.answers.rendering import Views
from verify.http.asked.bodies import AnyRequest, Inject
from verify.http.check.asker import Asker
from verify.http.check.verdict_pages import NOT_HELD, form_values, verdict_page

_VARY: Final = {"Vary": "Accept, Accept-Language", "Cache-Control": "no-store"}


@get("/c/{number:str}")
async def certificate(
    request: AnyRequest, number: FromPath[str], views: Inject[Views], asker: Inject[Asker], now: Inject[int]
) -> Response[Any]:
    """The verdict on a number, for whoever was given its address."""
    judged = await asker.number(number, now=now)
    status = 404 if judged.outcome in NOT_HELD else 200
    if status == 404 and is_personal(number):
        return Redirect(views.link(request, "/check?fault=personal_number"), status_code=303)
    if wants_json(request):
        return Response(judged, status_code=status, headers=_VARY)
    form = {"number": judged.certificate.number if judged.certificate else number[:100], "name": "", "as_of": ""}
    values = await form_values(asker)
    page = verdict_page(request, views, judged, form=form, path=f"/c/{quote(number, safe='')}", **values)
    page.status_code = status
    return page


ROUTER: Final = Router("/", route_handlers=[certificate])
