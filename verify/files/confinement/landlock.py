"""Landlock: of the file system only what code lies in, and that to be read; no TCP, no signals to others.

See landlock(7). Packages for it lie in the registry, but those kept know files only: neither TCP nor scopes.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from verify.files.confinement import kernel

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_ASK_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_READ: Final = 1 << 2 | 1 << 3  # files, directories
_WRITE: Final = 1 << 1  # files that are there
_FILES: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Every right on files that there is, by the version that brought it."""
_TCP: Final = 1 << 0 | 1 << 1  # bind, connect: version 4
_SCOPES: Final = 1 << 0 | 1 << 1  # abstract UNIX sockets, signals: version 6


class _Rules(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Of the kernel's Landlock. Raises OSError where it has none, or it is off."""
    return kernel.call("syscall", ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), _ASK_VERSION)


def restrict(readable: Iterable[Path], changeable: Iterable[Path] = ()) -> int:
    """Restricts this process for ever; needs no_new_privileges. The version of what is in force. Raises OSError."""
    had = version()
    rules = _Rules(
        files=max(rights for since, rights in _FILES.items() if since <= had),
        network=_TCP if had >= 4 else 0,
        scopes=_SCOPES if had >= 6 else 0,
    )
    size = ctypes.c_size_t(24 if had >= 6 else 16 if had >= 4 else 8)
    ruleset = kernel.call("syscall", ctypes.c_long(_CREATE_RULESET), ctypes.byref(rules), size, 0)
    try:
        for path in readable:
            _allow(ruleset, path, _READ)
        for path in changeable:
            _allow(ruleset, path, _READ | _WRITE)
        kernel.call("syscall", ctypes.c_long(_RESTRICT_SELF), ruleset, 0)
    finally:
        os.close(ruleset)
    return had


def _allow(ruleset: int, path: Path, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _Beneath(allowed=rights if path.is_dir() else rights & ~(1 << 3), parent=place)
        kernel.call("syscall", ctypes.c_long(_ADD_RULE), ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)
