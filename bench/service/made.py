"""What an answer's time is made of, by the counters of the run itself: processor time of each who had a part in it."""

import os
import statistics
from collections.abc import Mapping, Sequence

from bench.service.load import Wave


def of(waves: Sequence[Wave], shares: Mapping[str, float]) -> str:
    """Microseconds of the service, PostgreSQL and the load generator; ``shares`` are known parts of the first."""
    cpu, database, load = (
        1e6 * statistics.median(take)
        for take in ([w.cpu for w in waves], [w.database for w in waves], [w.load for w in waves])
    )
    rate = statistics.median(wave.rate for wave in waves)
    known = " and ".join(f"{1e6 * seconds:,.0f} µs for {what}" for what, seconds in shares.items())
    parts = f" (of which {known})" if known else ""
    return (
        f"an answer takes {cpu:,.0f} µs of the service{parts}, {database:,.0f} µs of PostgreSQL "
        f"and {load:,.0f} µs of the load: {rate * (cpu + database + load) / 1e6:.2f} of {processors()} cores"
    )


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))
