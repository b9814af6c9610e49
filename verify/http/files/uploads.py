"""A photograph, scan or PDF of a certificate: every QR code in it found and judged."""

import asyncio
from typing import Any, Final, Literal

import msgspec
from litestar import Response, Router, get, post
from litestar.response import Redirect

from verify.core.answer import Verdict
from verify.core.qr_text import digits
from verify.files.codes import Code, CodeKind
from verify.files.findings import Findings
from verify.http.answers import phrases, problems
from verify.http.answers.problems import Refused
from verify.http.answers.rendering import Views
from verify.http.asked import forms
from verify.http.asked.bodies import AnyRequest, Inject
from verify.http.asked.language import N_
from verify.http.check.asker import Asker
from verify.http.files.intake import BODY_BYTES, Intake, client_of

KINDS: Final[dict[CodeKind, str]] = {
    "certificate": N_("A certificate's code."),
    "payment_weixin": N_("A WeChat payment code. It has nothing to do with a certificate: pay nobody with it."),
    "payment_alipay": N_("An Alipay payment code. It has nothing to do with a certificate: pay nobody with it."),
    "payment_unionpay": N_("A UnionPay payment code. It has nothing to do with a certificate: pay nobody with it."),
    "health_certificate": N_("An EU health certificate. It is checked with another service."),
    "contact": N_("A contact card."),
    "wifi": N_("The access to a wireless network."),
    "link": N_("A link to some web page, not to a certificate. A forger may print such a link: do not rely on it."),
    "other": N_("A code of another kind."),
}  # fmt: skip
NOTHING: Final = N_("No QR code was found. Take it again, closer and in good light, with the whole code sharp.")
UNFINISHED: Final = N_("There was not time enough to look at everything. Send the page with the code alone.")


class CodeFound(msgspec.Struct, frozen=True, kw_only=True):
    """One code: where it is and what it is. The verdict on it has the same place in ``verdicts``."""

    page: int
    kind: CodeKind
    source: Literal["picture", "attachment"]
    detail: str


class DocumentVerdicts(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: a verdict for each code, in the order of the pages."""

    verdicts: tuple[Verdict, ...]
    codes: tuple[CodeFound, ...]
    pages: int
    complete: bool
    """False where the time was over before everything had been looked at."""
    reason: str | None
    """Why there is no verdict, or perhaps not every one; None otherwise."""


async def judged(asker: Asker, findings: Findings, now: int) -> tuple[Verdict, ...]:
    """The verdict on each code; on one that is not ours, that it is not."""
    return tuple(await asyncio.gather(*(asker.qr(code.text or "", now=now) for code in findings.codes)))


@post("/verify/document", status_code=200, request_max_body_size=BODY_BYTES)
async def document(
    request: AnyRequest, asker: Inject[Asker], intake: Inject[Intake], now: Inject[int]
) -> DocumentVerdicts:
    """The verdicts on the QR codes of a PNG, JPEG, WebP or PDF."""
    findings = await intake.codes(await forms.file(request), client_of(request))
    return DocumentVerdicts(
        verdicts=await judged(asker, findings, now),
        codes=tuple(
            CodeFound(page=code.page, kind=code.kind, source=code.source, detail=KINDS[code.kind])
            for code in findings.codes
        ),
        pages=findings.pages,
        complete=findings.complete,
        reason=_reason(findings),
    )


def _reason(findings: Findings) -> str | None:
    if not findings.complete:
        return UNFINISHED
    return None if findings.codes else NOTHING


@get("/upload", sync_to_thread=False)
def upload_form(request: AnyRequest, views: Inject[Views]) -> Response[str]:
    """The form for a file, alone."""
    return views.page(request, "upload.html", cache="public, max-age=60", fault=None)


@post("/upload", status_code=200, request_max_body_size=BODY_BYTES)
async def upload(
    request: AnyRequest,
    views: Inject[Views],
    asker: Inject[Asker],
    intake: Inject[Intake],
    now: Inject[int],
) -> Response[Any]:
    """The verdict's own page for a single certificate, or a page of all that was found."""
    try:
        findings = await intake.codes(await forms.file(request), client_of(request))
    except Refused as refused:
        if refused.retry_after is not None:
            raise
        told = problems.problem(refused.code)
        return views.page(request, "upload.html", status=told.status, fault=refused, problem=told)
    if len(findings.codes) == 1 and findings.complete and findings.codes[0].text is not None:
        return Redirect(views.link(request, f"/Q/{digits(findings.codes[0].text)}"), status_code=303)
    verdicts = await judged(asker, findings, now)
    return views.page(
        request,
        "uploaded.html",
        found=[_shown(code, verdict) for code, verdict in zip(findings.codes, verdicts, strict=True)],
        pages=findings.pages,
        reason=_reason(findings),
        kinds=KINDS,
    )


def _shown(code: Code, verdict: Verdict) -> dict[str, object]:
    return {
        "code": code,
        "verdict": verdict,
        "phrase": phrases.of(verdict),
        "path": None if code.text is None else f"/Q/{digits(code.text)}",
    }


@get("/scan", sync_to_thread=False)
def scan(request: AnyRequest, views: Inject[Views]) -> Response[str]:
    """The camera. Only this page may run WebAssembly, which the decoder is made of."""
    page = views.page(request, "scan.html", cache="public, max-age=60")
    page.headers["Content-Security-Policy"] = CAMERA_POLICY
    return page


CAMERA_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; "
    "media-src 'self' blob: mediastream:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

API: Final = Router("/api/v1", route_handlers=[document])
PAGES: Final = Router("/", route_handlers=[upload_form, upload, scan])
