"""Each worker's own part of the machine's processors, so that no two of them wait for one while another is free.

Linux parts a processor among groups of processes (sched(7)), and moves work from one processor to another where their
weights differ. All processes of a service are one group, so that two workers on one processor weigh as much as one
reader of files on each of two others, and stay together for seconds (ADR 63).
"""

import contextlib
import os
from collections.abc import Collection


def part(processors: Collection[int], at: int, of: int) -> set[int]:
    """The processors of worker ``at``, the first being 0, of ``of``: every ``of``-th of them, and one at least."""
    ordered = sorted(processors)
    return set(ordered[at % len(ordered) :: of])


def keep_to_part(at: int, of: int) -> None:
    """Has this process, and threads that it starts, run on its part of the processors that it may run on."""
    with contextlib.suppress(OSError, AttributeError):  # not Linux, or not allowed: then it runs anywhere
        os.sched_setaffinity(0, part(os.sched_getaffinity(0), at, of))
