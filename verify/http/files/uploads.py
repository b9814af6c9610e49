"""A photograph, scan or PDF of a certificate: every QR code in it found and judged."""

import asyncio
from typing import Final, Literal

import msgspec

from verify.core.answer import Verdict
from verify.core.qr_text import digits
from verify.files.codes import Code, CodeKind
from verify.files.findings import Findings
from verify.http.answers import phrases, problems
from verify.http.answers.direct import Direct, Reply, as_json, as_sent, raw
from verify.http.answers.problems import Refused
from verify.http.answers.rendering import Views
from verify.http.asked import forms
from verify.http.asked.bodies import AnyRequest
from verify.http.asked.language import N_
from verify.http.asked.state import State
from verify.http.check.asker import Asker
from verify.http.files.intake import BODY_BYTES, Intake

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


_PUBLIC: Final = "public, max-age=60"


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


def direct(asker: Asker, intake: Intake, views: Views) -> list[Direct]:
    """The routes for files, and the camera's page."""

    async def document(request: AnyRequest, known: State) -> Reply:
        """The verdicts on the QR codes of a PNG, JPEG, WebP or PDF."""
        findings = await intake.codes(await forms.file(request), known.client)
        answer = DocumentVerdicts(
            verdicts=await judged(asker, findings, known.now),
            codes=tuple(
                CodeFound(page=code.page, kind=code.kind, source=code.source, detail=KINDS[code.kind])
                for code in findings.codes
            ),
            pages=findings.pages,
            complete=findings.complete,
            reason=_reason(findings),
        )
        return as_json(answer)

    async def upload_form(request: AnyRequest, _known: State) -> Reply:
        """The form for a file, alone."""
        return as_sent(views.page(request, "upload.html", cache=_PUBLIC, fault=None))

    async def upload(request: AnyRequest, known: State) -> Reply:
        """The verdict's own page for a single certificate, or a page of all that was found."""
        try:
            findings = await intake.codes(await forms.file(request), known.client)
        except Refused as refused:
            if refused.retry_after is not None:
                raise
            told = problems.problem(refused.code)
            return as_sent(views.page(request, "upload.html", status=told.status, fault=refused, problem=told))
        if len(findings.codes) == 1 and findings.complete and findings.codes[0].text is not None:
            return Reply(b"", raw({"Location": views.link(request, f"/Q/{digits(findings.codes[0].text)}")}), 303)
        verdicts = await judged(asker, findings, known.now)
        found = [_shown(code, verdict) for code, verdict in zip(findings.codes, verdicts, strict=True)]
        reason = _reason(findings)
        page = views.page(request, "uploaded.html", found=found, pages=findings.pages, reason=reason, kinds=KINDS)
        return as_sent(page)

    async def scan(request: AnyRequest, _known: State) -> Reply:
        """The camera. Only this page may run WebAssembly, which the decoder is made of."""
        page = views.page(request, "scan.html", cache=_PUBLIC)
        page.headers["Content-Security-Policy"] = CAMERA_POLICY
        return as_sent(page)

    return [
        Direct("/api/v1/verify/document", post=document, most_bytes=BODY_BYTES),
        Direct("/upload", get=upload_form, post=upload, most_bytes=BODY_BYTES),
        Direct("/scan", get=scan),
    ]


def _reason(findings: Findings) -> str | None:
    if not findings.complete:
        return UNFINISHED
    return None if findings.codes else NOTHING


def _shown(code: Code, verdict: Verdict) -> dict[str, object]:
    return {
        "code": code,
        "verdict": verdict,
        "phrase": phrases.of(verdict),
        "path": None if code.text is None else f"/Q/{digits(code.text)}",
    }


CAMERA_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; "
    "media-src 'self' blob: mediastream:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
