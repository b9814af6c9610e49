"""The gate before every check of a number by name: free, or for a proof of work where names were guessed (ADR 9)."""

from collections.abc import Sequence

import msgspec

from verify.http.answers.problems import Refused
from verify.http.guard.challenge import Challenge
from verify.http.guard.names_tried import NamesTried, Try
from verify.http.guard.proof import Proofs


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the tries may be looked at: all where the work was brought, else those that cost nothing so far."""

    paid: bool
    owed: int
    """What all of them cost, in rounds."""
    open: tuple[bool, ...]


class NameGate:
    """Asks for work, takes it, and counts wrong names before they are answered."""

    def __init__(self, tried: NamesTried, proofs: Proofs) -> None:
        self._tried = tried
        self._proofs = proofs

    async def enter(self, tries: Sequence[Try], client: str, altcha: str | None, now: int) -> Entry:
        """Before anything is looked at. One proof pays for all tries, and is used up.

        Raises Refused (proof_invalid, proof_expired, proof_used, proof_too_easy) where the proof that was brought is
        wanted and not good.
        """
        prices = await self._tried.prices(tries, client, now)
        owed = sum(price.in_turn for price in prices)
        if owed and altcha:
            await self._proofs.spend(await self._proofs.check(altcha, owed, now), now)
            return Entry(paid=True, owed=owed, open=(True,) * len(tries))
        return Entry(paid=False, owed=owed, open=tuple(not price.alone for price in prices))

    async def settle(
        self, tries: Sequence[Try], wrong: Sequence[bool], client: str, now: int, *, paid: bool
    ) -> list[bool]:
        """Before the answers are given: which may be; see NamesTried.settle."""
        return await self._tried.settle(tries, wrong, client, now, paid=paid)

    async def all_cost(self, client: str, now: int) -> bool:
        """Whether every further name of the client's costs something; see NamesTried.all_cost."""
        return await self._tried.all_cost(client, now)

    async def challenge(self, tries: Sequence[Try], client: str, now: int) -> Challenge:
        """What all the tries together cost, as a challenge."""
        prices = await self._tried.prices(tries, client, now)
        return await self.challenge_of(sum(price.in_turn for price in prices), now)

    async def challenge_of(self, owed: int, now: int) -> Challenge:
        """A challenge of so many rounds."""
        return await self._proofs.challenge(max(owed, 1), now)

    async def one(self, item: Try, client: str, altcha: str | None, now: int) -> bool:
        """Enters with a single try; whether it was paid. Raises Refused with a challenge where work is wanted."""
        try:
            entry = await self.enter([item], client, altcha, now)
        except Refused as refused:
            raise await self._wanted(item, client, now, refused.code) from None
        if not entry.open[0]:
            raise await self._wanted(item, client, now)
        return entry.paid

    async def answer_one(self, item: Try, client: str, now: int, *, wrong: bool, paid: bool) -> None:
        """Settles a single try. Raises Refused with a challenge where others came first."""
        if not (await self.settle([item], [wrong], client, now, paid=paid))[0]:
            raise await self._wanted(item, client, now)

    async def _wanted(self, item: Try, client: str, now: int, code: str = "proof_wanted") -> Refused:
        return Refused(code, field="altcha", challenge=await self.challenge([item], client, now))
