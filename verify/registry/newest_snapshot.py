"""The newest believed snapshot as the database has it; anything else that calls itself one is passed over."""

from collections import OrderedDict
from typing import Final

from verify.core import signed
from verify.core.chain import Chain
from verify.core.errors import NotBelieved
from verify.core.signed import Genuine
from verify.core.snapshot import Snapshot
from verify.registry.questions import Questions

_HEADS: Final = "select index, digest from registry.snapshots where index < $1 order by index desc limit 20"
_BYTES: Final = "select bytes from registry.snapshots where index = $1"
_LAST: Final = (1 << 63) - 1
_KEPT: Final = 8
"""Snapshots that are remembered, genuine or not."""


class NewestSnapshot:
    """Asks for what was filed last, and goes back until one is believed at its place."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._read: OrderedDict[tuple[bytes, int], tuple[bytes, Genuine[Snapshot] | None]] = OrderedDict()
        """By digest, and by the version of the keyring: a later one may have the key that this one lacks."""

    async def get(self, chain: Chain) -> bytes | None:
        """Its bytes, None where none is believed. Raises RegistryUnavailable."""
        before = _LAST
        while heads := await self._questions.fetch(_HEADS, before):
            for row in heads:
                data, genuine = await self._one(row["index"], row["digest"], chain)
                try:
                    if genuine is not None:
                        genuine.at(row["index"], chain)
                        return data
                except NotBelieved:
                    pass
            before = heads[-1]["index"]
        return None

    async def _one(self, index: int, digest: bytes, chain: Chain) -> tuple[bytes, Genuine[Snapshot] | None]:
        known = digest, chain.newest.version
        if known not in self._read:
            rows = await self._questions.fetch(_BYTES, index)
            data: bytes = rows[0]["bytes"] if rows else b""
            try:
                self._read[known] = data, signed.genuine(Snapshot, data, chain.newest)
            except NotBelieved:
                self._read[known] = b"", None
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        self._read.move_to_end(known)
        return self._read[known]
