"""Pass lists are believed only with their signatures: each is read and checked once, and kept without its names."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from verify.core.believed_list import GenuineList
from verify.core.errors import NotBelieved, RegisterDamaged
from verify.core.keyring import Keyring
from verify.registry.coalesce import Coalescer

Fetch = Callable[[int], Awaitable[bytes | None]]
"""A list's bytes by its log index."""

MOST_BYTES: Final = 256 << 20
"""Kept of all lists: some sixteen million certificates. Who asks about another waits until its list is read anew."""
MOST_DOUBTED: Final = 10_000
"""Lists that are remembered as not genuine."""


class GenuineLists:
    """Remembers by digest which lists are genuine: a list of 100,000 rows takes 1.6 MB, and one that is not nothing."""

    def __init__(self, fetch: Fetch, dropped: Callable[[], None]) -> None:
        self._fetch = fetch
        self._dropped = dropped
        """Told when a list makes room, so that nobody else keeps it."""
        self._kept: OrderedDict[bytes, GenuineList] = OrderedDict()
        self._bytes = 0
        self._doubted: OrderedDict[bytes, int] = OrderedDict()
        """The keyring's version that had no key for it."""
        self._checks = Coalescer(self._check, most=1)
        self._keyring: Keyring | None = None

    async def get(self, digest: bytes, index: int, keyring: Keyring) -> GenuineList | None:
        """The list of this digest, which stands at this log index; None where no key of the keyring signed it.

        Raises what fetching raises, and RegisterDamaged where it is filed and gone.
        """
        if self.touch(digest):
            return self._kept[digest]
        if self._doubted.get(digest) == keyring.version:
            return None
        if self._keyring is None or self._keyring.version < keyring.version:
            self._keyring = keyring
        return await self._checks.get((digest, index))

    def touch(self, digest: bytes) -> bool:
        """Says that a list was asked for, so that another makes room before it; whether it is kept still."""
        if digest not in self._kept:
            return False
        self._kept.move_to_end(digest)
        return True

    async def _check(self, asked: Sequence[tuple[bytes, int]]) -> Mapping[tuple[bytes, int], GenuineList]:
        found = {}
        keyring = self._keyring
        for digest, index in asked:
            data = await self._fetch(index)
            if keyring is None:
                continue
            if data is None:  # less than was filed: what hangs on it would be "not listed"
                raise RegisterDamaged("register_damaged", f"statement {index} is filed as a list, and gone")
            try:
                listed = await asyncio.to_thread(GenuineList.of, data, keyring)
            except NotBelieved:
                self._doubt(digest, keyring.version)
                continue
            if listed.digest == digest:
                found[digest, index] = listed
                self._keep(listed)
        return found

    def _keep(self, listed: GenuineList) -> None:
        if listed.digest in self._kept:
            return
        self._kept[listed.digest] = listed
        self._bytes += listed.size
        while self._bytes > MOST_BYTES and len(self._kept) > 1:
            _oldest, dropped = self._kept.popitem(last=False)
            self._bytes -= dropped.size
            self._dropped()

    def _doubt(self, digest: bytes, version: int) -> None:
        self._doubted[digest] = version
        self._doubted.move_to_end(digest)
        if len(self._doubted) > MOST_DOUBTED:
            self._doubted.popitem(last=False)
