"""The proof of work that a lookup wants, so that nobody can try out names and ID numbers by the million (ALTCHA 2).

A challenge asks for a counter whose PBKDF2/SHA-256 key begins with a byte 00: about 256 derivations of ``cost``
rounds each. The cost doubles with each level, and levels grow with searches that found nothing: of one client,
and of one name over all clients. Found and not found are told apart by nobody else, so that a level is no oracle.
"""

import asyncio
import hmac
from typing import Any, Final

import altcha
import msgspec

from verify.core.identity import name_key
from verify.http.answers.problems import Refused
from verify.http.guard.memory import Memory

ALGORITHM: Final = "PBKDF2/SHA-256"
COST: Final = 1000
"""Rounds of one derivation at level 0: about a third of a second on a phone, for all 256."""
HIGHEST: Final = 6
LIFETIME: Final = 600
"""Seconds in which a challenge must be solved and used."""
_HOUR: Final = 3600
_CLIENT_FREE: Final = 5
"""Searches of one client that may find nothing in an hour before its challenges grow."""
_NAME_FREE: Final = 20
"""The same of one name in a day, over all clients; many people share a name."""
_LONGEST: Final = 4096


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """A challenge as ALTCHA's widgets and libraries read it."""

    parameters: dict[str, Any]
    signature: str


class Proofs:
    """Gives challenges, takes solutions, and remembers failed searches. ``secret`` is all processes' own."""

    def __init__(self, secret: bytes, memory: Memory) -> None:
        self._secret = hmac.digest(secret, b"yinjian/altcha/1", "sha256").hex()
        self._memory = memory

    async def challenge(self, client: str, name: str | None, now: int) -> Challenge:
        """A new challenge for the client, hard enough for the name where one is given."""
        level = await self._level(client, name, now)
        made = altcha.create_challenge(
            ALGORITHM,
            COST << level,
            key_prefix="00",
            expires_at=now + LIFETIME,
            data={"level": level},
            hmac_secret=self._secret,
        )
        return Challenge(parameters=made.parameters.to_dict(), signature=made.signature or "")

    async def check(self, payload: str | None, client: str, name: str, now: int) -> str:
        """The mark of a solved challenge that is hard enough, not yet spent; see ``spend``.

        Raises Refused: proof_missing, proof_invalid, proof_expired, proof_too_easy.
        """
        if not payload:
            raise Refused("proof_missing", field="altcha")
        if len(payload) > _LONGEST:
            raise Refused("proof_invalid", field="altcha")
        result = await asyncio.to_thread(altcha.verify_solution, payload, self._secret)
        if result.expired:
            raise Refused("proof_expired", field="altcha")
        if not result.verified:
            raise Refused("proof_invalid", field="altcha")
        parameters = altcha.Payload.from_base64(payload).challenge.parameters
        level = (parameters.data or {}).get("level", 0)
        if level < await self._level(client, name, now):
            raise Refused("proof_too_easy", field="altcha")
        return parameters.nonce

    async def spend(self, mark: str, now: int) -> None:
        """Uses a proof up. Raises Refused: proof_used."""
        if not await self._memory.note(f"proof:{mark}", "", LIFETIME + 60, now):
            raise Refused("proof_used", field="altcha")

    async def failed(self, mark: str, client: str, name: str, now: int) -> None:
        """Remembers a search that found nothing, by its proof's mark."""
        await self._memory.note(self._of_client(client), mark, _HOUR, now)
        await self._memory.note(self._of_name(name), mark, 24 * _HOUR, now)

    async def _level(self, client: str, name: str | None, now: int) -> int:
        of_client = (await self._memory.tally(self._of_client(client), now)).size // _CLIENT_FREE
        of_name = 0 if name is None else (await self._memory.tally(self._of_name(name), now)).size // _NAME_FREE
        return min(max(of_client.bit_length(), of_name.bit_length()), HIGHEST)

    def _of_client(self, client: str) -> str:
        return f"failed:{self._hidden('client', client)}"

    def _of_name(self, name: str) -> str:
        return f"failed:{self._hidden('name', name_key(name))}"

    def _hidden(self, kind: str, text: str) -> str:
        message = f"{kind}:{text}".encode("utf-8", "replace")
        return hmac.digest(self._secret.encode(), message, "sha256").hex()[:32]
