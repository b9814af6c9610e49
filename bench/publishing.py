"""Publishing a release of 100,000 certificates beside bare checks of signatures, and the publisher's peak memory."""

import time
from pathlib import Path

from bench import raw
from bench.figures import Figure, beside, limit
from bench.invented import final_release
from bench.memory import apart
from migrations import embedded
from signing.release import release_file
from signing.release.into_registry import publish
from signing.spread import processors
from tests import releases

PEOPLE = 100_000
MOST_MIB = 1024
LEAST_RATE = 0.35


def _publish(path: Path, url: str) -> tuple[int, float]:
    """Statements that were added, and the seconds."""
    begun = time.perf_counter()
    done = publish(
        path,
        url,
        keyring=releases.keyrings(),
        root=releases.ROOT_THUMBPRINT,
        log=releases.logbook(path.with_name("log-state")),
        now=releases.NOW,
    )
    return done.added, time.perf_counter() - begun


def run(folder: Path, people: int = PEOPLE) -> tuple[embedded.Database, list[Figure]]:
    """Publishes a release of ``people`` in ``folder``, twice: the second time nothing is to be done."""
    database = embedded.start(folder, durable=True)
    path = folder / "bench.release"
    release_file.write(path, final_release(people))
    print(f"publish {people:,} certificates ({path.stat().st_size / 2**20:.0f} MiB)")
    bare = [raw.verifications()]
    rates, memory = [], []
    for _ in range(2):
        (added, seconds), most = apart(_publish, path, database.signer_url)
        print(f"  {added:,} statements in {seconds:.1f} s ({added / seconds:,.0f}/s), {most:,} MiB")
        rates.append(added / seconds)
        memory.append(most)
        bare.append(raw.verifications())
    work, against = f"publish {people:,} certificates", f"bare Ed25519 on {processors()} cores"
    return database, [
        beside(work, rates[:1] * 2, bare[:2], unit="/s", against=against, bound=LEAST_RATE),
        limit(f"{work}, publisher and workers: memory", max(memory), MOST_MIB, unit="MiB"),
    ]
