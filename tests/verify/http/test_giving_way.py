"""Who has asked much waits for those who have not."""

import asyncio

from verify.http.guard import giving_way
from verify.http.guard.giving_way import GivingWay
from verify.http.guard.limits import RATES, Taken

FRESH = Taken(wait=0, left=RATES["ask"].burst - 1, whole_in=1)
MUCH = Taken(wait=0, left=10, whole_in=12)
SPENT = Taken(wait=3, left=0, whole_in=12)


async def begun(way: GivingWay, order: list[str], who: str, taken: Taken) -> bool:
    """One request of somebody's, noted when its turn has come."""
    came = await way.turn(who, "ask", taken)
    order.append(who)
    return came


async def test_who_asked_little_never_waits_and_the_others_take_turns() -> None:
    """While somebody asks who has asked little, greedy clients' requests begin one by one, each client's in turn."""
    way, order = GivingWay(apart=0.01), list[str]()
    await begun(way, order, "new", FRESH)
    greedy = [asyncio.create_task(begun(way, order, "a", MUCH)) for _ in range(4)]
    greedy += [asyncio.create_task(begun(way, order, "b", SPENT)) for _ in range(2)]
    await asyncio.sleep(0)
    assert order == ["new"]
    for _ in range(20):
        await begun(way, order, "new", FRESH)
    assert order == ["new"] * 21
    await asyncio.gather(*greedy)
    assert order[21:] == ["a", "b", "a", "b", "a", "a"]


async def test_where_nobody_else_asks_nobody_waits() -> None:
    """A greedy client alone is kept from nothing: its turns come as fast as the loop gives them."""
    way, order = GivingWay(apart=60.0), list[str]()
    await asyncio.wait_for(asyncio.gather(*(begun(way, order, "a", MUCH) for _ in range(50))), 5)
    assert len(order) == 50


async def test_a_client_waits_with_so_many_and_no_more() -> None:
    """Further requests are refused at once, and what was given up holds up nobody."""
    way, order = GivingWay(apart=0.001), list[str]()
    await begun(way, order, "new", FRESH)
    waiting = [asyncio.create_task(begun(way, order, "a", MUCH)) for _ in range(giving_way.MOST)]
    await asyncio.sleep(0)
    assert not await begun(way, order, "a", MUCH)
    for one in waiting[:-1]:
        one.cancel()
    assert await asyncio.wait_for(waiting[-1], 5)
