"""The few calls of Linux's that Python has no name for: prctl, unshare, capset, sched_setattr, malloc_trim.

Each raises OSError where the kernel refuses it, and where the system is not Linux.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
import time
from typing import Final

NEW_USER: Final = 0x10000000
NEW_IPC: Final = 0x08000000
NEW_NET: Final = 0x40000000
_SET_PDEATHSIG: Final = 1
_SET_DUMPABLE: Final = 4
_SET_NO_NEW_PRIVS: Final = 38
_CAPABILITIES_3: Final = 0x20080522
_SET_ATTRIBUTES: Final = {"x86_64": 314, "aarch64": 274, "riscv64": 274}
"""The number of sched_setattr, by machine: glibc has a name for it since 2.41."""
_ATTRIBUTES: Final = struct.Struct("IIQiIQQQII")
"""sched_setattr(2): size, policy, flags, nice, priority, runtime, deadline, period, and two of another use."""
_GROUP: Final = "/proc/self/autogroup"
_ACCOUNT: Final = "/proc/{}/schedstat"
"""What a process ran and waited, in nanoseconds, and how often it did (sched-stats.rst)."""
_PROCESS_CLOCK: Final = 2
"""Of a process's clock, in the number that the kernel knows it by: what its threads ran (clock_getcpuclockid(3))."""


def call(name: str, *arguments: object) -> int:
    """A function of the C library's by its name; its result."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, "not Linux")
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    result: int = function(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def no_new_privileges() -> None:
    """From here on no program started here gains rights (prctl(2), PR_SET_NO_NEW_PRIVS)."""
    call("prctl", _SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def hide() -> None:
    """Closes this process's memory, environment and descriptors to others, those of its own user too (proc(5))."""
    call("prctl", _SET_DUMPABLE, 0, 0, 0, 0)


def end_with_parent(signal: int) -> None:
    """Has this process sent ``signal`` when the thread that started it ends."""
    call("prctl", _SET_PDEATHSIG, signal, 0, 0, 0)


def unshare(spaces: int) -> None:
    """Namespaces of this process's own (unshare(2))."""
    call("unshare", spaces)


def drop_capabilities() -> None:
    """Gives up every capability (capset(2), version 3)."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    call("capset", header, nothing)


def short_turns(seconds: float) -> None:
    """Has the calling thread, and threads and processes that it starts, take turns of so many seconds; 0 is usual ones.

    Its share stays what it was, but who asks for shorter turns is sooner at the next one when it wakes (Linux 6.12,
    sched_setattr(2): an older kernel takes it and does nothing).
    """
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    told = _ATTRIBUTES.pack(_ATTRIBUTES.size, os.SCHED_OTHER, 0, nice, 0, int(seconds * 1e9), 0, 0, 0, 0)
    number = _SET_ATTRIBUTES.get(platform.machine())
    if number is None:
        raise OSError(errno.ENOSYS, "not a machine whose number for sched_setattr is known")
    call("syscall", ctypes.c_long(number), 0, ctypes.create_string_buffer(told, len(told)), 0)


def group_of_its_own() -> int:
    """Leaves its session, and so the group of processes that has turns at a processor as one (sched(7), autogroups).

    Who is idle within a group is so beside the group's own alone: for all others the group has had that time. Gives
    the descriptor of the new group's nice: its file is root's where the process is hidden, so that it is shown for
    that moment.
    """
    call("prctl", _SET_DUMPABLE, 1, 0, 0, 0)
    try:
        group = os.open(_GROUP, os.O_WRONLY | os.O_CLOEXEC)  # before there is no way back
    finally:
        hide()
    os.setsid()
    return group


def weigh(group: int, nice: int) -> bool:
    """Sets a group's nice; False where that has to be tried again.

    Who is not root may do so once each tenth of a second, over the whole machine.
    """
    try:
        os.write(group, str(nice).encode())
    except BlockingIOError:
        return False
    return True


def wanted(pid: int) -> float:
    """Seconds that a process has run on processors or waited for one, by its first thread; what it ran where no more
    is told (CONFIG_SCHED_INFO). Raises OSError as ran does.
    """
    try:
        with open(_ACCOUNT.format(pid), encoding="ascii") as told:  # noqa: PTH123 -- one call where it is missing
            ran_, waited = told.read().split()[:2]
    except (OSError, ValueError):
        return ran(pid)
    return (int(ran_) + int(waited)) / 1e9


def ran(pid: int) -> float:
    """Seconds that a process has run on processors. Raises OSError, also where it is no more."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, "not Linux")
    return time.clock_gettime(~pid << 3 | _PROCESS_CLOCK)
