"""How many different wrong names were tried for one number: after a few a day, the QR code is asked for instead."""

import hmac
from typing import Final

from verify.core.identity import name_key
from verify.http.memory import Memory

MOST: Final = 5
"""Different wrong names for one number in a day, over all clients."""
_DAY: Final = 24 * 3600


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

    async def check(self, number: str, now: int) -> None:
        """Raises TooManyNames once the number (normal form) has had its wrong names."""
        tally = await self._memory.tally(self._key(number), now)
        if tally.size >= MOST:
            raise TooManyNames(max(tally.left, 1))

    async def note(self, number: str, name: str, now: int) -> None:
        """Remembers a wrong name."""
        await self._memory.note(self._key(number), self._hidden(name_key(name)), _DAY, now)

    def _key(self, number: str) -> str:
        return f"names:{self._hidden(number)}"

    def _hidden(self, text: str) -> str:
        return hmac.digest(self._secret, text.encode("utf-8", "replace"), "sha256").hex()[:32]
