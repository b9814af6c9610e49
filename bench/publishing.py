"""Publishing a release of 100,000 certificates: time, and the publisher's peak memory."""

import multiprocessing
import resource
import time
from pathlib import Path

from bench.figures import Figure, limit
from bench.invented import final_release
from migrations import embedded
from signing.release import release_file
from signing.release.into_registry import publish
from tests import releases

PEOPLE = 100_000
MOST_MIB = 1024


def _publish(path: Path, url: str, peaks: "multiprocessing.SimpleQueue[float]") -> None:
    begun = time.perf_counter()
    done = publish(
        path,
        url,
        keyring=releases.keyrings(),
        root=releases.ROOT_THUMBPRINT,
        log=releases.logbook(path.with_name("log-state")),
        now=releases.NOW,
    )
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {done.added:,} statements in {seconds:.1f} s ({done.added / seconds:,.0f}/s), peak {peak:,.0f} MiB")
    peaks.put(peak)


def run(folder: Path, people: int = PEOPLE) -> tuple[embedded.Database, list[Figure]]:
    """Publishes a release of ``people`` in ``folder``, twice: the second time nothing is to be done."""
    database = embedded.start(folder, durable=True)
    path = folder / "bench.release"
    release_file.write(path, final_release(people))
    print(f"publish {people:,} certificates ({path.stat().st_size / 2**20:.0f} MiB)")
    spawn = multiprocessing.get_context("spawn")
    peaks: multiprocessing.SimpleQueue[float] = spawn.SimpleQueue()
    for _ in range(2):
        process = spawn.Process(target=_publish, args=(path, database.signer_url, peaks))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(process.exitcode)
    most = max(peaks.get() for _ in range(2))
    return database, [limit(f"publish {people:,} certificates, peak memory", most, MOST_MIB, unit="MiB")]
