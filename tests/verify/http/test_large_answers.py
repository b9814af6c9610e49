"""Large answers: sent in pieces that take turns, made by no more than one at a time, and counted like what comes in."""

import asyncio
import itertools
from typing import Any

import httpx
import msgspec
import pytest

from tests.http_service import client, registry, serving
from verify.http.answers.response import PIECE
from verify.http.edge import Edge
from verify.http.files.intake import Intake
from verify.http.guard import limits
from verify.http.guard.limits import MemoryLimiter, Unlimited

WHOLE = bytes(range(256)) * (3 * PIECE // 256) + b"end"
CSV = "/api/v1/exams/CEM-2022-04/pass-list.csv"


async def whole(_scope: Any, _receive: Any, send: Any) -> None:
    """Answers with some hundred kilobytes at once."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(WHOLE))]})
    await send({"type": "http.response.body", "body": WHOLE, "more_body": False})


def edge(limiter: limits.Limiter) -> Edge:
    """The service's outermost layer around it."""
    return Edge(whole, limiter=limiter, complain=lambda _request, _error: None, trees=Intake().tree)


async def test_a_large_answer_is_sent_piece_by_piece_and_two_take_turns() -> None:
    """So that a slow reader's is not kept as a whole, and no wire takes the loop for itself."""
    one, order = edge(Unlimited()), list[tuple[str, int]]()

    async def fetch(peer: str) -> bytes:
        async def noted(scope: Any, receive: Any, send: Any) -> None:
            async def note(message: Any) -> None:
                if message["type"] == "http.response.body":
                    order.append((peer, len(message["body"])))
                await send(message)

            await one(scope, receive, note)

        wire = httpx.ASGITransport(noted, client=(peer, 1))
        async with httpx.AsyncClient(transport=wire, base_url="http://v.example.org") as service:
            return (await service.get("/")).content

    assert set(await asyncio.gather(fetch("192.0.2.1"), fetch("192.0.2.2"))) == {WHOLE}
    assert order == [(peer, size) for size in (PIECE, PIECE, PIECE, 3) for peer in ("192.0.2.1", "192.0.2.2")]


async def test_who_fetched_much_gives_way_like_who_sent_much() -> None:
    """The next request after a large answer waits while another asks."""
    one = edge(MemoryLimiter())

    def of(peer: str) -> httpx.AsyncClient:
        wire = httpx.ASGITransport(one, client=(peer, 1))  # type: ignore[arg-type]  # ASGI by another spelling
        return httpx.AsyncClient(transport=wire, base_url="http://v.example.org")

    async with of("192.0.2.1") as much, of("192.0.2.2") as seldom:
        for _ in range(2):
            await much.get("/")
        await seldom.head("/")
        waits = asyncio.create_task(much.head("/"))
        await asyncio.sleep(0)
        await seldom.head("/")
        assert not waits.done()
        assert (await waits).status_code == 200


async def test_whole_lists_are_made_a_page_at_a_time_for_all_who_fetch_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six at once from six addresses ask the registry for one page at a time."""
    register, under_way, most = registry(), 0, 0
    rows = register.rows

    async def counted(exam: str, cursor: str | None, limit: int) -> Any:
        nonlocal under_way, most
        if limit > 1:  # of one row it is asked whether the list is there
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.01)
            under_way -= 1
        return await rows(exam, cursor, limit)

    monkeypatch.setattr(register, "rows", counted)
    async with client(register) as service:
        answers = await asyncio.gather(*(service.get(CSV) for _ in range(6)))
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].text.startswith("\ufeffserial,name,id\r\n1,")
    assert most == 1


async def test_a_list_that_nobody_wants_the_rows_of_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """HEAD, and who has the list already, ask the registry whether it is there, by one row."""
    register, asked = registry(), list[int]()
    rows = register.rows

    async def counted(exam: str, cursor: str | None, limit: int) -> Any:
        asked.append(limit)
        return await rows(exam, cursor, limit)

    monkeypatch.setattr(register, "rows", counted)
    async with client(register) as service:
        head = await service.head(CSV)
        again = await service.get(CSV, headers={"if-none-match": head.headers["etag"]})
        assert (head.status_code, again.status_code, again.content, asked) == (200, 304, b"", [1, 1])
        assert (await service.get(CSV, headers={"if-none-match": '"other"'})).content
    assert asked == [1, 1, 1, 1000]


def test_a_list_that_is_replaced_while_it_is_fetched_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of two lists never stand in one file."""
    register, index = registry(), itertools.count(1)
    rows = register.rows

    async def later(*arguments: Any) -> Any:
        page = await rows(*arguments)
        assert page is not None
        return msgspec.structs.replace(page, head=msgspec.structs.replace(page.head, index=next(index)))

    monkeypatch.setattr(register, "rows", later)
    with serving(register) as url, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(url + CSV)
