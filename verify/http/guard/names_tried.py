"""How many different wrong names were tried for one number: after a few a day, the QR code is asked for instead."""

import hmac
from collections.abc import Sequence
from typing import Final, TypeAlias

from verify.core.identity import name_key
from verify.http.guard.memory import Memory

MOST: Final = 5
"""Different wrong names for one number in a day, over all clients."""
_DAY: Final = 24 * 3600


Try: TypeAlias = tuple[str, str | None]
"""A number in normal form, and the name that was tried for it where it was wrong."""


class TooManyNames(Exception):
    """Names for this number are not answered any more today, right ones neither."""

    def __init__(self, wait: int) -> None:
        super().__init__("too many names for one number")
        self.wait = wait


class NamesTried:
    """Counts wrong names by number, over all clients. ``secret`` is all processes' own: no name is kept readable."""

    def __init__(self, secret: bytes, memory: Memory) -> None:
        self._secret = hmac.digest(secret, b"yinjian/names-tried/1", "sha256")
        self._memory = memory

    async def waits(self, tries: Sequence[Try], now: int) -> list[int]:
        """For each try 0 where it may be answered, and a wrong name is noted; or else the seconds to wait.

        Asked before a name is looked at, so that nothing is looked at in vain, and again with the wrong name before
        the answer is given: many at once, at any number of processes, get no more answers than one after the other.
        """
        if not tries:
            return []
        noted = [(self._key(number), None if name is None else self._hidden(name_key(name))) for number, name in tries]
        return await self._memory.admit(noted, MOST, _DAY, now)

    async def let(self, number: str, wrong: str | None, now: int) -> None:
        """The same for a single try. Raises TooManyNames."""
        (wait,) = await self.waits([(number, wrong)], now)
        if wait:
            raise TooManyNames(wait)

    def _key(self, number: str) -> str:
        return f"names:{self._hidden(number)}"

    def _hidden(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode("utf-8", "replace"), "sha256").hex()[:32]
