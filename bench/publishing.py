"""Publishing a release of 100,000 certificates beside bare checks of signatures, and the publisher's peak memory."""

import multiprocessing
import time
from pathlib import Path

from bench import raw
from bench.figures import Figure, beside, limit
from bench.invented import final_release
from bench.memory import Memory
from migrations import embedded
from signing.release import release_file
from signing.release.into_registry import publish
from signing.spread import processors
from tests import releases

PEOPLE = 100_000
MOST_MIB = 1024
LEAST_RATE = 0.35


def _publish(path: Path, url: str, found: "multiprocessing.SimpleQueue[tuple[float, float]]") -> None:
    memory = Memory()
    begun = time.perf_counter()
    with memory.watched():
        done = publish(
            path,
            url,
            keyring=releases.keyrings(),
            root=releases.ROOT_THUMBPRINT,
            log=releases.logbook(path.with_name("log-state")),
            now=releases.NOW,
        )
    seconds = time.perf_counter() - begun
    print(f"  {done.added:,} statements in {seconds:.1f} s ({done.added / seconds:,.0f}/s), {memory.most >> 20:,} MiB")
    found.put((done.added / seconds, memory.most / 2**20))


def run(folder: Path, people: int = PEOPLE) -> tuple[embedded.Database, list[Figure]]:
    """Publishes a release of ``people`` in ``folder``, twice: the second time nothing is to be done."""
    database = embedded.start(folder, durable=True)
    path = folder / "bench.release"
    release_file.write(path, final_release(people))
    print(f"publish {people:,} certificates ({path.stat().st_size / 2**20:.0f} MiB)")
    spawn = multiprocessing.get_context("spawn")
    found: multiprocessing.SimpleQueue[tuple[float, float]] = spawn.SimpleQueue()
    bare = [raw.verifications()]
    for _ in range(2):
        process = spawn.Process(target=_publish, args=(path, database.signer_url, found))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(process.exitcode)
        bare.append(raw.verifications())
    (rate, first), (_rate, second) = found.get(), found.get()
    work, against = f"publish {people:,} certificates", f"bare Ed25519 on {processors()} cores"
    return database, [
        beside(work, [rate] * 2, bare[:2], unit="/s", against=against, bound=LEAST_RATE),
        limit(f"{work}, publisher and workers: memory", max(first, second), MOST_MIB, unit="MiB"),
    ]
