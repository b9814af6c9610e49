"""Bodies under way: how many bytes of requests that are not answered yet, in all and of each client, and how slowly.

A body is counted before it is taken. It must come at a pace that the slowest link of a phone keeps. Where all bodies
together grow too large, the largest client's oldest makes room: who sends a photo is not kept out by who sends sixty.
"""

import asyncio
import contextlib
from collections import Counter
from typing import Any, Final

from litestar.types import Receive

from verify.files.confinement import kernel
from verify.http.answers.problems import Refused
from verify.http.guard.lane import Lane

OF_CLIENT: Final = 32 << 20
"""Bytes of one client's bodies under way, by what it says that they will be."""
IN_ALL: Final = 128 << 20
"""Bytes of all bodies under way, as far as they have come."""
PATIENCE: Final = 20.0
"""Seconds in which a body must be there, beside those that its bytes may take."""
SLOWEST: Final = 32 << 10
"""Bytes a second of the slowest sender that is waited for."""
_AT_ONCE: Final = 64 << 10
_PIECE: Final = 64 << 10
"""What the server holds before it stops reading from a wire."""
_PACE: Final = 16 << 20
"""Bytes a second of all large bodies together."""
_RETRY_AFTER: Final = 10
_GIVEN_BACK: Final = 10.0
"""Seconds after a large body in which what it took of the allocator's memory is given back to the system."""


class Underway:
    """The bodies of one process."""

    def __init__(self, of_client: int = OF_CLIENT, in_all: int = IN_ALL, patience: float = PATIENCE) -> None:
        self.of_client = of_client
        self.in_all = in_all
        self.patience = patience
        self._bodies: dict[Body, None] = {}
        self._of: Counter[str] = Counter()
        self._come = 0
        self._lane = Lane()
        self._giving_back = False

    @property
    def come(self) -> int:
        """Bytes that are held now."""
        return self._come

    def begin(self, client: str, said: int) -> "Body":
        """A body of ``said`` bytes by its header, 0 where that does not say. Raises Refused: rate_limited."""
        if said and self._of[client] + said > self.of_client:
            raise Refused("rate_limited", retry_after=_RETRY_AFTER)
        body = Body(self, client)
        self._bodies[body] = None
        self._of[client] += said
        body.said = said
        return body

    def took(self, body: "Body", count: int) -> None:
        """Counts bytes as they come. Raises Refused: rate_limited."""
        body.come += count
        self._come += count
        beyond = body.come - body.said
        if beyond > 0:  # of a body whose length was not said
            body.said += beyond
            self._of[body.client] += beyond
            if self._of[body.client] > self.of_client:
                raise Refused("rate_limited", retry_after=_RETRY_AFTER)
        while self._come > self.in_all:
            heaviest = self._heaviest()
            if heaviest is None or heaviest is body:
                raise Refused("crowded", retry_after=_RETRY_AFTER)
            heaviest.evict()

    async def pace(self, body: "Body") -> None:
        """Waits until more of a large body may be read: one piece at a time, whose client has had least lately.

        The event loop reads some hundred megabytes a second and does nothing else then; so it reads fewer.
        """
        async with self._lane.turn(body.client):
            await asyncio.sleep(_PIECE / _PACE)

    def end(self, body: "Body") -> None:
        """Lets go of a body, once."""
        if self._bodies.pop(body, body) is None:
            self._come -= body.come
            self._of[body.client] -= body.said
            if self._of[body.client] <= 0:
                del self._of[body.client]
            if body.come > _AT_ONCE and not self._giving_back:
                self._giving_back = True
                asyncio.get_running_loop().call_later(_GIVEN_BACK, self._give_back)

    def _give_back(self) -> None:
        """Has the allocator return what lies free between what is in use (malloc_trim(3)): it never does by itself."""
        self._giving_back = False
        with contextlib.suppress(OSError, AttributeError):  # not Linux, or another C library
            kernel.call("malloc_trim", 0)

    def _heaviest(self) -> "Body | None":
        """The oldest unfinished body of the client with the most bytes."""
        come: Counter[str] = Counter()
        for body in self._bodies:
            come[body.client] += body.come
        for client, _ in come.most_common():
            for body in self._bodies:
                if body.client == client and body.come and not body.whole:
                    return body
        return None


class Body:
    """One request's body on its way in. As a context it bounds the time in which the body comes."""

    def __init__(self, underway: Underway, client: str) -> None:
        self.client = client
        self.said = 0
        self.come = 0
        self.whole = False
        self._underway = underway
        self._evicted = False
        self._began = asyncio.get_running_loop().time()
        self._timer = asyncio.timeout_at(self._began + underway.patience)

    async def __aenter__(self) -> "Body":
        await self._timer.__aenter__()
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        """Raises Refused: crowded where it made room for others, too_slow where it did not come in time."""
        self._underway.end(self)
        try:
            await self._timer.__aexit__(kind, error, trace)
        except TimeoutError:
            if not self._timer.expired():
                raise
            raise Refused(
                "crowded" if self._evicted else "too_slow", retry_after=_RETRY_AFTER if self._evicted else None
            ) from None

    def evict(self) -> None:
        """Gives its bytes back now, and ends its request as soon as that has its turn."""
        self._evicted = True
        self._underway.end(self)
        self._timer.reschedule(self._began)

    def of(self, receive: Receive) -> Receive:
        """``receive``, with what comes counted."""

        async def counted() -> Any:
            if self.come > _AT_ONCE and not self.whole:
                await self._underway.pace(self)
            message: Any = await receive()
            if message["type"] == "http.request" and not self.whole and not self._evicted:
                self._underway.took(self, len(message.get("body", b"")))
                self.whole = not message.get("more_body", False)
                deadline = self._began + self._underway.patience + self.come / SLOWEST
                self._timer.reschedule(None if self.whole else deadline)
            return message

        return counted
