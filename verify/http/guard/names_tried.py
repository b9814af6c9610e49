"""Different wrong names that were tried for certificate numbers, and the work that further names cost for it (ADR 9).

Nobody is refused. Names are counted for a day: of one client for one number, of one client, and for one number over
all clients; and the guesser's own count comes first, so that who never guessed pays little for what others do.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import msgspec

from verify.core.identity import name_key
from verify.http.guard.hidden import Hidden
from verify.http.guard.lane import slices
from verify.http.guard.memory import Count, Memory

WORK: Final = 115_000
"""Rounds of a check by name at the lowest price: a sixth of a second on a phone."""
OF_ONE: Final = 5
"""Different wrong names of one client for one number that cost nothing."""
OF_CLIENT: Final = 100
"""The same of one client for all numbers."""
OF_NUMBER: Final = 50
"""The same for one number over all clients."""
_DOUBLINGS: Final = 5
"""How far the price for what a client tried itself rises: five seconds on a phone, ten for the unluckiest."""
_DOUBLINGS_FOR_ALL: Final = 3
"""The same for what others tried: somewhat over a second."""
_COUNTED: Final = 10_000
"""Names beyond which a count stands still."""
_DAY: Final = 24 * 3600
_SLICE: Final = 50
"""Names or numbers that are hashed in one go."""


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate number in normal form, and the name that is said to be its holder's."""

    number: str
    name: str


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What a try costs, in rounds: by itself, and behind the others that are asked with it."""

    alone: int
    in_turn: int


class NamesTried:
    """Counts wrong names and says what a try costs. ``secret`` is all processes' own: no name is kept readable."""

    def __init__(self, secret: bytes, memory: Memory) -> None:
        self._hidden = Hidden(secret, "names-tried")
        self._memory = memory

    async def prices(self, tries: Sequence[Try], client: str, now: int) -> list[Price]:
        """What each try costs at what is counted now.

        In its turn a try costs as if all other names that stand before it for its number were wrong: who brings a
        thousand names for one number pays for the thousandth as if they had been brought one by one.
        """
        numbers = list(dict.fromkeys(item.number for item in tries))
        keys = [self._of_client(client)]
        async for slice_ in slices(numbers, _SLICE):
            keys += [key for number in slice_ for key in (self._of_one(client, number), self._of_number(number))]
        mine, *others = await self._memory.tallies(keys, now)
        counted = {number: (others[2 * at], others[2 * at + 1]) for at, number in enumerate(numbers)}
        before: defaultdict[str, set[str]] = defaultdict(set)
        prices = []
        async for some in slices(tries, _SLICE):
            for item in some:
                of_one, of_number = counted[item.number]
                names = before[item.number]
                names.add(name_key(item.name))
                ahead = len(names) - 1
                alone = _price(of_one, mine, of_number)
                in_turn = _price(of_one + ahead, mine, of_number + ahead) if ahead else alone
                prices.append(Price(alone=alone, in_turn=in_turn))
        return prices

    async def settle(
        self, tries: Sequence[Try], wrong: Sequence[bool], client: str, now: int, *, paid: bool
    ) -> list[bool]:
        """Which tries may be answered; the wrong names of these are counted in the same step.

        Asked before the answers are given: many at once, at any number of processes, get no more free answers than
        one after the other. ``paid`` tries are all answered.
        """
        most = (_COUNTED,) * 3 if paid else (OF_ONE, OF_CLIENT, OF_NUMBER)
        counts: list[tuple[Count, ...]] = []
        of_client = self._of_client(client)
        async for some in slices(list(zip(tries, wrong, strict=True)), _SLICE):
            for item, counted in some:
                keys = (self._of_one(client, item.number), of_client, self._of_number(item.number))
                members = self._members(item) if counted else (None, None, None)
                counts.append(tuple(map(Count, keys, members, most)))
        admitted = await self._memory.admit(counts, _DAY, now) if counts else []
        return [True] * len(tries) if paid else admitted

    async def all_cost(self, client: str, now: int) -> bool:
        """Whether the client has tried so many wrong names that a further one costs something whatever its number."""
        (count,) = await self._memory.tallies([self._of_client(client)], now)
        return count >= OF_CLIENT

    def _members(self, item: Try) -> tuple[str, str, str]:
        """What a wrong name is counted as: of one client for one number, of one client, for one number."""
        name = self._hidden(name_key(item.name))
        return name, self._hidden(item.number, name_key(item.name)), name

    def _of_one(self, client: str, number: str) -> str:
        return f"names-of-one:{self._hidden(client, number)}"

    def _of_client(self, client: str) -> str:
        return f"names-of-client:{self._hidden(client)}"

    def _of_number(self, number: str) -> str:
        return f"names-of-number:{self._hidden(number)}"


def _price(of_one: int, of_client: int, of_number: int) -> int:
    return max(
        _step(of_one, OF_ONE, _DOUBLINGS),
        _step(of_client, OF_CLIENT, _DOUBLINGS),
        _step(of_number, OF_NUMBER, _DOUBLINGS_FOR_ALL),
    )


def _step(count: int, free: int, doublings: int) -> int:
    """Nothing below ``free``; then the lowest price, doubled whenever the count has doubled."""
    return WORK << min((count // free).bit_length() - 1, doublings) if count >= free else 0
