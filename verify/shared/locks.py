"""Locks on files, by which one command at a time works on a thing; a lock ends with its process, whatever kills it."""

import errno
from pathlib import Path
from typing import Final

from filelock import BaseFileLock, FileLock, Timeout

from verify.shared.command import LOCALE, Refusal, messages, why

_ = messages(LOCALE)

_NO_LOCKS: Final = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}
"""What file systems say that keep no locks; some network and phone file systems are such."""


class Held(Exception):
    """Another process has the lock."""


def take(path: Path) -> BaseFileLock:
    """Takes the lock that the file ``path`` stands for, which is made where it is not there; not waiting.

    It is held until ``release`` is called or the process ends; processes forked meanwhile do not hold it. Raises
    Held, and Refusal where the file system keeps no locks or the file cannot be made.
    """
    # Without the fallback: a marker file outlives a killed process, and would have to be taken away by hand.
    lock = FileLock(path, mode=0o600, thread_local=False, fallback_to_soft=False, preserve_lock_file=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Held from None
    except OSError as error:
        if error.errno in _NO_LOCKS:
            text = _("{}: this file system keeps no locks, and two commands at once would do harm; use a local disk.")
            raise Refusal(text.format(path.parent)) from None
        raise Refusal(f"{path}: {why(error)}") from None
    return lock
