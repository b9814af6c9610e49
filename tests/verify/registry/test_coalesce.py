"""Questions that come together are asked together, and each gets its own answer."""

import asyncio
import gc
from collections.abc import Mapping, Sequence

import pytest

from verify.registry.coalesce import Coalescer


class Fake:
    """Answers with each key's square, but for odd keys above 100; waits for ``gate`` where there is one."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.gate: asyncio.Event | None = None
        self.failure: Exception | None = None

    async def __call__(self, keys: Sequence[int]) -> Mapping[int, int]:
        """One question."""
        self.asked.append(list(keys))
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return {key: key * key for key in keys if key <= 100 or key % 2 == 0}


async def test_one_question_for_all_of_a_turn() -> None:
    """What is asked for in one turn of the loop is one question, each key in it once."""
    fake = Fake()
    ask = Coalescer(fake)
    assert await asyncio.gather(*(ask.get(key) for key in (1, 2, 3, 2, 101))) == [1, 4, 9, 4, None]
    assert fake.asked == [[1, 2, 3, 101]]


async def test_gathers_while_lanes_are_busy() -> None:
    """While as many questions as there are lanes are under way, further keys wait and go together."""
    fake = Fake()
    fake.gate = asyncio.Event()
    ask = Coalescer(fake, lanes=2, most=3)
    waiting = []
    for key in range(1, 7):
        waiting.append(asyncio.create_task(ask.get(key)))
        await asyncio.sleep(0.001)
    assert fake.asked == [[1], [2]]
    fake.gate.set()
    assert await asyncio.gather(*waiting) == [1, 4, 9, 16, 25, 36]
    assert fake.asked == [[1], [2], [3, 4, 5], [6]]


async def test_an_answer_is_never_older_than_its_question() -> None:
    """A key that is already being asked for is asked for again, for whoever came later."""
    fake = Fake()
    fake.gate = asyncio.Event()
    ask = Coalescer(fake)
    first = asyncio.create_task(ask.get(1))
    await asyncio.sleep(0.001)
    second = asyncio.create_task(ask.get(1))
    await asyncio.sleep(0.001)
    fake.gate.set()
    await asyncio.gather(first, second)
    assert fake.asked == [[1], [1]]


async def test_a_failure_reaches_all_and_ends_with_them() -> None:
    """What goes wrong is raised to everybody who shared the question, and the next question is asked anew."""
    fake = Fake()
    fake.failure = RuntimeError("down")
    ask = Coalescer(fake)
    results = await asyncio.gather(ask.get(1), ask.get(2), return_exceptions=True)
    assert list(results) == [fake.failure, fake.failure]
    fake.failure = None
    assert await ask.get(3) == 9


async def test_giving_up_disturbs_nobody() -> None:
    """Who stops waiting takes nothing from those who share the question."""
    fake = Fake()
    fake.gate = asyncio.Event()
    ask = Coalescer(fake)
    leaver, stayer = asyncio.create_task(ask.get(1)), asyncio.create_task(ask.get(1))
    await asyncio.sleep(0.001)
    leaver.cancel()
    fake.gate.set()
    assert await stayer == 1
    with pytest.raises(asyncio.CancelledError):
        await leaver


async def test_many_keys_of_one_asker_are_one_question_and_need_no_task_each() -> None:
    """They share it with who asks in the same turn; what goes wrong is raised once, and nothing is left unlooked at."""
    fake = Fake()
    ask = Coalescer(fake)
    alone = asyncio.create_task(ask.get(7))
    await asyncio.sleep(0)
    tasks = len(asyncio.all_tasks())
    many = asyncio.create_task(ask.get_all([1, 2, 101, 2]))
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= tasks + 1
    assert (await alone, await many) == (49, [1, 4, None, 4])
    assert sorted(key for asked in fake.asked for key in asked) == [1, 2, 7, 101]
    fake.failure = RuntimeError("down")
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    with pytest.raises(RuntimeError, match="down"):
        await ask.get_all([1, 2, 3])
    gc.collect()
    await asyncio.sleep(0)
    assert not told
