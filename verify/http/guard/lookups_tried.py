"""How many searches by name and ID number found nothing, and the work that the next one costs for it (ADR 9).

They are counted three ways: of one client in an hour, of one name in a day, and in a week of one name with the last
four characters of the ID number, which a certificate and a list show. The last is the person whom a guesser is after:
its price rises furthest, and nobody pays it but who asks for that very person.
"""

from typing import Final

from verify.core.identity import id_hint, name_key
from verify.http.guard.hidden import Hidden
from verify.http.guard.memory import Memory

WORK: Final = 512_000
"""Rounds of a lookup where nothing has failed: two thirds of a second on a phone."""
_HOUR: Final = 3600
_CLIENT_FREE: Final = 5
_CLIENT_DOUBLINGS: Final = 6
_NAME_FREE: Final = 20
_NAME_DOUBLINGS: Final = 3
"""Many people share a name, so what others tried with it may cost them little: five seconds on a phone."""
_PERSON_FREE: Final = 5
_PERSON_DOUBLINGS: Final = 8


class LookupsTried:
    """Counts searches that found nothing. ``secret`` is all processes' own."""

    def __init__(self, secret: bytes, memory: Memory) -> None:
        self._hidden = Hidden(secret, "lookups-tried")
        self._memory = memory

    async def work(self, client: str, name: str | None, id_key: str | None, now: int) -> int:
        """The rounds that a search costs this client: of anybody, of a name, or of a name with an ID number.

        Of ``id_key`` only the last four characters count, so that these are enough to ask with.
        """
        keys = [self._of_client(client)]
        keys += [self._of_name(name)] if name is not None else []
        keys += [self._of_person(name, id_key)] if name is not None and id_key is not None else []
        rules = (
            (_CLIENT_FREE, _CLIENT_DOUBLINGS),
            (_NAME_FREE, _NAME_DOUBLINGS),
            (_PERSON_FREE, _PERSON_DOUBLINGS),
        )
        tallies = await self._memory.tallies(keys, now)
        return WORK << max(
            min((tally // free).bit_length(), doublings)
            for tally, (free, doublings) in zip(tallies, rules, strict=False)
        )

    async def failed(self, mark: str, client: str, name: str, id_key: str, now: int) -> None:
        """Remembers a search that found nothing, by its proof's mark."""
        await self._memory.note(self._of_client(client), mark, _HOUR, now)
        await self._memory.note(self._of_name(name), mark, 24 * _HOUR, now)
        await self._memory.note(self._of_person(name, id_key), mark, 7 * 24 * _HOUR, now)

    def _of_client(self, client: str) -> str:
        return f"failed-client:{self._hidden(client)}"

    def _of_name(self, name: str) -> str:
        return f"failed-name:{self._hidden(name_key(name))}"

    def _of_person(self, name: str, key: str) -> str:
        return f"failed-person:{self._hidden(name_key(name), id_hint(key))}"
