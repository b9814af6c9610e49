"""A release goes into the log: the tree with it is signed where it goes on from what was signed last, and only there.

The order is what keeps the log from ever forking (2-formats, Transparency log): the rows go in, the tree is found
anew from them, the line goes to the log's file and to disk, then the checkpoint's row, then the commit.
"""

import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from keys.custody import KeySigner
from signing.messages import _
from signing.release.log_state import Line, LogState, entry_of, is_entry, logged
from signing.release.release_file import refuse
from verify.core.chain import Chain
from verify.core.errors import LogRefused
from verify.core.log import checkpoint as notes
from verify.core.log import tiles, tree
from verify.core.log.checkpoint import Checkpoint, Signed
from verify.shared import command
from verify.shared.command import joined

_CHECKPOINTS: Final = "select size, note from registry.checkpoint order by size desc, place limit 1000"
_TILE: Final = "select substring(registry.tile($1, $2) for $3 * 32)"
_ROOT: Final = "select registry.log_root($1)"
_SIZE: Final = "select coalesce(max(index) + 1, 0) from registry.statement"
_BETWEEN: Final = "select kind, digest, bytes from registry.statement where index >= $1 and index < $2 order by index"
_CHECKED: Final = "set constraints all immediate"
_ADD: Final = "insert into registry.checkpoint (size, note, kid, receipt) values ($1, $2, $3, $4)"


Judge: TypeAlias = Callable[[Line, Chain, int], Awaitable[None]]
"""Holds the release of a lost line to the rules, by the keyrings that were there with it; it begins at a log index."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A release as the log's file names it."""

    name: str
    sha256: str


class Logbook(msgspec.Struct, frozen=True, kw_only=True):
    """The log's key and its file, on the machine that publishes."""

    signer: KeySigner
    state: LogState

    @contextlib.contextmanager
    def opened(self, chain: Chain, now: int) -> Iterator["Logging"]:
        """Holds the file for one transaction. Raises Refusal."""
        self.state.hold()
        try:
            yield Logging(self, chain, now)
        finally:
            self.state.release()


class Logging:
    """One transaction's work on the log, by the keyrings ``chain`` of the publisher."""

    def __init__(self, book: Logbook, chain: Chain, now: int) -> None:
        self._signer = book.signer
        self._state = book.state
        self._chain = chain
        self._now = now
        self._origin = notes.origin_of(chain)
        self._last: Line | None = None

    async def take(self, connection: Any, placed: Chain | None, public: str) -> None:
        """Makes this file, come from another machine, the one that publishes; ``public`` is the public checkpoint.

        Raises ReleaseRefused where file, registry and public checkpoint do not agree to the last tree.
        """
        lost = await self.lost(connection, placed, moved=True)
        last = self._last
        try:
            told = notes.genuine(public, self._chain)
        except LogRefused as error:
            refuse("other_log", command.said(error.detail))
        if last is None or told.size > last.size:
            words = _("the public checkpoint is of size {size}, which the log's file does not know: it is an old copy")
            refuse("log_state_behind", words.format(size=told.size))
        if not any((line.size, line.root) == (told.size, told.root.hex()) for line in self._state.lines()):
            words = _("at size {size} the registry has another tree than the log's key signed: a fork")
            refuse("log_forked", words.format(size=told.size))
        refuse_lost(lost)
        nothing: dict[str, Any] = {"release": None, "release_sha256": None, "statements": ()}
        self._state.append(msgspec.structs.replace(last, time=self._now, place=self._state.place, **nothing))

    async def lost(self, connection: Any, placed: Chain | None, *, moved: bool = False) -> list[Line]:
        """What was signed and the registry lacks, the oldest first; ``placed`` is the registry's own keyrings.

        ``moved`` allows that the file came from another machine.

        Raises ReleaseRefused where registry and file are not of one log: a fork, a copy, an old or another file.
        """
        lines = self._state.lines()
        self._last = last = next(lines, None)
        there = await _newest(connection, placed)
        if last is None:
            if there is not None:
                refuse("log_state_lost", _("the log's file has no line, but the registry has checkpoints of its key"))
            return []
        self._check_ours(last, moved=moved)
        if there is None:
            return [line for line in reversed([last, *lines]) if line.statements]
        if there.size > last.size:
            words = _("the registry has a checkpoint of size {size}, which the log's file ({known}) does not know")
            refuse("log_state_behind", words.format(size=there.size, known=last.size))
        lost, line = [], last
        while line.size > there.size:
            lost.append(line)
            line = next(lines, line)
            if line is lost[-1]:
                break
        if line.size != there.size or bytes.fromhex(line.root) != there.root:
            words = _("at size {size} the registry has another tree than the log's key signed: a fork")
            refuse("log_forked", words.format(size=there.size))
        return [one for one in reversed(lost) if one.statements]

    def _check_ours(self, last: Line, *, moved: bool) -> None:
        try:
            notes.genuine(last.note, self._chain)
        except LogRefused as error:
            words = _("the log's file is not of this centre's log: {reason}")
            refuse("other_log", words.format(reason=command.said(error.detail)))
        if last.place != self._state.place and not moved:
            words = _(
                "the log's file is a copy, or on another machine than before: two that publish would fork the log. "
                "Where the other will never publish again: `yinjian-sign take-log`"
            )
            refuse("log_state_copied", words)

    async def give_back(
        self, connection: Any, line: Line, filed: Sequence[tuple[bytes, int]], root: bytes, judge: Judge
    ) -> None:
        """Publishes a lost line's statements as they were, and its old note, once its release passed ``judge``.

        Raises ReleaseRefused, and what ``judge`` raises.
        """
        before = max((one.size for one in self._state.lines() if one.size < line.size), default=0)
        size = await connection.fetchval(_SIZE)
        statements = line.logged
        held = [tree.entry(row["kind"], row["digest"]) for row in await connection.fetch(_BETWEEN, before, size)]
        if size < before or held != [entry_of(data) for data in statements[: len(held)]]:
            words = _("from index {index} on the registry has something else than was signed: a fork")
            refuse("log_forked", words.format(index=before))
        rest = list(enumerate(statements[size - before :], start=size))
        for index, data in rest:
            if is_entry(data):
                words = _(
                    "index {index} was a statement whose body the owner had emptied: "
                    "`yinjian-migrate give-back {entry}`, then this again"
                )
                refuse("log_disowned", words.format(index=index, entry=data.hex()))
        first = before + line.past  # where its release begins
        chain = Chain.among([*filed, *((data, index) for index, data in rest if entry_of(data)[0] == 5)], root)
        await _file_again(connection, [one for one in rest if one[0] < first])
        if line.release is not None and chain is not None:
            await judge(line, chain, first)
        await _file_again(connection, [one for one in rest if one[0] >= first])
        try:
            signed = notes.believed(line.note, chain or self._chain)
        except LogRefused as error:
            refuse("other_log", command.said(error.detail))
        if await connection.fetchval(_ROOT, line.size) != signed.root:
            words = _("at size {size} the registry has another tree than the log's key signed: a fork")
            refuse("log_forked", words.format(size=line.size))
        await self._file(connection, line)

    async def sign(
        self, connection: Any, named: Named, size: int, statements: Sequence[bytes], entries: Sequence[bytes]
    ) -> None:
        """Signs the tree that ``statements``, which begin at ``size``, have made, and files its checkpoint.

        The tree is grown here from the last that was signed; the registry's own must be the same. Raises
        ReleaseRefused, and Refusal where the file cannot be written.
        """
        await connection.execute(_CHECKED)
        key = self._chain.newest.key(self._signer.public)
        if key is None or key.use != "log" or key.state != "active":
            refuse("log_key", _("the keyring does not name this key as the public log's"))
        signed = self._last.size if self._last else 0
        frontier = await self._frontier(connection, signed)
        past = await connection.fetch(_BETWEEN, signed, size)  # filed past publish since
        whole = frontier.add(tree.entry(row["kind"], row["digest"]) for row in past).add(entries)
        if await connection.fetchval(_ROOT, whole.size) != whole.root:
            refuse("log_differs", _("the registry's tree is not that of its statements: `yinjian-verify fsck`"))
        said = Checkpoint(origin=self._origin, size=whole.size, root=whole.root)
        note, receipt = self._signer.sign_checkpoint(said)
        kept = [row["bytes"] or tree.entry(row["kind"], row["digest"]) for row in past]
        line = Line(
            time=self._now,
            size=whole.size,
            root=whole.root.hex(),
            note=note,
            kid=self._signer.kid.hex(),
            receipt=receipt.hex(),
            release=named.name,
            release_sha256=named.sha256,
            place=self._state.place,
            statements=logged([*kept, *statements]),
            past=len(kept),
        )
        self._state.append(line)
        await self._file(connection, line)

    async def _frontier(self, connection: Any, size: int) -> tree.Frontier:
        """The tree that was signed last, from the registry's tiles, which must give its root."""
        edge = {}
        for tile in tiles.edge(size):
            edge[tile.level, tile.index] = await connection.fetchval(_TILE, tile.level, tile.index, tile.width) or b""
        hashes = []
        for one in tree.subtrees(0, size):
            tile = tiles.of_node(one, size)
            hashes.append(tiles.node_hash(edge[tile.level, tile.index], one))
        found = tree.Frontier(size, hashes)
        if self._last is not None and found.root.hex() != self._last.root:
            words = _("at size {size} the registry has another tree than the log's key signed: a fork")
            refuse("log_forked", words.format(size=size))
        return found

    async def _file(self, connection: Any, line: Line) -> None:
        await connection.execute(_ADD, line.size, line.note, bytes.fromhex(line.kid), bytes.fromhex(line.receipt))


def refuse_lost(lost: Sequence[Line]) -> None:
    """Raises ReleaseRefused, which names them, where anything is ``lost``."""
    if lost:
        reason = _("the registry has lost what was signed: {names}. First: `yinjian-sign publish --lost`")
        refuse("log_ahead", reason.format(names=joined(line.name for line in lost)))


async def check_whole(connection: Any, placed: Chain | None, state: LogState) -> None:
    """Raises ReleaseRefused where the registry lacks what ``state``, which is held, says was signed.

    ``placed`` is the registry's own keyrings.
    """
    there = await _newest(connection, placed)
    beyond = itertools.takewhile(lambda line: there is None or line.size > there.size, state.lines())
    refuse_lost([line for line in reversed(list(beyond)) if line.statements])


async def _newest(connection: Any, placed: Chain | None) -> Signed | None:
    """The newest of the registry's checkpoints that a log key of ``placed`` signed."""
    if placed is None:
        return None
    for row in await connection.fetch(_CHECKPOINTS):
        with contextlib.suppress(LogRefused):
            return notes.genuine(row["note"], placed)
    return None


async def _file_again(connection: Any, statements: Sequence[tuple[int, bytes]]) -> None:
    await connection.copy_records_to_table(
        "statement", schema_name="registry", columns=["index", "bytes"], records=statements
    )
