"""One job's turn at a reader, and when it has been so long that it gives way to all others."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

from verify.files.refusals import FileRefused

SHORT: Final = 0.05
"""Seconds of a processor that a job has beside any others: most are done by then. Longer ones take turns."""
SLOW: Final = 0.25
"""Seconds of a processor after which a job gives way."""
ENOUGH: Final = 0.1
"""The same of one for whose place others wait."""
LONG: Final = 1.0
"""Seconds by the clock after which it does though it has had less of a processor, and held a place all the while."""
_LEAST: Final = 0.02
"""Seconds after which it is looked at again, at the soonest."""


class Ended(FileRefused):
    """A job was ended for the sake of somebody else's."""

    def __init__(self) -> None:
        super().__init__("busy")


class Reader(Protocol):
    """What does the job."""

    def ran(self) -> float:
        """Seconds that it has had of processors in its life."""
        ...

    gave_way: bool
    """Whether the job that it does has had so much that others go before it."""

    def go_on(self, on: bool) -> None:
        """It stands still, or goes on."""
        ...


class Turn:
    """Waiting until ``started`` is done, running after it; ``notice`` is called when it gives way by itself."""

    def __init__(
        self,
        client: str,
        clock: Callable[[], float],
        notice: Callable[[], None] = lambda: None,
        *,
        anew: bool = False,
    ) -> None:
        self.client = client
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.aside = False
        """Whether it has no place, but works beside those that have."""
        self.short = True
        """Whether it had no more than SHORT when it was last looked at."""
        self.gave_way = False
        self.ended = False
        self._goes_on = True
        self._clock = clock
        self._anew = anew
        self._notice = notice
        self._began: float | None = None
        self._reader: Reader | None = None
        self._ran_before = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._limit: asyncio.Timeout | None = None
        self._took: tuple[float, float] | None = None

    def begin(self, reader: Reader) -> None:
        """A worker begins with the job: from now on time counts, and not while one was made ready."""
        self._began = self._clock()
        self._reader = reader
        self._ran_before = reader.ran()
        if self.aside or self._anew:  # by now
            self.give_way()
            self._notice()
        else:
            self._timer = asyncio.get_running_loop().call_later(SHORT, self._look)

    def took(self) -> float:
        """Seconds that a worker has spent on the job, by the clock."""
        if self._took is not None:
            return self._took[0]
        return 0.0 if self._began is None else self._clock() - self._began

    def ran(self) -> float:
        """Seconds that it has had of a processor."""
        if self._took is not None:
            return self._took[1]
        return 0.0 if self._reader is None else self._reader.ran() - self._ran_before

    def slow(self, much: float = SLOW) -> bool:
        """Whether it has had so much that it is to give way. Who only waits for a processor has not."""
        return self.ran() > much or self.took() > LONG

    def give_way(self) -> None:
        """From now on, or from its beginning, the job is done when others leave room for it."""
        if self._reader is not None:
            self.gave_way = self._reader.gave_way = True

    def go_on(self, on: bool) -> None:
        """Has the job stand still, or go on."""
        if self._reader is not None and on != self._goes_on:
            self._goes_on = on
            self._reader.go_on(on)

    def done(self) -> None:
        """The worker is at the job no more: what it took is that."""
        self.go_on(True)  # also where it ended just before it was to stand still: there are other jobs for its reader
        self._took = self.took(), self.ran()
        if self._timer is not None:
            self._timer.cancel()

    def end(self) -> None:
        """Ends the job for the sake of somebody else's."""
        self.ended = True
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What the job runs in. Raises Ended."""
        try:
            async with asyncio.timeout(0 if self.ended else None) as self._limit:
                yield
        except TimeoutError:
            raise Ended from None
        finally:
            self._limit = None
            self.done()

    def _look(self) -> None:
        if self.gave_way:
            return
        ran, was_short = self.ran(), self.short
        self.short = ran <= SHORT
        if self.slow():
            self.give_way()
            self._notice()
            return
        if self.short != was_short:
            self._notice()
        later = max((SHORT if self.short else SLOW) - ran, _LEAST)
        self._timer = asyncio.get_running_loop().call_later(later, self._look)
