"""One look at a log: its keyring, its checkpoint, every entry since the last look, and every list that is shown.

Nothing of the service is believed but what its keys signed and the tree shows: the entries are hashed into the tree
that was seen before, so that no proof of the service's own is needed.
"""

import contextlib
import datetime
import hashlib
import random
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Final

import msgspec

from verify.core import cbor
from verify.core.believed_list import GenuineList
from verify.core.chain import Chain
from verify.core.errors import CoreError, KeyringRefused, LogRefused, NotBelieved
from verify.core.log import checkpoint, tiles, tree
from verify.core.log.checkpoint import Signed
from verify.core.log.tiles import ENTRIES, WIDTH, Tile
from verify.core.log.tree import HASH_BYTES
from verify.core.statement import Kind
from verify.monitor.alarms import Alarm, alarm
from verify.monitor.remembered import Remembered
from verify.shared.command import LOCALE, Refusal, messages
from verify.shared.progress import Progress

_ = messages(LOCALE)

Ask = Callable[[str, int], bytes | None]
"""What the service has at a path, at most so many bytes; None where it has nothing. Raises Refusal."""

_KEYRING: Final = "/.well-known/yinjian/keyring"
_MOST_LIST: Final = 256 << 20
_SKEW: Final = 300
"""Seconds by which two clocks may differ."""
_MOST_PAGES: Final = 10_000
"""Of exams: more than any centre holds in a hundred years."""
AGAIN: Final = 16
"""Bundles of older entries that a look reads once more, drawn by lot: a small log's are all of them."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A new entry of the log."""

    index: int
    kind: str
    digest: str
    """SHA-256 of the statement, in hex."""
    exam: str | None = None
    """Of a certificate, the exam whose list names it, by the lists that were ever shown while somebody looked."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one look found."""

    size: int
    before: int
    new: dict[str, int]
    """New entries by kind."""
    entries: tuple[Entry, ...]
    lists: dict[str, int]
    """By exam, how many certificates the list that is shown names."""
    certificates: int
    """In the log."""
    named: int
    """Of these, named by a list that was ever shown while somebody looked."""
    alarms: tuple[Alarm, ...]


class Follower:
    """One look."""

    def __init__(
        self, ask: Ask, seen: Remembered, root: bytes, progress: Progress, *, again: int | None = AGAIN
    ) -> None:
        """``root`` is the pinned thumbprint; ``again`` how many older bundles are read once more, None for all."""
        self._again = again
        self._ask = ask
        self._seen = seen
        self._root = root
        self._progress = progress
        self.alarms: list[Alarm] = []

    def look(self, address: str) -> Look:
        """Looks once, and keeps what was seen where the log goes on from what was seen before. Raises Refusal."""
        before, entries = self._seen.size, list[Entry]()
        lists: dict[str, int] = {}
        keyring = self._ask(_KEYRING, 16 << 20) or b""
        chain = self._chain(keyring)
        signed = self._checkpoint(chain) if chain is not None else None
        frontier = self._grown(signed, entries) if signed is not None else None
        if chain is not None and signed is not None and frontier is not None:
            self._read_again(before, signed.size)
            placed = self._placed(keyring)
            lists = self._lists(placed or chain)
            self._seen.keep(root=self._root, address=address, keyring=keyring, note=signed.note, frontier=frontier)
        entries = [
            msgspec.structs.replace(one, exam=self._seen.exam_of(bytes.fromhex(one.digest)[:16])) for one in entries
        ]
        certificates = sum(1 for _one in self._seen.certificates())
        return Look(
            size=frontier.size if frontier is not None else before,
            before=before,
            new=dict(Counter(one.kind for one in entries)),
            entries=tuple(entries),
            lists=lists,
            certificates=certificates,
            named=self._seen.named(),
            alarms=tuple(self.alarms),
        )

    def _chain(self, keyring: bytes) -> Chain | None:
        """The keyring, which goes on from the one that was seen."""
        try:
            chain = Chain.follow(((data, None) for data in cbor.split(keyring)), self._root)
        except CoreError as error:
            self.alarms.append(alarm("keyring_refused", reason=error.code))
            return None
        if not keyring.startswith(self._seen.keyring):
            self.alarms.append(alarm("keyring_differs"))
            return None
        return chain

    def _checkpoint(self, chain: Chain) -> Signed | None:
        """The checkpoint, of a tree that is not smaller than the one seen, nor another of its size."""
        seen = self._seen
        data = self._ask("/log/checkpoint", 1 << 20)
        if data is None:
            if seen.note:
                self.alarms.append(alarm("no_checkpoint"))
            return None
        note = data.decode("utf-8", "replace")
        try:
            signed = checkpoint.believed(note, chain)
        except LogRefused as error:
            self.alarms.append(alarm("note_refused", reason=error.code))
            return None
        notes = (seen.note, note)
        if signed.size < seen.size:
            self.alarms.append(alarm("size_went_back", signed.size, notes, before=seen.size))
            return None
        if signed.size == seen.size and seen.note and checkpoint.read(seen.note).root != signed.root:
            self.alarms.append(alarm("fork", signed.size, notes))
            return None
        return signed

    def _grown(self, signed: Signed, found: list[Entry]) -> tree.Frontier | None:
        """The tree that was seen with every new entry, which must be the checkpoint's."""
        seen, frontier = self._seen, self._seen.frontier()
        with self._progress(_("Reading the log"), signed.size - seen.size) as advance:
            for tile in _bundles(seen.size, signed.size):
                entries = self._bundle(tile)
                if entries is None:
                    return None
                fresh = entries[max(0, seen.size - tile.index * WIDTH) :]
                start = frontier.size
                frontier.add(fresh)
                seen.add(start, fresh)
                found += [_entry(start + place, one) for place, one in enumerate(fresh)]
                for _one in fresh:
                    advance(1)
        if frontier.root != signed.root:
            code = "rewrite" if seen.size else "tile_bad"
            self.alarms.append(alarm(code, signed.size, (seen.note, signed.note), before=seen.size))
            return None
        return frontier

    def _read_again(self, before: int, size: int) -> None:
        """That of ``size`` entries those ``before`` are served as they were seen: what was removed since is told."""
        bundles = [tile for tile in _bundles(0, size) if tile.index * WIDTH < before]
        if self._again is not None and len(bundles) > self._again:
            bundles = sorted(random.sample(bundles, self._again), key=lambda tile: tile.index)
        for tile in bundles:
            data = self._ask(f"/log/tile/{tile.path}", WIDTH * (HASH_BYTES + 8))
            start = tile.index * WIDTH
            if data != tiles.bundled(self._seen.entries(start, start + tile.width)):
                self.alarms.append(alarm("entries_gone", start, stop=start + tile.width - 1))

    def _bundle(self, tile: Tile) -> list[bytes] | None:
        """A bundle's entries, whose hashes the tile of the same place must have."""
        hashes = Tile(level=0, index=tile.index, width=tile.width)
        found = []
        for one in (tile, hashes):
            data = self._ask(f"/log/tile/{one.path}", WIDTH * (HASH_BYTES + 8))
            if data is None:
                self.alarms.append(alarm("tile_lacking", one.path))
                return None
            found.append(data)
        try:
            entries = tiles.unbundled(tile, found[0])
        except LogRefused:
            self.alarms.append(alarm("tile_bad", tile.path))
            return None
        if b"".join(map(tree.leaf, entries)) != found[1]:
            self.alarms.append(alarm("tile_bad", hashes.path))
            return None
        return entries

    def _placed(self, keyring: bytes) -> Chain | None:
        """The keyrings with the log indexes at which they stand."""
        placed = []
        for data in cbor.split(keyring):
            places = self._seen.places(_digest(data))
            if places:
                placed.append((data, places[0]))
        return Chain.among(placed, self._root)

    def _lists(self, chain: Chain) -> dict[str, int]:
        """Checks each list that is shown against the log: by exam, how many certificates it names."""
        found = {}
        for exam in self._exams():
            code, stage = exam.code, exam.stage or ""
            data = self._ask(f"/api/v1/exams/{code}/pass-list.cbor", _MOST_LIST)
            if data is None:  # past its term; whom it named was kept when it was shown
                if exam.public_until is not None and exam.public_until.timestamp() > time.time() + _SKEW:
                    self.alarms.append(alarm("list_hidden", code))
                continue
            places = self._seen.places(_digest(data))
            if not places:
                self.alarms.append(alarm("list_not_logged", code))
                continue
            if places[0] < self._seen.newest_list(code):
                self.alarms.append(alarm("list_went_back", code))
                continue
            if self._seen.knows_list(_digest(data)):
                continue
            try:
                genuine = GenuineList.of(data, chain.newest)
                _believed_somewhere(genuine, places, chain)
            except (NotBelieved, KeyringRefused) as error:
                self.alarms.append(alarm("list_refused", code, reason=error.code))
                continue
            shorts = genuine.shorts()
            missing = [short for short in shorts if not self._seen.has_short(short)]
            if missing:
                self.alarms.append(alarm("listed_not_logged", code, count=len(missing)))
            self._seen.add_list(genuine.digest, code, stage, shorts)
            found[code] = len(shorts)
        return found

    def _exams(self) -> "Iterator[_Exam]":
        """Every exam that has a list. Raises Refusal where the service gives no such thing."""
        cursor: str | None = ""
        before: set[str] = set()
        while cursor is not None:
            before.add(cursor)
            path = "/api/v1/exams" + (f"?cursor={urllib.parse.quote(cursor)}" if cursor else "")
            try:
                page = msgspec.json.decode(self._ask(path, 16 << 20) or b"{}", type=_Page)
            except ValueError:  # a text that is no UTF-8 is no DecodeError of msgspec's
                raise Refusal(_("{}: not the exams that a service gives.").format(path)) from None
            yield from (one for one in page.items if one.stage)
            cursor = page.next
            if cursor in before or len(before) > _MOST_PAGES:
                raise Refusal(_("{}: its pages of exams have no end.").format(path))


class _Exam(msgspec.Struct, frozen=True):
    """Of an exam's entry in the service's own list, what is looked at."""

    code: Annotated[str, msgspec.Meta(pattern="^[0-9A-Z-]{1,40}$")]
    stage: str | None = None
    public_until: Annotated[datetime.datetime, msgspec.Meta(tz=True)] | None = None


class _Page(msgspec.Struct, frozen=True):
    items: tuple[_Exam, ...] = ()
    next: Annotated[str, msgspec.Meta(max_length=200)] | None = None


def _believed_somewhere(listed: GenuineList, places: Sequence[int], chain: Chain) -> None:
    """That a list is believed at one of its places in the log. Raises NotBelieved, for the last of them."""
    for place in places[:-1]:
        with contextlib.suppress(NotBelieved):
            listed.at(place, chain)
            return
    listed.at(places[-1], chain)


def _digest(data: bytes) -> bytes:
    """SHA-256 of a statement, as its entry has it."""
    return hashlib.sha256(data).digest()


def _bundles(start: int, stop: int) -> Iterator[Tile]:
    """The bundles that hold the entries from ``start`` to ``stop``, as wide as a tree of ``stop`` has them."""
    for index in range(start // WIDTH, -(-stop // WIDTH)):
        yield Tile(level=ENTRIES, index=index, width=min(WIDTH, stop - index * WIDTH))


def _entry(index: int, data: bytes) -> Entry:
    kind = Kind(data[0]).name.lower() if data[0] in set(Kind) else str(data[0])
    return Entry(index=index, kind=kind, digest=data[1:].hex())
