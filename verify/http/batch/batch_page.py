"""The bulk check for HR clerks: a list pasted or sent, a summary, the rows to look at, and the same file back."""

import asyncio
import base64
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.response import Stream

from verify.files.pieces import Pieces
from verify.files.tables.data import MAX_BYTES, MAX_ROWS, Listed, Row
from verify.http.answers import problems
from verify.http.answers.direct import Direct, Reply, as_sent, raw
from verify.http.answers.phrases import Phrase, Tone
from verify.http.answers.problems import Refused
from verify.http.answers.rendering import Views
from verify.http.asked import forms
from verify.http.asked import language as words
from verify.http.asked.bodies import AnyRequest
from verify.http.asked.state import State
from verify.http.batch import batch_words
from verify.http.batch.batch_api import TYPES, allowance, stream, wants_lines
from verify.http.batch.many import Checked, Judging
from verify.http.check.asker import Asker
from verify.http.files.intake import BODY_BYTES, Intake
from verify.http.guard.limits import Limiter

_MOST_SHOWN: Final = 200
"""Rows of trouble that the page lists; the file has all."""


_FILE_AT_ONCE: Final = 48 << 10
"""Bytes of the file that are written in one turn of the loop; a multiple of three."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What a clerk sent: the file, empty where rows were pasted, the name of the one to give back, and the rows."""

    data: Pieces
    name: str
    listed: Listed
    altcha: str | None


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """A row that is not simply valid."""

    row: Row
    tone: Tone
    outcome: str
    reason: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows when all is done. The file is in the page itself, so that nothing is kept here."""

    total: int
    good: int
    checked: int
    """Rows that have a verdict."""
    listed: Listed
    told: tuple[tuple[str, tuple[str, ...]], ...]
    """What was put right or taken to mean something, and in which cells."""
    counts: tuple[tuple[Phrase, int], ...]
    trouble: tuple[Trouble, ...]
    more: int
    """Rows of trouble beyond those listed."""
    name: str
    file: str
    """The file as a data: address, ``mark`` in the place of its bytes."""
    mark: str
    data: bytes


def direct(asker: Asker, intake: Intake, limiter: Limiter, views: Views) -> list[Direct]:
    """The route."""

    async def form(request: AnyRequest, _known: State) -> Reply:
        """The form."""
        return _page(request, views, cache="public, max-age=60")

    async def check(request: AnyRequest, known: State) -> Reply | Stream:
        """The result as a page, or for the page's script as NDJSON: rows done, again and again, and then its HTML."""
        live = wants_lines(known)
        try:
            sent = await _sent(request, intake, known.client)
            headers = await allowance(known.client, limiter, len(sent.listed.rows))
        except Refused as refused:
            if live:
                return _told(known, refused)
            if refused.retry_after is not None:
                raise
            told = problems.problem(refused.code, line=refused.line)
            return _page(request, views, status=told.status, fault=refused, problem=told)
        judged = Judging(asker, sent.listed.rows, known.now, client=known.client, altcha=sent.altcha)
        if live:
            return stream(_events(request, known, views, intake, sent=sent, judged=judged), headers)
        everything = [item async for items in judged.checked() for item in items]
        result = await _result(known, intake, sent, everything)
        page = _response(request, views, result=result)
        html = str(page.content).encode()
        return Stream(_with_file(html, result), media_type="text/html", headers=page.headers | headers)

    return [Direct("/batch", get=form, post=check, most_bytes=BODY_BYTES)]


async def _with_file(text: bytes, result: Result) -> AsyncIterator[bytes]:
    """A page, or JSON with one in it, and the file in its place: of ten megabytes a template takes a quarter second."""
    before, _, after = text.partition(result.mark.encode())
    yield before
    for begin in range(0, len(result.data), _FILE_AT_ONCE):
        yield base64.b64encode(result.data[begin : begin + _FILE_AT_ONCE])
        await asyncio.sleep(0)
    yield after


def _page(request: AnyRequest, views: Views, **values: Any) -> Reply:
    return as_sent(_response(request, views, **values))


def _response(request: AnyRequest, views: Views, **values: Any) -> Response[str]:
    shown: dict[str, Any] = {"fault": None, "result": None, "most": MAX_BYTES, "most_rows": MAX_ROWS}
    shown |= {"not_read": batch_words.NOT_READ} | values
    return views.page(request, "batch.html", **shown)


def _told(known: State, refused: Refused) -> Reply:
    """A refusal for the page's script, its detail in the page's language."""
    told = problems.problem(refused.code, refused.field, line=refused.line)
    say = words.catalogue(known.language).gettext
    at = "" if told.line is None else say("Line %(line)s: ") % {"line": told.line}
    return Reply(
        msgspec.json.encode(msgspec.structs.replace(told, detail=at + say(told.detail))),
        raw({"Content-Type": problems.PROBLEM_JSON, **problems.headers_of(refused, refused)}),
        told.status,
    )


async def _sent(request: AnyRequest, intake: Intake, client: str) -> Sent:
    form = await forms.read(request)
    file, pasted, altcha = (form.get(name, [""])[0] for name in ("file", "rows", "altcha"))
    proof = altcha if isinstance(altcha, str) and altcha else None
    if isinstance(file, forms.File) and file.name:
        listed = await intake.table(file.data, client, ours=batch_words.all_headers())
        return Sent(data=file.data, name=_name(file.name, listed), listed=listed, altcha=proof)
    rows = pasted.data if isinstance(pasted, forms.File) and not pasted.name else Pieces()
    if isinstance(pasted, str) and pasted.strip():
        rows.add(pasted.encode("utf-8", "replace"))
    if any(map(bytes.strip, rows)):
        listed = await intake.table(rows, client, ours=batch_words.all_headers(), typed=True)
        return Sent(data=Pieces(), name="checked.xlsx", listed=listed, altcha=proof)
    raise Refused("rows_missing", field="file")


def _name(sent: str, listed: Listed) -> str:
    """The file's own name with a word added, of characters that every system takes."""
    stem = re.split(r"[/\\]", sent)[-1].rpartition(".")[0]
    kept = re.sub(r"[^\w .()（）-]+", "", stem).strip(" .")[:80]
    return f"{kept or 'list'}-checked.{'csv' if listed.kind == 'csv' else 'xlsx'}"


async def _events(
    request: AnyRequest, known: State, views: Views, intake: Intake, *, sent: Sent, judged: Judging
) -> AsyncIterator[bytes]:
    encode = msgspec.json.Encoder().encode
    yield encode({"total": len(sent.listed.rows)}) + b"\n"
    everything: list[Checked] = []
    try:
        async for items in judged.checked():
            everything += items
            yield encode({"done": len(everything)}) + b"\n"
        result = await _result(known, intake, sent, everything)
        if judged.challenge is not None:
            yield encode({"challenge": judged.challenge}) + b"\n"
        part = views.part(request, "_batch_result.html", result=result, not_read=batch_words.NOT_READ)
        async for some in _with_file(encode({"html": part}) + b"\n", result):
            yield some
    except Exception as error:  # noqa: BLE001 -- the status has been sent, so the last line tells
        say = words.catalogue(known.language).gettext
        yield encode({"problem": say(problems.problem(problems.of(error).code).detail)}) + b"\n"


async def _result(known: State, intake: Intake, sent: Sent, checked: list[Checked]) -> Result:
    language = known.language
    results = await batch_words.spoken(checked, known.now, language)
    headers = batch_words.headers(language)
    filled = await intake.filled(sent.data, sent.listed, headers, results, known.client)
    bad = [(item, result) for item, result in zip(checked, results, strict=True) if not result.good]
    media_type = TYPES["csv" if sent.name.endswith(".csv") else "xlsx"]
    mark = secrets.token_hex()
    return Result(
        total=len(checked),
        checked=sum(item.verdict is not None for item in checked),
        listed=sent.listed,
        told=batch_words.told(sent.listed, language),
        good=len(checked) - len(bad),
        counts=tuple(await batch_words.counts(checked)),
        trouble=tuple(
            Trouble(row=item.row, tone=batch_words.tone(item), outcome=result.words[0], reason=result.words[1])
            for item, result in bad[:_MOST_SHOWN]
        ),
        more=max(0, len(bad) - _MOST_SHOWN),
        name=sent.name,
        file=f"data:{media_type};base64,{mark}",
        mark=mark,
        data=filled,
    )
