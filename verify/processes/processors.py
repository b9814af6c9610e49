"""Each worker's own part of the machine's processors, so that no two of them wait for one while another is free.

Linux weighs groups of processes (sched(7)), and moves work from one processor to another where these weights differ. A
control group (cgroups(7)) of two busy workers weighs no more on one processor than others' groups do on the next, so
that they stay together for seconds, and relieve each other there (ADR 63).
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
