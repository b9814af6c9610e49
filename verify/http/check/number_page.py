"""The address of a number's verdict, ``/c/NUMBER``: what a stranger sees, and nothing personal in it."""

import base64
from typing import Final
from urllib.parse import quote

from verify.core.answer import Verdict
from verify.core.personal import is_personal
from verify.http.answers.direct import AnyRequest, Direct, Reply, as_json, as_sent, raw
from verify.http.answers.problem_table import KINDS
from verify.http.answers.problems import wants_json
from verify.http.answers.rendering import Views
from verify.http.asked.state import State
from verify.http.check.asker import Asker
from verify.http.check.verdict_pages import form_values, verdict_page
from verify.http.check.verify_api import no_certificate

_VARY: Final = raw({"Vary": "Accept, Accept-Language", "Cache-Control": "no-store"})


_RECEIPTS: Final = {"tlog-proof": "text/plain; charset=utf-8", "cose": "application/cose"}
"""The forms of a receipt, and how each is sent."""


def _file(judged: Verdict, form: str) -> Reply:
    """The receipt as a file, called after the certificate."""
    told, number = judged.receipt, judged.certificate.number if judged.certificate else "receipt"
    data = b"" if told is None else base64.b64decode(told.cose) if form == "cose" else told.tlog_proof.encode()
    headers = {"Content-Type": _RECEIPTS[form], "Content-Disposition": f'attachment; filename="{number}.{form}"'}
    return Reply(data, raw(headers | {"Cache-Control": "no-store"}))


def direct(asker: Asker, views: Views) -> list[Direct]:
    """The route."""

    async def certificate(request: AnyRequest, known: State) -> Reply:
        """The verdict on a number, for whoever was given its address."""
        number = known.last
        receipt = request.query_params.get("receipt")
        judged = await asker.number(number, now=known.now, receipt=receipt in _RECEIPTS)
        if receipt is not None and judged.receipt is not None:
            return _file(judged, receipt)
        refused = no_certificate(judged)
        status = 200 if refused is None else KINDS[refused].status
        if status == 404 and is_personal(number):
            return Reply(b"", raw({"Location": views.link(request, "/check?fault=personal_number")}), 303)
        if wants_json(request):
            return as_json(judged, _VARY, status)
        form = {"number": judged.certificate.number if judged.certificate else number[:100], "name": "", "as_of": ""}
        values = await form_values(asker)
        page = verdict_page(request, views, judged, form=form, path=f"/c/{quote(number, safe='')}", **values)
        page.status_code = status
        return as_sent(page)

    return [Direct("/c/{number}", get=certificate)]
