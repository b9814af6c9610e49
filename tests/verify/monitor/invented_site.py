"""A log and its lists as a site serves them, made of statements; and what a site that is up to no good serves."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from tests import releases
from tests.invented import LOG, TestKey
from verify.core.log import checkpoint, tiles, tree
from verify.core.log.checkpoint import Checkpoint
from verify.core.log.tiles import ENTRIES, WIDTH, Tile
from verify.core.statement import decode

ORIGIN = "verify.example.org/log"


class Site:
    """What is served: ``files`` by path, which a test may change."""

    def __init__(
        self, statements: Sequence[bytes], *, keyring: bytes, lists: dict[str, bytes], key: TestKey = LOG
    ) -> None:
        self.entries = [tree.entry(decode(data).kind, hashlib.sha256(data).digest()) for data in statements]
        self.files: dict[str, bytes] = {"/.well-known/yinjian/keyring": keyring}
        self._serve(key)
        items = [{"code": code, "stage": "final"} for code in lists]
        self.files["/api/v1/exams"] = json.dumps({"items": items, "next": None}).encode()
        self.files |= {f"/api/v1/exams/{code}/pass-list.cbor": data for code, data in lists.items()}

    @property
    def root(self) -> bytes:
        """The tree's root."""
        return tree.Frontier().add(self.entries).root

    def _serve(self, key: TestKey) -> None:
        size = len(self.entries)
        said = Checkpoint(origin=ORIGIN, size=size, root=self.root)
        note = checkpoint.note(said, key.public, key.private.sign(said.text.encode()))
        self.files["/log/checkpoint"] = note.encode()
        for index in range(-(-size // WIDTH)):
            part = self.entries[index * WIDTH : (index + 1) * WIDTH]
            bundle = Tile(level=ENTRIES, index=index, width=len(part))
            self.files[f"/log/tile/{bundle.path}"] = tiles.bundled(part)
        level, hashes = 0, list(map(tree.leaf, self.entries))
        while hashes:
            rows = [hashes[place : place + WIDTH] for place in range(0, len(hashes), WIDTH)]
            for index, row in enumerate(rows):
                tile = Tile(level=level, index=index, width=len(row))
                self.files[f"/log/tile/{tile.path}"] = b"".join(row)
            level, hashes = level + 1, [tiles.root(b"".join(row)) for row in rows if len(row) == WIDTH]

    def ask(self, path: str, _most: int) -> bytes | None:
        """What is at a path."""
        return self.files.get(path)


def people(count: int, first: int = 1) -> list[bytes]:
    """So many certificates."""
    return [releases.certify(serial) for serial in range(first, first + count)]


def final(certified: Sequence[bytes], **other: Any) -> bytes:
    """The final list that names these certificates."""
    return releases.pass_list([releases.row(n, data) for n, data in enumerate(certified, start=1)], **other)
