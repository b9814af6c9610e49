"""Pass lists are believed only with their signatures: each is read and checked once, and kept without its names."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final

from verify.core.believed_list import BelievedList, GenuineList
from verify.core.chain import Chain
from verify.core.errors import NotBelieved, RegisterDamaged
from verify.registry.coalesce import Coalescer

Fetch = Callable[[int], Awaitable[bytes | None]]
"""A list's bytes by its log index."""

MOST_BYTES: Final = 64 << 20
"""Kept of all lists: some four million certificates."""


class GenuineLists:
    """Remembers genuine lists, without their names, by log index: a list of 100,000 rows takes 1.6 MB."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._kept: OrderedDict[int, GenuineList] = OrderedDict()
        self._bytes = 0
        self._reads = Coalescer(self._read, most=1)
        self._chain: Chain | None = None

    async def believed(self, indexes: Iterable[int], chain: Chain) -> tuple[BelievedList, ...]:
        """The lists at these log indexes.

        Raises RegisterDamaged for one that is not believed, and what fetching raises.
        """
        wanted = list(indexes)
        self._chain = chain
        found = dict(zip(wanted, await asyncio.gather(*map(self._genuine, wanted)), strict=True))
        try:
            return tuple(listed.at(index, chain) for index, listed in found.items() if listed is not None)
        except NotBelieved as error:
            raise RegisterDamaged(
                "register_damaged", f"a pass list that is not to be believed: {error.code}"
            ) from error

    async def _genuine(self, index: int) -> GenuineList | None:
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        return await self._reads.get(index)

    async def _read(self, indexes: Sequence[int]) -> Mapping[int, GenuineList]:
        found = {}
        for index in indexes:
            data = await self._fetch(index)
            if data is None or self._chain is None:
                continue  # replaced since by a newer list, which answers for itself
            try:
                listed = await asyncio.to_thread(GenuineList.of, data, self._chain.newest)
            except NotBelieved as error:
                raise RegisterDamaged("register_damaged", "a pass list that no key of the centre signed") from error
            found[index] = listed
            self._keep(index, listed)
        return found

    def _keep(self, index: int, listed: GenuineList) -> None:
        self._kept[index] = listed
        self._bytes += listed.size
        while self._bytes > MOST_BYTES and len(self._kept) > 1:
            _oldest, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.size
