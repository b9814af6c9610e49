"""The bulk check for programs: JSON to verdicts, a spreadsheet to the same with columns added, either as a stream."""

import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from litestar.response import Stream
from msgspec import Meta

from verify.core.answer import Verdict
from verify.files.pieces import Pieces
from verify.files.refusals import FileRefused
from verify.files.tables.data import MAX_ROWS, JsonRow, Listed, of_rows
from verify.http.answers import problems
from verify.http.answers.direct import Direct, Reply, json, raw
from verify.http.answers.problems import Refused
from verify.http.asked import forms
from verify.http.asked.bodies import AnyRequest, json_body, taken
from verify.http.asked.state import State
from verify.http.batch import batch_words, many
from verify.http.batch.many import Checked, Judging
from verify.http.check.asker import Asker
from verify.http.files.intake import BODY_BYTES, Intake, client_of
from verify.http.guard.challenge import Challenge
from verify.http.guard.lane import slices
from verify.http.guard.limits import RATES, Limiter

NDJSON: Final = "application/x-ndjson"
CHALLENGE: Final = "Altcha-Challenge"
"""The header that carries the challenge of a file that comes back; its answer is the field or header ``altcha``."""
ROWS: Final = "Yinjian-Rows"
"""The header that says of a file how many rows were found and checked, and on how many sheets (RFC 9651)."""
TYPES: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


class RowRefused(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row has no verdict; rows count from 1."""

    row: int
    code: Literal["proof_wanted"]


class BatchVerdicts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The verdicts, in the order of the rows; null where a name is compared only for a proof of work.

    ``problems`` names these rows, and ``challenge`` asks for the work of the whole list: to be sent again with it.
    """

    verdicts: tuple[Verdict | None, ...]
    problems: tuple[RowRefused, ...] = ()
    challenge: Challenge | None = None


RowList: TypeAlias = Annotated[list[JsonRow], Meta(extra_json_schema={"minItems": 1, "maxItems": MAX_ROWS})]
"""Counted when it is read, with a code of its own."""


class Rows(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows with a proof of work."""

    rows: RowList
    altcha: str | None = None


_ROWS: Final[Any] = Rows | list[JsonRow]
_WRITTEN_AT_ONCE: Final = 200
"""Verdicts written in one turn of the loop, a millisecond of work."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent: the file, empty for JSON, its rows, and a proof of work where there is one."""

    data: Pieces
    listed: Listed
    altcha: str | None


async def allowance(client: str, limiter: Limiter, rows: int) -> dict[str, str]:
    """Takes the rows from the client's allowance; the headers that tell how much is left of it.

    RateLimit and RateLimit-Policy are those of draft-ietf-httpapi-ratelimit-headers: q rows in w seconds, r left,
    all again in t seconds. Raises Refused with the same headers and Retry-After.
    """
    rate = RATES["rows"]
    taken = await limiter.take("rows", client, time.monotonic(), cost=rows)
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


def wants_lines(known: State) -> bool:
    """Whether the asker takes NDJSON."""
    return NDJSON in known.accept


def direct(asker: Asker, intake: Intake, limiter: Limiter) -> list[Direct]:
    """The route."""

    async def verify_batch(request: AnyRequest, known: State) -> Reply | Stream:
        """JSON rows to their verdicts; CSV or XLSX to the same file with columns; either as NDJSON while it runs."""
        sent = await _sent(request, intake)
        listed = sent.listed
        headers = await allowance(known.client, limiter, len(listed.rows))
        judged = Judging(asker, listed.rows, known.now, client=known.client, altcha=sent.altcha)
        if wants_lines(known):
            return stream(_lines(judged, listed), headers)
        checked = [item async for items in judged.checked() for item in items]
        if listed.kind == "json":
            return json(await written(checked, judged.challenge), raw(headers))
        if judged.challenge is not None:
            headers[CHALLENGE] = msgspec.json.encode(judged.challenge).decode()
        results = await batch_words.coded(checked, known.now, known.language)
        filled = await intake.filled(sent.data, listed, batch_words.CODED_HEADERS, results, known.client)
        had = sum(item.verdict is not None for item in checked)
        headers[ROWS] = f"found={len(checked)}, checked={had}, sheets={len(listed.sheets)}"
        headers["Content-Disposition"] = f'attachment; filename="checked.{listed.kind}"'
        return Reply(filled, raw(headers | {"Content-Type": _media_type(listed)}))

    return [Direct("/api/v1/verify/batch", post=verify_batch, most_bytes=BODY_BYTES)]


def _media_type(listed: Listed) -> str:
    """The type of the file that comes back, with the charset of a text (RFC 7111)."""
    if not listed.encoding:
        return TYPES[listed.kind]
    return f"{TYPES['csv']}; charset={listed.encoding.removesuffix('-sig')}"


async def written(checked: Sequence[Checked], challenge: Challenge | None) -> bytes:
    """BatchVerdicts as JSON: ten megabytes of verdicts on 5,000 rows, some at a time."""
    encode = msgspec.json.Encoder().encode
    wanted = (item.row.row for item in checked if item.row.problem == many.WANTED)
    problems_of = tuple(RowRefused(row=row, code="proof_wanted") for row in wanted)
    rest = encode(BatchVerdicts(verdicts=(), problems=problems_of, challenge=challenge))
    verdicts = [
        encode([item.verdict for item in some])[1:-1] async for some in slices(checked, _WRITTEN_AT_ONCE) if some
    ]
    return b'{"verdicts":[' + b",".join(verdicts) + rest.removeprefix(b'{"verdicts":[')


async def _sent(request: AnyRequest, intake: Intake) -> Sent:
    """What else than JSON it may be, its bytes tell and not its media type."""
    altcha = request.headers.get("altcha")
    if request.content_type[0] == "application/json":
        asked = await json_body(request, _ROWS, rows=MAX_ROWS)
        given = asked if isinstance(asked, Rows) else Rows(rows=asked)
        try:
            return Sent(data=Pieces(), listed=of_rows(given.rows), altcha=given.altcha or altcha)
        except FileRefused as refused:
            raise Refused(refused.code) from None
    if request.content_type[0] == "multipart/form-data":
        data, field = await forms.file_with(request, "altcha")
        altcha = field or altcha
    else:
        data = await taken(request, BODY_BYTES)
    return Sent(
        data=data, listed=await intake.table(data, client_of(request), ours=batch_words.all_headers()), altcha=altcha
    )


async def _lines(judged: Judging, listed: Listed) -> AsyncIterator[bytes]:
    """One JSON value a line: the total, each row with its verdict, and at the end the summary or a problem."""
    encode = msgspec.json.Encoder().encode
    yield encode({"total": len(listed.rows), **_read(listed)}) + b"\n"
    everything: list[Checked] = []
    try:
        async for items in judged.checked():
            everything += items
            yield b"".join(encode(_line(item)) + b"\n" for item in items)
    except Exception as error:  # noqa: BLE001 -- the status has been sent, so the last line tells
        yield encode({"problem": problems.problem(problems.of(error).code)}) + b"\n"
        return
    last: dict[str, object] = {"summary": many.summary(everything)}
    yield encode(last | ({"challenge": judged.challenge} if judged.challenge else {})) + b"\n"


def _read(listed: Listed) -> dict[str, object]:
    """Which sheets were read and which not, where that is not simply the only one and all of it."""
    if len(listed.sheets) == 1 and not listed.sheets[0].without and not listed.not_read:
        return {}
    return {
        "sheets": [
            {"name": sheet.name, "found": sheet.found, "without": sheet.without, "columns": sheet.columns}
            for sheet in listed.sheets
        ],
        "not_read": [{"name": name, "code": why} for name, why in listed.not_read],
    }


def _line(item: Checked) -> dict[str, object]:
    line: dict[str, object] = {"row": item.row.row, "verdict": item.verdict}
    if item.row.sheet:
        line["sheet"] = item.row.sheet
    if item.row.told:
        line["told"] = item.row.told
    if item.row.problem is not None:
        detail = batch_words.PROBLEMS[item.row.problem]
        line["problem"] = {"code": item.row.problem, "cell": item.row.cell, "detail": detail}
    return line
