"""Who asks often, or sends much, waits for those who do not."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from verify.http.edge import Edge
from verify.http.files.intake import Intake
from verify.http.guard import giving_way
from verify.http.guard.giving_way import GivingWay
from verify.http.guard.limits import RATES, MemoryLimiter, Taken

FRESH = Taken(wait=0, left=RATES["ask"].burst - 1, whole_in=1)
SPENT = Taken(wait=3, left=0, whole_in=12)
UNCOUNTED = Taken(wait=0, left=RATES["ask"].burst, whole_in=0)


async def begun(way: GivingWay, order: list[str], who: str, taken: Taken = FRESH) -> bool:
    """One request of somebody's, noted when its turn has come."""
    came = await way.turn(who, taken)
    order.append(who)
    return came


async def often(way: GivingWay, *who: str) -> None:
    """They ask as often as is free, all of which begin at once."""
    for one in who:
        for _ in range(giving_way._OFTEN):
            assert await asyncio.wait_for(way.turn(one, FRESH), 5)


async def test_who_asks_seldom_never_waits_and_the_others_take_turns() -> None:
    """While somebody asks who does not do so often, others' requests begin one by one, each client's in turn."""
    way, order = GivingWay(apart=0.01), list[str]()
    await often(way, "a", "b")
    await begun(way, order, "new 0")
    greedy = [asyncio.create_task(begun(way, order, "a")) for _ in range(4)]
    greedy += [asyncio.create_task(begun(way, order, "b", SPENT)) for _ in range(2)]
    await asyncio.sleep(0)
    for number in range(1, 21):
        await begun(way, order, f"new {number}")
    assert order == [f"new {number}" for number in range(21)]
    await asyncio.gather(*greedy)
    assert order[21:] == ["a", "b", "a", "b", "a", "a"]


async def test_a_large_body_counts_as_many_requests_but_for_no_more_than_a_while() -> None:
    """It begins at once itself; what follows it gives way, and wears off as soon after ten megabytes as after two."""
    counted = {}
    for size in (0, 40_000, 300_000, 2 << 20, 10 << 20):
        way = GivingWay(apart=60.0)
        assert await asyncio.wait_for(way.turn("a", FRESH, size), 5)
        await way.turn("new", FRESH)
        counted[size] = 0
        waits: asyncio.Task[bool] | None = None
        while waits is None:
            one = asyncio.create_task(way.turn("a", FRESH))
            await asyncio.sleep(0)
            if one.done():
                counted[size] += 1
            else:
                waits = one
        waits.cancel()
    assert counted == {0: 19, 40_000: 19, 300_000: 15, 2 << 20: 0, 10 << 20: 0}


class _Fed(httpx.AsyncByteStream):
    """A body of no said length."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"x"


async def _answered(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("body", [b" " * (2 << 20), _Fed()], ids=["large", "of no said length"])
async def test_the_service_counts_a_body_by_its_length(body: Any) -> None:
    """Before any of it is taken; one that says none counts as the largest."""
    edge = Edge(_answered, limiter=MemoryLimiter(), complain=lambda _request, _error: None, trees=Intake().tree)

    def of(peer: str) -> httpx.AsyncClient:
        wire = httpx.ASGITransport(edge, client=(peer, 1))  # type: ignore[arg-type]  # ASGI by another spelling
        return httpx.AsyncClient(transport=wire, base_url="http://v.example.org")

    async with of("192.0.2.1") as much, of("192.0.2.2") as seldom:
        assert (await much.get("/")).status_code == 204
        assert (await much.post("/upload", content=body)).status_code == 204
        waits = []
        for _ in range(3):  # a tenth of a second each
            assert (await seldom.get("/")).status_code == 204
            waits.append(asyncio.create_task(much.get("/")))
            await asyncio.sleep(0)
        assert (await seldom.get("/")).status_code == 204
        assert not any(one.done() for one in waits)
        assert [(await one).status_code for one in waits] == [204] * 3


async def test_where_nobody_else_asks_nobody_waits() -> None:
    """Not for what the client itself asked before it did so often, however much of its burst comes at once."""
    way, order = GivingWay(apart=60.0), list[str]()
    burst = asyncio.gather(*(begun(way, order, "a") for _ in range(RATES["ask"].burst)))
    assert all(await asyncio.wait_for(burst, 5))


async def test_who_asks_beside_the_only_one_that_does_so_often_is_waited_for() -> None:
    """However many ask seldom: the last two of them are known, so that one is another than whoever waits."""
    way, order = GivingWay(apart=60.0), list[str]()
    await begun(way, order, "new")
    await often(way, "a")
    waits = asyncio.create_task(begun(way, order, "a"))
    await asyncio.sleep(0.01)
    assert not waits.done()
    waits.cancel()


async def test_where_nothing_is_counted_nobody_waits() -> None:
    """For benchmarks."""
    way, order = GivingWay(apart=60.0), list[str]()
    for who in ("a", "b"):
        burst = asyncio.gather(*(begun(way, order, who, UNCOUNTED) for _ in range(200)))
        assert all(await asyncio.wait_for(burst, 5))


async def test_a_client_waits_with_so_many_and_no_more() -> None:
    """Further requests are refused at once, and what was given up holds up nobody."""
    way, order = GivingWay(apart=0.001), list[str]()
    await often(way, "a")
    await begun(way, order, "new")
    waiting = [asyncio.create_task(begun(way, order, "a")) for _ in range(giving_way.MOST)]
    await asyncio.sleep(0)
    assert not await begun(way, order, "a")
    for one in waiting[:-1]:
        one.cancel()
    assert await asyncio.wait_for(waiting[-1], 5)
