"""seccomp: the system calls that reading a file out of a pipe needs, and no other.

By the kernel developers' own libseccomp, which knows every machine's numbers; its Python packages are no longer kept.
"""

import ctypes
import errno
import fcntl
import os
from typing import Final

_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM
_EQUAL: Final = 4
_MASKED: Final = 7

_FREE: Final = """
read write readv writev pread64 close lseek poll ppoll select pselect6 dup
mmap mmap2 munmap mremap mprotect madvise brk membarrier futex futex_time64 rseq set_robust_list restart_syscall
rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack alarm setitimer getitimer exit exit_group
getpid gettid getppid getuid geteuid getgid getegid getresuid getresgid getrandom uname sysinfo getcpu
sched_yield sched_getaffinity getpriority getrusage getrlimit times
clock_gettime clock_gettime64 clock_getres clock_nanosleep nanosleep gettimeofday time
stat fstat lstat newfstatat fstatat64 stat64 fstat64 statx access faccessat faccessat2 readlink readlinkat
getdents getdents64 getcwd
"""
"""Of these nothing reaches another process or a network, and what they say of files Landlock judges."""

_DESCRIPTOR: Final = (fcntl.F_DUPFD, fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_DUPFD_CLOEXEC)
"""What may be done with a descriptor by fcntl. Not F_SETOWN and F_SETSIG: they have the kernel send any signal to any
process of the same user when something comes to it, which is seen by no call that sends one."""


class _Compared(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("one", ctypes.c_uint64),
        ("other", ctypes.c_uint64),
    )


def restrict() -> None:
    """Restricts this process for ever; needs no_new_privileges. Every other call fails with EPERM. Raises OSError."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    made: int | None = library.seccomp_init(_REFUSE)
    if made is None:
        raise OSError(errno.ENOMEM, "no filter")
    context = ctypes.c_void_p(made)

    def allow(name: str, *compared: _Compared) -> None:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # this machine has no such call
            return
        array = (_Compared * len(compared))(*compared)
        _done(library.seccomp_rule_add_array(context, _ALLOW, number, len(compared), array))

    try:
        for name in _FREE.split():
            allow(name)
        written = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
        allow("openat", _Compared(2, _MASKED, written, 0))
        allow("open", _Compared(1, _MASKED, written, 0))
        for command in _DESCRIPTOR:
            allow("fcntl", _Compared(1, _EQUAL, command, 0))
            allow("fcntl64", _Compared(1, _EQUAL, command, 0))
        allow("prlimit64", _Compared(0, _EQUAL, 0, 0))  # one's own
        allow("tgkill", _Compared(0, _EQUAL, os.getpid(), 0))  # abort(3)
        _done(library.seccomp_load(context))
    finally:
        library.seccomp_release(context)


def _done(result: int) -> None:
    if result < 0:
        raise OSError(-result, os.strerror(-result))
