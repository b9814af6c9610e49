"""The few calls of Linux's that Python has no name for: prctl, unshare, capset, malloc_trim and plain system calls.

Each raises OSError where the kernel refuses it, and where the system is not Linux.
"""

import ctypes
import errno
import os
import sys
from typing import Final

NEW_USER: Final = 0x10000000
NEW_IPC: Final = 0x08000000
NEW_NET: Final = 0x40000000
_SET_PDEATHSIG: Final = 1
_SET_DUMPABLE: Final = 4
_SET_NO_NEW_PRIVS: Final = 38
_CAPABILITIES_3: Final = 0x20080522


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
