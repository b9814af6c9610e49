"""The public log: what it adds to publishing and to a verdict, a proof in a log of a million entries, and fsck.

What it takes of the service's rate is measured over HTTP, as ``answers`` measures; the same verdicts in this process,
with no service around, stand beside without a target: there the log is a larger part of what is measured.
"""

import asyncio
import hashlib
import random
import tempfile
import time
from pathlib import Path

import asyncpg
import msgspec

from bench import raw
from bench.figures import Figure, beside, limit
from bench.invented import final_release
from bench.service import crowd
from bench.service import logged as served
from migrations import embedded
from signing.release import release_file
from signing.release.into_log import Logging
from signing.release.into_registry import publish
from signing.spread import processors
from tests import releases
from tests.conftest import Urls, fresh_registry
from tests.invented import LOG
from tests.vectors.logs import ORIGIN
from verify.core import verdict
from verify.core.log import checkpoint, tiles, tree
from verify.core.log.checkpoint import Checkpoint, Signed
from verify.core.log.view import TreeView
from verify.fsck import whole_registry
from verify.registry.postgres import PostgresRegistry

PEOPLE = 10_000
ROUNDS = 3
ENTRIES = 1_000_000
PROOFS = 2_000
MOST_BYTES = 640
NUMBERS = 4_000
CROWD = 80_000


def run() -> list[Figure]:
    """Every figure of the log."""
    with tempfile.TemporaryDirectory(prefix="yinjian-bench-") as folder:
        var = Path(folder)
        database = embedded.start(var, durable=True)
        try:
            return [
                _publishing(database, var),
                *_proofs(),
                *_judged_alone(database, var),
                *_served_and_checked(database, var),
            ]
        finally:
            embedded.stop(var)


def _published(url: str, release: Path, state: Path) -> float:
    begun = time.perf_counter()
    publish(
        release,
        url,
        keyring=releases.keyrings(),
        root=releases.ROOT_THUMBPRINT,
        log=releases.logbook(state),
        now=releases.NOW,
    )
    return time.perf_counter() - begun


def _publishing(database: embedded.Database, folder: Path) -> Figure:
    """Publishing with the log, beside the same without its trigger, signature and file."""
    release = folder / "bench.release"
    release_file.write(release, final_release(PEOPLE))
    sign = Logging.sign

    async def nothing(*_arguments: object) -> None:
        """Logs nothing."""

    async def without_tiles(url: str) -> None:
        connection = await asyncpg.connect(url)
        await connection.execute("alter table registry.statement disable trigger log_new")
        await connection.close()

    whole, bare = [], []
    for count in range(ROUNDS):
        with fresh_registry(database) as urls:
            whole.append(_published(urls.signer, release, folder / f"state-{count}"))
        with fresh_registry(database) as urls:
            asyncio.run(without_tiles(urls.owner))
            Logging.sign = nothing  # type: ignore[method-assign, assignment]  # the work that is measured is left out
            try:
                bare.append(_published(urls.signer, release, folder / f"bare-{count}"))
            finally:
                Logging.sign = sign  # type: ignore[method-assign]  # as it was
    work = [one - other for one, other in zip(whole, bare, strict=True)]
    name = f"the log's work in publishing {PEOPLE:,}"
    return beside(name, work, whole, unit="s", against="publishing", bound=0.25, side="at most")


def _proofs() -> list[Figure]:
    """Inclusion proofs from tiles, most of which were never hashed before: the time that the processor takes."""
    row = [tree.leaf(tree.entry(1, hashlib.sha256(str(n).encode()).digest())) for n in range(ENTRIES)]
    made: dict[tuple[int, int], bytes] = {}
    level = 0
    while row:
        parts = [b"".join(row[at : at + tiles.WIDTH]) for at in range(0, len(row), tiles.WIDTH)]
        made |= {(level, index): data for index, data in enumerate(parts)}
        row = [tiles.root(data) for data in parts if len(data) == tiles.WIDTH * tree.HASH_BYTES]
        level += 1
    edge = [made[tile.level, tile.index] for tile in tiles.edge(ENTRIES)]
    hashes = []
    for one in tree.subtrees(0, ENTRIES):
        tile = tiles.of_node(one, ENTRIES)
        hashes.append(tiles.node_hash(made[tile.level, tile.index], one))
    said = Checkpoint(origin=ORIGIN, size=ENTRIES, root=tree.fold(hashes))
    key = LOG.entry("log")
    signed = Signed(checkpoint=said, note=checkpoint.note(said, LOG.public, bytes(64)), key=key)
    view = TreeView(signed, edge)
    chance, most, begun = random.Random(1), 0, time.process_time()  # noqa: S311 -- places to look at
    for _ in range(PROOFS):
        index = chance.randrange(ENTRIES)
        for tile in view.lacking([view.of_entry(index)]):
            view.give(tile, made[tile.level, tile.index])
        most = max(most, sum(map(len, view.inclusion(index).path)))
    each = (time.process_time() - begun) / PROOFS * 1000
    name = f"a proof in {ENTRIES:,} entries"
    return [limit(name, each, 2, unit="ms"), limit(f"{name}, hashes", most, MOST_BYTES, unit="bytes")]


def _judged_alone(database: embedded.Database, folder: Path) -> list[Figure]:
    """Verdicts in a registry as published."""
    with fresh_registry(database) as urls:
        _published(urls.signer, folder / "bench.release", folder / "state-verdicts")
        return asyncio.run(_verdicts(urls.reader))


def _served_and_checked(database: embedded.Database, folder: Path) -> list[Figure]:
    """A registry of many exams: its service beside that of one without a log, and fsck."""
    with fresh_registry(database) as logged, fresh_registry(database) as bare:
        with_log, without = _of(database, logged), _of(database, bare)
        exams = crowd.fill(with_log, CROWD, indexed=True)
        crowd.fill(without, CROWD, indexed=True, logged=False)  # alike but for the log
        return [*served.run(with_log, without, exams, folder), _fsck(logged)]


def _of(database: embedded.Database, urls: Urls) -> embedded.Database:
    addresses = {"owner_url": urls.owner, "signer_url": urls.signer, "reader_url": urls.reader}
    return msgspec.structs.replace(database, **addresses)


def _fsck(urls: Urls) -> Figure:
    """The whole registry, processes starting included."""
    bare = [raw.verifications()]
    begun = time.perf_counter()
    found = asyncio.run(whole_registry.look_through(urls.owner, releases.ROOT_THUMBPRINT))
    seconds = time.perf_counter() - begun
    if found.differences:
        raise SystemExit(f"fsck found {found.differences[:3]}")
    bare.append(raw.verifications())
    work, against = f"fsck of {found.size:,} statements", f"bare Ed25519 on {processors()} cores"
    return beside(work, [found.size / seconds] * 2, bare, unit="/s", against=against, bound=0.3)


async def _verdicts(url: str) -> list[Figure]:
    """Verdicts by number, one after another: without the log, with it, and with the receipt."""
    registry = await PostgresRegistry.open(url, releases.ROOT_THUMBPRINT)
    chain = await registry.chain()
    chance = random.Random(2)  # noqa: S311 -- whom to ask for
    numbers = [releases.number(chance.randrange(1, PEOPLE + 1)) for _ in range(NUMBERS)]

    async def rate(*, log: bool, receipt: bool) -> float:
        begun = time.perf_counter()
        for number in numbers:
            record = await registry.by_number(number)
            held = await registry.log([record]) if log and record is not None else None
            seen = verdict.read_number(number, chain)
            judged = verdict.judge(seen, record, chain=chain, now=releases.NOW, log=held, receipt=receipt)
            if judged.outcome != "valid" or (judged.receipt is not None) != receipt:
                raise SystemExit(f"{number}: {judged.outcome}")
        return NUMBERS / (time.perf_counter() - begun)

    await rate(log=True, receipt=True)
    without, step_9, receipts = [], [], []
    for _ in range(ROUNDS):
        without.append(await rate(log=False, receipt=False))
        step_9.append(await rate(log=True, receipt=False))
        receipts.append(await rate(log=True, receipt=True))
    await registry.close()
    peer = "without the log"
    return [
        beside("judged alone, with step 9", step_9, without, unit="/s", against=peer, bound=None),
        beside("judged alone, with the receipt", receipts, without, unit="/s", against=peer, bound=None),
    ]
