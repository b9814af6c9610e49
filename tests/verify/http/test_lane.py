"""Turns for long work in the service's own process."""

import asyncio
import contextlib

from tests import invented_exam as exam
from tests.http_service import client
from verify.http.guard.lane import Lane


async def test_who_has_had_least_goes_first_and_one_slice_is_under_way() -> None:
    """A newcomer's slice goes before all that wait for a client that has had much."""
    lane, order, under_way = Lane(), [], 0

    async def slices(who: str, count: int) -> None:
        nonlocal under_way
        for _ in range(count):
            async with lane.turn(who):
                under_way += 1
                assert under_way == 1
                order.append(who)
                await asyncio.sleep(0.005)
                under_way -= 1

    greedy = [asyncio.create_task(slices("greedy", 5)) for _ in range(4)]
    await asyncio.sleep(0.02)
    order.clear()
    await slices("new", 2)
    assert order.count("greedy") <= 3
    await asyncio.gather(*greedy)


async def test_a_slice_that_is_given_up_passes_its_turn_on() -> None:
    """Cancelled while it waits, or in the moment in which its turn comes; and a slice that fails."""
    lane = Lane()

    async def held(seconds: float) -> None:
        async with lane.turn("a"):
            await asyncio.sleep(seconds)

    first = asyncio.create_task(held(0.01))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(held(0)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await first
    waiting[1].cancel()  # whose turn has just come
    await asyncio.wait_for(waiting[2], 1)
    with contextlib.suppress(ValueError):
        async with lane.turn("b"):
            raise ValueError
    await asyncio.wait_for(held(0), 1)


async def test_next_to_nothing_does_not_queue() -> None:
    """A short list goes past a queue of long ones, until its client has had its share; these rest between slices."""
    lane, order = Lane(free=0.05, rest=1.0), list[str]()

    async def slice_of(who: str, seconds: float) -> None:
        async with lane.turn(who):
            order.append(who)
            await asyncio.sleep(seconds)

    await slice_of("a", 0.06)
    await slice_of("b", 0.06)
    queue = [asyncio.create_task(slice_of(who, 0.02)) for who in ("a", "b", "a", "b")]
    await asyncio.sleep(0)
    await slice_of("new", 0)
    assert order == ["a", "b", "a", "new"]
    await asyncio.gather(*queue)
    assert order[4:] in (["b", "a", "b"], ["b", "b", "a"])


async def test_one_waits_while_another_is_worked_on() -> None:
    """A lane beside another takes its own turn, and goes by what clients have had in both."""
    work = Lane(free=0.01)
    asking = Lane(free=0.01, beside=work)
    for who, cost in (("much", 2.0), ("more", 3.0)):
        async with work.turn(who, cost):
            pass
    order = list[str]()
    answered = asyncio.Event()

    async def ask(who: str) -> None:
        async with asking.turn(who, 0.0):
            order.append(who)
            await answered.wait()

    first = asyncio.create_task(ask("much"))
    await asyncio.sleep(0)
    async with work.turn("much", 0.0):  # which one lane for both would have kept waiting
        order.append("worked")
    later = [asyncio.create_task(ask(who)) for who in ("more", "much")]
    await asyncio.sleep(0)
    assert order == ["much", "worked"]
    answered.set()
    await asyncio.gather(first, *later)
    assert order == ["much", "worked", "much", "more"]


async def test_megabytes_of_one_client_have_their_allowance() -> None:
    """Small bodies count as questions alone; large ones, and those of no said length, by their kilobytes."""

    async def chunks() -> object:
        yield b" " * 100_000

    big = b" " * 3_900_000
    async with client(peer="198.51.100.1") as service:
        codes = [(await service.post("/api/v1/verify", content=big)).status_code for _ in range(40)]
        small = await service.post("/api/v1/verify", json={"number": exam.VALID.number})
        unsaid = await service.post("/api/v1/verify", content=chunks())  # type: ignore[arg-type]  # an async iterator
    assert codes.count(400) == (128 << 10) // (3_900_000 >> 10)
    assert codes[-1] == 429
    assert small.json()["outcome"] == "valid"
    assert unsaid.status_code == 429
