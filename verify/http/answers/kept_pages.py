"""Pages that are the same for everybody, kept as they were sent for as long as they are true (ADR 22).

Each carries a stamp, such as the registry's size, that its makers ask for anew with every request, and the time until
which it holds. With another stamp, or later, it is made anew. Nothing that only one asker may see is kept.
"""

from collections.abc import Awaitable, Callable, Hashable
from typing import Final, TypeAlias

import msgspec

from verify.http.answers.direct import AnyRequest, Reply
from verify.http.asked.state import State

MOST_BYTES: Final = 32 << 20
"""Of all pages together."""
_LONGEST_QUERY: Final = 100
"""Characters of a query, of a page that is kept: a cursor and a language."""
FRESH: Final = 60
"""Seconds for which others may keep such pages, too."""

Making: TypeAlias = Callable[[], Awaitable[tuple[Reply, int]]]
"""Makes the page, and says until when it holds, in seconds since 1970."""


class _Kept(msgspec.Struct, frozen=True):
    stamp: Hashable
    until: int
    reply: Reply


class KeptPages:
    """Pages by address and language; the first kept make room."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: dict[Hashable, _Kept] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def page(self, request: AnyRequest, known: State, stamp: Hashable, make: Making) -> Reply:
        """The page of a request, made where none is kept that is true still."""
        query = request.scope["query_string"]
        key = (known.path, query, known.language)
        kept = self._kept.get(key)
        if kept is not None and kept.stamp == stamp and known.now < kept.until:
            return kept.reply
        reply, until = await make()
        self._drop(key)
        if reply.status == 200 and known.now < until and len(query) <= _LONGEST_QUERY:
            self._kept[key] = _Kept(stamp, min(until, known.now + FRESH), reply)
            self._bytes += len(reply.body)
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._kept)))
        return reply

    def _drop(self, key: Hashable) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._bytes -= len(gone.reply.body)
