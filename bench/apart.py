"""Programs that stand for other machines: of this one's processors they have what nobody else wants at that moment."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from verify.files.confinement import layers

_GROUPS: Final = (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup"))
"""Where control groups that part the processors are: version 1, version 2 (cgroups(7))."""
_LEAST: Final = 19
"""The nice of who gives way most."""


@contextlib.contextmanager
def idle_group(places: tuple[Path, ...] = _GROUPS) -> Iterator[Path | None]:
    """A control group that is idle beside all others (cpu.idle, Linux 5.15), None where this user may make none.

    Its processes have to have ended before it is left.
    """
    for place in places:
        group = place / f"yinjian-bench-{os.getpid()}"
        if not (place / "cgroup.procs").exists():
            continue
        with contextlib.suppress(OSError):
            group.mkdir()
            try:
                if (idle := group / "cpu.idle").exists():
                    idle.write_text("1", "ascii")
                    yield group
                    return
            finally:
                group.rmdir()
    yield None


def stand_apart(group: Path | None) -> None:
    """Has this process, and those that it starts, give way to all others: idle, and in the idle group where one is.

    A group of its own at the lowest weight (autogroups, sched(7)) has a turn of some milliseconds now and then for
    which others wait, as another machine would not.
    """
    layers.group_below(_LEAST)
    os.setpriority(os.PRIO_PROCESS, 0, _LEAST)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if group is not None:
        (group / "cgroup.procs").write_text("0", "ascii")
