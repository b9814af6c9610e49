"""The bulk check for programs: JSON to verdicts, a spreadsheet to the same with columns added, either as a stream."""

import time
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from litestar import Response, Router, post
from litestar.response import Stream

from verify.core.answer import Verdict
from verify.files.refusals import FileRefused
from verify.files.tables.data import MAX_ROWS, JsonRow, Listed, of_rows
from verify.http.answers import problems
from verify.http.answers.problems import Refused
from verify.http.asked import forms
from verify.http.asked.bodies import AnyRequest, Inject, json_body
from verify.http.batch import batch_words, judging
from verify.http.batch.judging import Checked
from verify.http.check.asker import Asker
from verify.http.files.intake import BODY_BYTES, Intake, client_of
from verify.http.guard.limits import RATES, Limiter

NDJSON: Final = "application/x-ndjson"
TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


class BatchVerdicts(msgspec.Struct, frozen=True, kw_only=True):
    """The verdicts, in the order of the rows; null for a number that had too many wrong names today."""

    verdicts: tuple[Verdict | None, ...]


async def allowance(request: AnyRequest, limiter: Limiter, rows: int) -> dict[str, str]:
    """Takes the rows from the client's allowance; the headers that tell how much is left of it.

    RateLimit and RateLimit-Policy are those of draft-ietf-httpapi-ratelimit-headers: q rows in w seconds, r left,
    all again in t seconds. Raises Refused with the same headers and Retry-After.
    """
    rate = RATES["rows"]
    taken = await limiter.take("rows", client_of(request), time.monotonic(), cost=rows)
    headers = {
        "RateLimit-Policy": f'"rows";q={rate.burst};w={rate.burst * 60 // rate.per_minute}',
        "RateLimit": f'"rows";r={taken.left};t={taken.whole_in}',
    }
    if taken.wait:
        raise Refused("rate_limited", retry_after=taken.wait, headers=headers)
    return headers


def stream(lines: AsyncIterator[bytes], headers: dict[str, str]) -> Stream:
    """NDJSON that no proxy holds back."""
    return Stream(lines, media_type=NDJSON, headers=headers | {"X-Accel-Buffering": "no"})


def wants_lines(request: AnyRequest) -> bool:
    """Whether the asker takes NDJSON."""
    return NDJSON in request.headers.get("accept", "")


@post("/verify/batch", status_code=200, request_max_body_size=BODY_BYTES)
async def verify_batch(
    request: AnyRequest,
    asker: Inject[Asker],
    intake: Inject[Intake],
    limiter: Inject[Limiter],
    now: Inject[int],
) -> Response[Any] | Stream:
    """JSON rows to their verdicts; CSV or XLSX to the same file with columns; either as NDJSON while it runs."""
    data, listed = await _sent(request, intake)
    headers = await allowance(request, limiter, len(listed.rows))
    if wants_lines(request):
        return stream(_lines(asker, listed, now), headers)
    checked = [item async for items in judging.check(asker, listed.rows, now) for item in items]
    if listed.kind == "json":
        answer = BatchVerdicts(verdicts=tuple(item.verdict for item in checked))
        return Response(answer, headers=headers)
    results = batch_words.coded(checked, now, request.scope["state"]["language"])
    filled = await intake.filled(data, listed, batch_words.CODED_HEADERS, results, client_of(request))
    headers["Content-Disposition"] = f'attachment; filename="checked.{listed.kind}"'
    return Response(filled, headers=headers | {"Content-Type": _media_type(listed)})


def _media_type(listed: Listed) -> str:
    """The type of the file that comes back, with the charset of a text (RFC 7111)."""
    if not listed.encoding:
        return TYPES[listed.kind]
    return f"{TYPES['csv']}; charset={listed.encoding.removesuffix('-sig')}"


async def _sent(request: AnyRequest, intake: Intake) -> tuple[bytes, Listed]:
    """The file, empty for JSON, and its rows. What else it may be, its bytes tell and not its media type."""
    if request.content_type[0] == "application/json":
        rows = await json_body(request, list[JsonRow], rows=MAX_ROWS)
        try:
            return b"", of_rows(rows)
        except FileRefused as refused:
            raise Refused(refused.code) from None
    sent = request.content_type[0] == "multipart/form-data"
    data = await forms.file(request) if sent else await request.body()
    return data, await intake.table(data, client_of(request), ours=batch_words.all_headers())


async def _lines(asker: Asker, listed: Listed, now: int) -> AsyncIterator[bytes]:
    """One JSON value a line: the total, each row with its verdict, and at the end the summary or a problem."""
    encode = msgspec.json.Encoder().encode
    yield encode({"total": len(listed.rows)}) + b"\n"
    everything: list[Checked] = []
    try:
        async for items in judging.check(asker, listed.rows, now):
            everything += items
            yield b"".join(encode(_line(item)) + b"\n" for item in items)
    except Exception as error:  # noqa: BLE001 -- the status has been sent, so the last line tells
        yield encode({"problem": problems.problem(problems.of(error).code)}) + b"\n"
        return
    yield encode({"summary": judging.summary(everything)}) + b"\n"


def _line(item: Checked) -> dict[str, object]:
    line: dict[str, object] = {"row": item.row.row, "verdict": item.verdict}
    if item.row.problem is not None:
        detail = batch_words.PROBLEMS[item.row.problem]
        line["problem"] = {"code": item.row.problem, "cell": item.row.cell, "detail": detail}
    return line


API: Final = Router("/api/v1", route_handlers=[verify_batch])
