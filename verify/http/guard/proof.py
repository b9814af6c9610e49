"""Proofs of work, so that nobody can try out names and ID numbers by the million (ALTCHA 2).

Work is counted in rounds of PBKDF2/SHA-256: a phone of 2022 does some 750,000 a second in a browser, this service
about 1,000 to make a challenge, as many to check a right answer, and none for a wrong one. The counter that a challenge
asks for is drawn evenly from twice as many as the work needs, so that no solver is unlucky beyond that.
"""

import asyncio
import hmac
import secrets
from typing import Final

import altcha
import msgspec

from verify.http.answers.problems import Refused
from verify.http.guard.challenge import Challenge
from verify.http.guard.memory import Memory
from verify.http.ops import metrics

ALGORITHM: Final = "PBKDF2/SHA-256"
LIFETIME: Final = 600
"""Seconds in which a challenge must be solved and used, beside those that its work takes."""
_SLOWEST: Final = 50_000
"""Rounds a second of the slowest machine that is waited for."""
_LONGEST_LIFE: Final = 24 * 3600
_LEAST_COST: Final = 500
_MOST_COST: Final = 2000
"""Rounds of one key: enough that a browser's calls do not count beside it, few enough to be made for everybody."""
_LONGEST: Final = 4096


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """A solved challenge: its mark, and the seconds for which it must be remembered once used."""

    mark: str
    seconds: int


class Proofs:
    """Gives challenges and takes each solution once. ``secret`` is all processes' own."""

    def __init__(self, secret: bytes, memory: Memory) -> None:
        self._secret = hmac.digest(secret, b"yinjian/altcha/2", "sha256")
        self._key_secret = hmac.digest(secret, b"yinjian/altcha-key/2", "sha256")
        self._memory = memory

    async def challenge(self, work: int, now: int) -> Challenge:
        """A new challenge of ``work`` rounds."""
        cost = min(max(work // 1024, _LEAST_COST), _MOST_COST)
        made = await asyncio.to_thread(
            altcha.create_challenge,
            ALGORITHM,
            cost,
            counter=secrets.randbelow(2 * max(work // cost, 1)),
            expires_at=now + min(LIFETIME + work // _SLOWEST, _LONGEST_LIFE),
            data={"work": work},
            hmac_secret=self._secret,
            hmac_key_secret=self._key_secret,
        )
        metrics.asked_for_work(work)
        return Challenge(parameters=made.parameters.to_dict(), signature=made.signature or "")

    async def check(self, payload: str | None, work: int, now: int) -> Proof:
        """The proof of at least ``work`` rounds that a payload holds, not used up yet; see ``spend``.

        Raises Refused: proof_missing, proof_invalid, proof_expired, proof_too_easy.
        """
        if not payload:
            raise Refused("proof_missing", field="altcha")
        if len(payload) > _LONGEST or not payload.isascii():
            raise Refused("proof_invalid", field="altcha")
        result = altcha.verify_solution(payload, self._secret, hmac_key_secret=self._key_secret)
        if result.expired:
            raise Refused("proof_expired", field="altcha")
        # By the key's own hash first, so that what is wrong costs no round; then the counter, for what is right.
        if not result.verified or not (await asyncio.to_thread(altcha.verify_solution, payload, self._secret)).verified:
            raise Refused("proof_invalid", field="altcha")
        parameters = altcha.Payload.from_base64(payload).challenge.parameters
        if (parameters.data or {}).get("work", 0) < work:
            raise Refused("proof_too_easy", field="altcha")
        return Proof(mark=parameters.nonce, seconds=max((parameters.expires_at or now) - now, 0) + 60)

    async def spend(self, proof: Proof, now: int) -> None:
        """Uses a proof up. Raises Refused: proof_used."""
        if not await self._memory.note(f"proof:{proof.mark}", "", proof.seconds, now):
            raise Refused("proof_used", field="altcha")
