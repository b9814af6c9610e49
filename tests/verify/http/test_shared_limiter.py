"""Allowances in memory that processes share: counted as in one process, by all of them together."""

import fcntl
import os
import random

from verify.http.guard.limits import RATES, Budget, MemoryLimiter
from verify.http.guard.shared_limiter import SharedLimiter, table


async def test_it_counts_as_one_process_does() -> None:
    """A thousand random questions are answered as by MemoryLimiter, whichever of two processes is asked."""
    descriptor = table(64)
    one, two = SharedLimiter(descriptor, b"secret"), SharedLimiter(descriptor, b"secret")
    alone = MemoryLimiter()
    draw = random.Random(5)  # noqa: S311 -- no secret
    now = 100.0
    budgets: list[Budget] = ["ask", "lookup", "rows"]
    for _ in range(1000):
        now += draw.random()
        budget, client = draw.choice(budgets), f"192.0.2.{draw.randrange(4)}"
        cost = draw.randint(1, RATES[budget].burst)
        assert await draw.choice((one, two)).take(budget, client, now, cost) == await alone.take(
            budget, client, now, cost
        )
    os.close(descriptor)


async def test_a_full_set_forgets_who_is_whole_soonest() -> None:
    """Of nine clients in a set of eight the one that had least of its allowance makes room, and no other."""
    descriptor = table(1)
    limiter = SharedLimiter(descriptor, b"secret")
    burst = RATES["lookup"].burst
    for turn in range(8):
        await limiter.take("lookup", f"old {turn}", 0, cost=burst - turn)
    await limiter.take("lookup", "new", 0, cost=burst)
    left = [(await limiter.take("lookup", f"old {turn}", 0, cost=burst)).wait > 0 for turn in range(7)]
    assert left == [True] * 7
    assert (await limiter.take("lookup", "new", 0)).wait > 0
    assert (await limiter.take("lookup", "old 7", 0, cost=burst)).wait == 0
    os.close(descriptor)


def test_a_process_that_dies_in_a_change_holds_nobody_up() -> None:
    """Its lock ends with it."""
    descriptor = table(1)
    child = os.fork()
    if child == 0:
        fcntl.lockf(descriptor, fcntl.LOCK_EX, 1, 0)
        os._exit(9)
    os.waitpid(child, 0)
    limiter = SharedLimiter(descriptor, b"secret")
    assert limiter.take_now("ask", "192.0.2.1", 0).left == RATES["ask"].burst - 1
    os.close(descriptor)
