"""The keyring chain as the database has it: found among all that calls itself a keyring, and only ever carried on."""

import asyncio
from typing import Final

from verify.core.chain import Chain
from verify.core.errors import RegisterDamaged
from verify.registry.port import RegistryUnavailable
from verify.registry.questions import Questions, State

_KEYRINGS: Final = "select index, digest, bytes from registry.keyrings where index > $1 order by index"


class Keyrings:
    """The chain from the pinned root's thumbprint on, read once and carried on when more was filed."""

    def __init__(self, questions: Questions, root: bytes) -> None:
        self._questions = questions
        self._root = root
        self._chain: Chain | None = None
        self._filed: dict[int, bytes] = {}
        """Digests by log index, of keyrings that are believed and of those that are not."""
        self._reading = asyncio.Lock()

    @property
    def at_hand(self) -> Chain | None:
        """The chain as it was last read; None before the first."""
        return self._chain

    async def at(self, state: State) -> Chain:
        """The chain that reaches at least as far as ``state``.

        Raises RegistryUnavailable where none of the pinned root stands there, RegisterDamaged where another stands in
        its place than was read before.
        """
        if state.keyring is not None and not self._known(state.keyring, state.keyring_digest):
            async with self._reading:
                if not self._known(state.keyring, state.keyring_digest):
                    await self._read()
        if self._chain is None:
            raise RegistryUnavailable("no keyring is published yet")
        return self._chain

    def _known(self, index: int, digest: bytes | None) -> bool:
        """Whether that statement was read. Raises RegisterDamaged where it was another."""
        if index not in self._filed:
            return False
        # An index that was passed already is an answer under way while the chain grew, or a replica's.
        if self._filed[index] != digest:
            raise RegisterDamaged("register_damaged", "a keyring that differs from the one read before")
        return True

    async def _read(self) -> None:
        for row in await self._questions.fetch(_KEYRINGS, max(self._filed, default=-1)):
            data, index = row["bytes"], row["index"]
            if data is None:
                raise RegisterDamaged("register_damaged", f"statement {index} is filed as a keyring, and gone")
            if self._chain is None:
                self._chain = Chain.among([(data, index)], self._root)
            else:
                self._chain = self._chain.carried_on(data, index)
            self._filed[index] = row["digest"]
