"""A registry in memory whose statements stand in a log, as publishing puts them: checkpoint, tiles and receipts."""

from collections.abc import Sequence

from tests.invented import LOG
from tests.memory_registry import MemoryRegistry
from tests.verify.monitor.invented_site import Site
from verify.core.log import checkpoint, tiles
from verify.core.log import receipt as receipts
from verify.core.log.tiles import Tile
from verify.core.log.view import TreeView
from verify.core.register import Record


class LoggedRegistry(MemoryRegistry):
    """At most 256 statements: the tiles at the right edge are then all that there are."""

    def _site(self) -> Site:
        return Site(self.statements, keyring=b"", lists={})

    async def log(self, records: Sequence[Record] = ()) -> TreeView | None:
        """See Registry."""
        del records
        site, chain = self._site(), await self.chain()
        signed = checkpoint.believed(site.files["/log/checkpoint"].decode(), chain)
        edge = [site.files[f"/log/tile/{tile.path}"] for tile in tiles.edge(signed.size)]
        return TreeView(signed, edge, LOG.private.sign(receipts.signed_root(LOG.kid, signed.root)))

    async def log_tile(self, tile: Tile) -> bytes | None:
        """See Registry; also the tiles of the log when it was smaller."""
        whole = self._site().files.get(f"/log/tile/{tile.path}")
        if whole is not None or tile.level != 0:
            return whole
        return LoggedRegistry(self.statements[: tile.width])._site().files.get(f"/log/tile/{tile.path}")
