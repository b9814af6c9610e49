"""All that a worker gives up, in the order in which it can, and the report of what the machine did not let it.

Every layer stands for itself: where one is not to be had, the others hold. What the service's machine lacks the
operator is told at its start and in /health/ready.
"""

import contextlib
import os
import signal
import stat
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, Literal, TypeAlias

from verify.files.confinement import calls, kernel, landlock

Layer: TypeAlias = Literal[
    "limits", "no_new_privileges", "own_namespaces", "other_user", "no_capabilities", "hidden", "landlock", "seccomp"
]
Report: TypeAlias = dict[Layer, str | None]
"""By layer, why it is not in force; None where it is."""

LACKING: Final = "the readers of files lack a layer of confinement: %s; `yinjian-verify doctor` says what that means"
"""What the operator is told at the start."""
_PACKAGE: Final = Path(__file__).resolve().parents[2]
"""The folder verify/, whose neighbours may be anything."""
_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo")
_SYSTEM: Final = (Path("/dev/null"),)
_OF_PROCESSES: Final = (Path("/proc"),)
"""Where a worker opens the nice of its group."""
_UIDS: Final = range(60_600, 61_100)
"""Users that no system gives to anybody (systemd's table of UIDs: 60578 to 61183 are unused)."""
NICE: Final = 10
"""How much workers give way to the service."""
LONGER: Final = 3
"""Times the seconds of a processor that a job may take by the clock: who waits for processors is not slow."""
_TRIES: Final = 40
_PAUSE: Final = 0.05


def confine(memory: int) -> Report:
    """Confines this process, which may use ``memory`` bytes of address space, for ever. Raises nothing."""
    report: Report = {}
    code = [path for path in _code() if path.exists()]

    def layer(name: Layer, work: Callable[[], object]) -> None:
        try:
            work()
        except (OSError, AttributeError, ImportError, ValueError) as error:
            report[name] = (error.strerror if isinstance(error, OSError) else None) or str(error)
        else:
            report[name] = None

    layer("limits", lambda: _limit(memory))
    layer("no_new_privileges", kernel.no_new_privileges)
    own = kernel.NEW_NET | kernel.NEW_IPC
    layer("own_namespaces", lambda: kernel.unshare(own))  # root may
    layer("other_user", lambda: _be_somebody_else(code))
    if report["own_namespaces"] is None:
        with contextlib.suppress(OSError):
            kernel.unshare(kernel.NEW_USER)
    else:
        layer("own_namespaces", lambda: kernel.unshare(kernel.NEW_USER | own))
    layer("no_capabilities", kernel.drop_capabilities)
    layer("hidden", kernel.hide)
    with contextlib.suppress(OSError):
        kernel.end_with_parent(signal.SIGKILL)  # after the change of user, which forgets it
    layer("landlock", lambda: landlock.restrict(code))
    layer("seccomp", calls.restrict)
    return report


def confine_template() -> None:
    """Confines a template as far as it can be and still confine its workers, each of which gives up the rest.

    Code to be read, and of the system what says how a process is; no file of anybody's, no TCP, no signals to others.
    """
    code = [path for path in (*_code(), *_SYSTEM) if path.exists()]
    with contextlib.suppress(OSError, AttributeError):  # the workers' report says so too
        landlock.restrict(code, [path for path in _OF_PROCESSES if path.exists()])


def put_below() -> None:
    """Has this process, and those that it starts, give way to the service, as one of them and as a group."""
    group_below()
    os.nice(NICE)
    with contextlib.suppress(OSError, AttributeError):
        kernel.short_turns(0)


def group_below(nice: int = NICE) -> None:
    """Has this process be a group of its own at the processors, and waits until that gives way."""
    with contextlib.suppress(OSError, AttributeError):  # no such groups here
        group = kernel.group_of_its_own()
        for _ in range(_TRIES):
            if kernel.weigh(group, nice):
                break
            time.sleep(_PAUSE)
        os.close(group)


def missing(report: Report) -> str:
    """The layers not in force with the reason for each, in one line; empty where all are."""
    return "; ".join(f"{name}: {why}" for name, why in report.items() if why is not None)


def _limit(memory: int) -> None:
    import resource  # not on Windows

    for which, bound in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 0),  # nothing of anybody's is ever written to a disk
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),  # not for root, whom seccomp holds
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(which, (bound, bound))


@contextlib.contextmanager
def limited(seconds: int) -> Iterator[None]:
    """Within, this process has so many seconds of a processor, and LONGER by the clock, before a signal ends it."""
    try:
        import resource
    except ImportError:  # on Windows the service ends a worker itself, a little later
        yield
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = resource.getrlimit(resource.RLIMIT_CPU)[1]
    signal.alarm(seconds * LONGER)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, most))
    try:
        yield
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))


def _be_somebody_else(code: Iterable[Path]) -> None:
    """Becomes a user whom nothing belongs to, where this is root and that user could still read the code."""
    if sys.platform == "win32" or os.geteuid() != 0:
        raise ValueError("the service does not run as root, so that it cannot change its user")
    for path in code:
        if any(not place.stat().st_mode & stat.S_IXOTH for place in path.resolve().parents):
            raise ValueError("the program lies where only its owner can read")
    somebody = _UIDS[os.getpid() % len(_UIDS)]
    os.setgroups([])
    os.setresgid(somebody, somebody, somebody)
    os.setresuid(somebody, somebody, somebody)


def _code() -> set[Path]:
    """Where code lies that may still have to be loaded: this package's, other packages', Python's own, libraries."""
    paths = sysconfig.get_paths()
    return {
        _PACKAGE,
        *(Path(paths[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        Path(sys.base_prefix, "lib"),
        *map(Path, _LIBRARIES),
        Path("/etc/ld.so.cache"),
    }
