"""The API for programs: exams and their pass lists, as JSON, CSV and the signed statement."""

import asyncio
import csv
import io
import re
import time
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from verify.core.fields import Names
from verify.core.pass_list import Stage
from verify.http.answers.direct import Direct, Reply, as_json, parted, raw
from verify.http.answers.kept_pages import KeptPages
from verify.http.answers.problems import Refused
from verify.http.answers.rendering import rfc3339
from verify.http.answers.response import matches
from verify.http.asked.bodies import AnyRequest
from verify.http.asked.state import State
from verify.http.check.asker import Asker
from verify.http.guard.lane import Lane
from verify.http.lists.planned_exams import Calendar
from verify.registry.port import ExamHead, Registry, RowPage, ShownRow
from verify.shared.planned import PlannedExam
from verify.shared.spreadsheet import harmless

_MOST: Final = 1000
_FRESH: Final = 60
"""Seconds for which others may keep a list."""
_REST: Final = 3.0
"""How many times as long as a page of a whole list took the next waits."""

_DIGITS: Final = re.compile("[0-9]{1,6}")


class ExamItem(msgspec.Struct, frozen=True, kw_only=True):
    """An exam by its newest list. ``stage`` is None for one that has no list yet."""

    code: str
    programme: str
    title: Names
    held_on: str
    planned_on: str | None
    stage: Stage | None
    objections_until: str | None
    public_until: str | None


class ExamItems(msgspec.Struct, frozen=True, kw_only=True):
    """Some exams, the last held first; ``next`` is the cursor of those after them."""

    items: tuple[ExamItem, ...]
    next: str | None


class ListRows(msgspec.Struct, frozen=True, kw_only=True):
    """Some rows of a pass list; ``next`` is the cursor of those after them."""

    exam: str
    stage: Stage
    revision: int
    contact: str
    items: tuple[ShownRow, ...]
    next: str | None


def exam_item(head: ExamHead) -> ExamItem:
    """An exam as programs are told of it."""
    return ExamItem(
        code=head.exam,
        programme=head.programme,
        title=head.title,
        held_on=head.held_on,
        planned_on=head.planned_on,
        stage=head.stage,
        objections_until=rfc3339(head.objections_until),
        public_until=rfc3339(head.public_until),
    )


def planned_item(exam: PlannedExam) -> ExamItem:
    """An exam that has no list yet."""
    return ExamItem(
        code=exam.code,
        programme=exam.programme,
        title=exam.title,
        held_on=exam.held_on,
        planned_on=exam.planned_on,
        stage=None,
        objections_until=None,
        public_until=None,
    )


def freshness(head: ExamHead, now: int) -> str:
    """How long others may keep a list: never beyond its term."""
    left = _FRESH if head.public_until is None else min(_FRESH, max(head.public_until - now, 0))
    return f"public, max-age={left}"


async def gone(registry: Registry, exam: str) -> Refused:
    """Why an exam's list is not to be had: no_such_exam or list_expired."""
    return Refused("no_such_exam" if await registry.pass_list(exam) is None else "list_expired")


def holds_until(head: ExamHead, now: int) -> int:
    """Until when what is made of a list now may be kept: its next turn at the latest."""
    turns = (head.public_until, head.objections_until)
    return min([now + _FRESH, *(turn for turn in turns if turn is not None and turn > now)])


def _limit(request: AnyRequest) -> int:
    """How many rows are asked for. Raises Refused."""
    said = request.query_params.get("limit", "100")
    limit = int(said) if _DIGITS.fullmatch(said) else 0
    if not 1 <= limit <= _MOST:
        raise Refused("bad_request")
    return limit


def _links(path: str, limit: int, page: RowPage) -> dict[str, str]:
    """The pages before and after as a header (RFC 8288): the body has ``next`` alone."""
    beside = {"prev": page.previous, "next": page.next}
    links = [
        f'<{path}?{f"cursor={cursor}&" if cursor else ""}limit={limit}>; rel="{name}"'
        for name, cursor in beside.items()
        if cursor is not None
    ]
    return {"Link": ", ".join(links)} if links else {}


def direct(asker: Asker, calendar: Calendar, pages: KeptPages) -> list[ControllerRouterHandler]:
    """The lists as JSON, and whole as CSV and as they were signed."""
    registry, whole = asker.registry, Lane()

    async def exams(request: AnyRequest, _known: State) -> Reply:
        """Exams by their lists; before the first page of them, those that have no list yet, whatever the limit."""
        programme = request.query_params.get("programme") or None  # empty, as of a form's field: any
        cursor = request.query_params.get("cursor")
        page = await registry.exams(programme, cursor, _limit(request))
        planned = await calendar.without_list(programme) if cursor is None else ()
        items = ExamItems(items=(*map(planned_item, planned), *map(exam_item, page.items)), next=page.next)
        return as_json(items, raw({"Cache-Control": f"public, max-age={_FRESH}"}))

    async def pass_list(request: AnyRequest, known: State) -> Reply:
        """Rows of an exam's newest pass list."""
        code, cursor, limit = request.path_params["code"], request.query_params.get("cursor"), _limit(request)

        async def make() -> tuple[Reply, int]:
            page = await registry.rows(code, cursor, limit)
            if page is None:
                raise await gone(registry, code)
            head = page.head
            rows = ListRows(
                exam=head.exam,
                stage=head.stage,
                revision=head.revision,
                contact=head.contact,
                items=page.items,
                next=page.next,
            )
            links = _links(f"/api/v1/exams/{head.exam}/pass-list", limit, page)
            made = as_json(rows, raw({"Cache-Control": freshness(head, known.now)} | links))
            return made, holds_until(head, known.now)

        return await pages.page(request, known, await registry.moment(), make)

    async def as_csv(request: AnyRequest, known: State) -> Stream:
        """The whole list as a table that spreadsheets open: UTF-8 with BOM, header serial,name,id (RFC 4180)."""
        code = request.path_params["code"]
        first = await registry.rows(code, None, 1)
        if first is None:
            raise await gone(registry, code)
        headers = _file_headers(first.head, known, "csv")
        unwanted = known.head or matches(known.known, headers["ETag"].encode())
        rows = _nothing() if unwanted else _csv(registry, first.head, whole, known.client)
        return Stream(rows, media_type="text/csv; header=present", headers=headers)

    async def as_cbor(request: AnyRequest, known: State) -> Reply:
        """The signed statement, byte for byte."""
        code = request.path_params["code"]
        head, data = await registry.pass_list(code), await registry.list_statement(code)
        if head is None or data is None:
            raise await gone(registry, code)
        headers = _file_headers(head, known, "cbor") | {"Content-Type": "application/cose"}
        return Reply(data, raw(headers))

    address = "/api/v1/exams/{code:str}/pass-list"
    return [
        Direct("/api/v1/exams", get=exams),
        parted(address, pass_list),
        parted(f"{address}.csv", as_csv),
        parted(f"{address}.cbor", as_cbor),
    ]


def _file_headers(head: ExamHead, known: State, kind: str) -> dict[str, str]:
    return {
        "Cache-Control": freshness(head, known.now),
        "Content-Disposition": f'attachment; filename="{head.exam}-{head.stage}.{kind}"',
        "ETag": f'"{head.index}"',
    }


async def _nothing() -> AsyncIterator[bytes]:
    """What HEAD, and who has the list already, are sent."""
    return
    yield b""


async def _csv(registry: Registry, head: ExamHead, lane: Lane, client: str) -> AsyncIterator[bytes]:
    """The table, a page of rows at a time. A list that is replaced meanwhile raises, which breaks the download off.

    One page is made at a time of all lists that are fetched, and beside each thrice as long is left for others.
    """
    yield "\ufeffserial,name,id\r\n".encode()
    cursor: str | None = None
    while True:
        async with lane.turn(client):
            begun = time.perf_counter()
            page = await registry.rows(head.exam, cursor, _MOST)
            if page is None or page.head.index != head.index:
                raise Refused("list_expired")
            text = io.StringIO(newline="")
            csv.writer(text).writerows((row.serial, harmless(row.name), harmless(row.id)) for row in page.items)
            await asyncio.sleep(_REST * (time.perf_counter() - begun))
        yield text.getvalue().encode()
        if page.next is None:
            return
        cursor = page.next
