"""The log as the database has it: the newest checkpoint that is believed, and its tree, tile by tile, checked."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Final

from verify.core.chain import Chain
from verify.core.errors import LogRefused, RegisterDamaged
from verify.core.log import checkpoint, receipt, tiles, tree
from verify.core.log.checkpoint import Signed
from verify.core.log.tiles import Tile
from verify.core.log.view import TreeView
from verify.core.register import Published
from verify.registry.questions import Questions

MOST_TILES: Final = 4096
"""Full tiles that are kept of one tree, 32 MiB: those above the lowest of a log of 250 million entries."""
AGAIN: Final = 1.0
"""Seconds after which it is asked whether statements without a checkpoint have one now."""
_NEWEST: Final = "select note, receipt from registry.checkpoints order by size desc, place limit 100"
_TILES: Final = """
select w.place, substring(registry.tile(w.level, w.index) for w.width * 32) as hashes
from unnest($1::int[], $2::bigint[], $3::int[]) with ordinality w (level, index, width, place)
"""
_ENTRIES: Final = "select index, kind, digest from registry.entries where index >= $1 and index < $2 order by index"


class PublishedLog:
    """Asks for the log. One tree is kept, that of the newest checkpoint."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._tree: TreeView | None = None
        self._known: tuple[int, int] = (-1, 0)
        """The log size and the keyring's version of when that was the newest."""
        self._read_at = 0.0
        self._reading = asyncio.Lock()

    async def newest(self, size: int, chain: Chain) -> TreeView | None:
        """The tree of the newest checkpoint in a registry of ``size`` statements at least; None where there is none.

        Raises RegisterDamaged where the registry's tiles are not that tree's.
        """
        moment = size, chain.newest.version
        if self._is_due(moment):
            async with self._reading:
                if self._is_due(moment):
                    await self._read(chain)
                    self._known = max(self._known, moment)
                    self._read_at = time.monotonic()
        return self._tree

    def _is_due(self, moment: tuple[int, int]) -> bool:
        """Whether there may be a newer one: after a publishing, and each second while statements wait for theirs."""
        if self._known < moment:
            return True
        waits = self._tree is None or self._tree.size < moment[0]
        return waits and time.monotonic() - self._read_at >= AGAIN

    async def with_entries(self, size: int, chain: Chain, entries: Sequence[Published]) -> TreeView | None:
        """The same, with all that proves these entries; with their surroundings that is at hand nearly always."""
        found = await self.newest(size, chain)
        if found is None:
            return None
        if found.kept > MOST_TILES:
            self._tree = found = found.emptied()
        lacking = found.lacking([found.of_entry(one.index, one.near) for one in entries if one.index < found.size])
        if lacking:
            await self._fill(found, lacking)
        return found

    async def tile(self, tile: Tile) -> bytes | None:
        """A tile's or a bundle's bytes, None where the registry does not reach it."""
        if tile.level == tiles.ENTRIES:
            start = tile.index * tiles.WIDTH
            rows = await self._questions.fetch(_ENTRIES, start, start + tile.width)
            whole = len(rows) == tile.width
            return tiles.bundled([tree.entry(row["kind"], row["digest"]) for row in rows]) if whole else None
        (data,) = await self._tiles([tile])
        return data if len(data) == tile.width * tree.HASH_BYTES else None

    async def _read(self, chain: Chain) -> None:
        for row in await self._questions.fetch(_NEWEST):
            with contextlib.suppress(LogRefused):
                signed = checkpoint.believed(row["note"], chain)
                receipt.check_root(row["receipt"], signed)
                if self._tree is None or self._tree.signed != signed:
                    self._tree = await self._opened(signed, row["receipt"])
                return

    async def _opened(self, signed: Signed, signature: bytes) -> TreeView:
        edge = await self._tiles(tiles.edge(signed.size))
        try:
            return TreeView(signed, edge, signature, self._tree.full if self._tree is not None else None)
        except LogRefused as error:
            raise RegisterDamaged("register_damaged", f"the log: {error.detail}") from None

    async def _fill(self, found: TreeView, lacking: Sequence[Tile]) -> None:
        try:
            for tile, data in zip(lacking, await self._tiles(lacking), strict=True):
                found.give(tile, data)
        except LogRefused as error:
            raise RegisterDamaged("register_damaged", f"the log: {error.detail}") from None

    async def _tiles(self, wanted: Sequence[Tile]) -> list[bytes]:
        """The bytes of these tiles; fewer than they should have where the registry does not reach them."""
        rows = await self._questions.fetch(
            _TILES, [one.level for one in wanted], [one.index for one in wanted], [one.width for one in wanted]
        )
        found = {row["place"]: row["hashes"] for row in rows}
        return [found[place] or b"" for place in range(1, len(wanted) + 1)]
