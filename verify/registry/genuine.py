"""Pass lists are believed only with their signatures: each is checked once, when an answer first rests on it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from verify.core import cbor, statement
from verify.core.chain import Chain
from verify.core.errors import RegisterDamaged, Unreadable
from verify.core.statement import Draft, Kind, Statement
from verify.registry.coalesce import Coalescer

Fetch = Callable[[int], Awaitable[tuple[str, bytes] | None]]
"""A list's programme and bytes by its log index."""


class GenuineLists:
    """Remembers which lists (by log index, for statements never change) a key of the keyring has signed.

    A list of 100,000 rows takes 4 MB and some 20 ms, once; it is not decoded, so that its rows are believed from
    the database's own projection of it.
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._genuine: set[int] = set()
        self._checks = Coalescer(self._check, most=1)
        self._chain: Chain | None = None

    async def check(self, indexes: Iterable[int], chain: Callable[[], Awaitable[Chain]]) -> None:
        """Returns when every list of ``indexes`` is known to be genuine.

        Raises RegisterDamaged for one that no certificate key of the keyring signed, and what fetching raises.
        """
        unknown = [index for index in indexes if index not in self._genuine]
        if unknown:
            self._chain = await chain()
            await asyncio.gather(*map(self._checks.get, unknown))

    async def _check(self, indexes: Sequence[int]) -> Mapping[int, None]:
        for index in indexes:
            found = await self._fetch(index)
            if found is None:
                continue  # replaced since by a newer list, which answers for itself
            programme, data = found
            if self._chain is None or not await asyncio.to_thread(_is_signed, data, programme, self._chain):
                raise RegisterDamaged("register_damaged", "a pass list that no key of the centre signed")
            self._genuine.add(index)
        return {}


def _is_signed(data: bytes, programme: str, chain: Chain) -> bool:
    try:
        protected, _unprotected, payload, signature = cbor.decode(data)
        kid = cbor.decode(protected)[4]
        draft = Draft(protected=protected, payload=payload)
        source = Statement(data=data, kind=Kind.PASS_LIST, kid=kid, claims={}, signed=draft.signed, signature=signature)
    except (Unreadable, TypeError, ValueError, KeyError):
        return False
    return any(
        key.use == "certificate" and key.may_sign_for(programme) and statement.signed_by(source, key.public)
        for key in chain.newest.with_kid(kid)
    )
