"""Many concurrent questions about single keys, asked as few questions about many keys."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Coalescer(Generic[K, V]):
    """Gathers the keys asked for while earlier questions are under way, and asks for them together.

    ``ask`` takes distinct keys and answers with those it found. At most ``lanes`` questions are under way at
    once, each for at most ``most`` keys. A question is asked only after every ``get`` that shares it was
    called, so that no answer is older than its question. What ``ask`` raises reaches all that share it; who
    gives up waiting disturbs nobody.
    """

    def __init__(
        self, ask: Callable[[Sequence[K]], Awaitable[Mapping[K, V]]], *, lanes: int = 2, most: int = 500
    ) -> None:
        self._ask = ask
        self._lanes = lanes
        self._most = most
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    async def get(self, key: K) -> V | None:
        """What ``ask`` answers for ``key``, None where it finds nothing."""
        future = self._wanted(key)
        self._start()
        return await future

    async def get_all(self, keys: Sequence[K]) -> list[V | None]:
        """The same for each of ``keys``, without a task for each."""
        futures = [self._wanted(key) for key in keys]
        self._start()
        return await asyncio.gather(*futures)

    def _wanted(self, key: K) -> "asyncio.Future[V | None]":
        future: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        return future

    def _start(self) -> None:
        if self._waiting and len(self._under_way) < self._lanes:
            task = asyncio.create_task(self._run())
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._start()

    async def _run(self) -> None:
        # This runs one turn of the loop after the first get, so that those of the same turn are all there.
        batch = {key: self._waiting.pop(key) for key in list(self._waiting)[: self._most]}
        if not batch:
            return
        everybody = [future for futures in batch.values() for future in futures]
        try:
            found = await self._ask(list(batch))
        except asyncio.CancelledError:
            for future in everybody:
                future.cancel()
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, each who asked shall have it
            for future in everybody:
                if not future.done():
                    future.set_exception(error)
            return
        for key, futures in batch.items():
            for future in futures:
                if not future.done():
                    future.set_result(found.get(key))
