"""A real worker in which, in a reader's place, code runs that tries what a taken-over one would.

Started by Workers in place of verify.files.worker; its jobs hold what to try, and its answers what came of it.
"""

import ctypes
import errno
import fcntl
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from verify.files import jobs, worker
from verify.files.codes import Code
from verify.files.findings import Findings


class Target(msgspec.Struct):
    """What to try it on."""

    service: int
    """Its process ID."""
    port: int
    """Of TCP on this machine, where somebody listens."""
    socket: str
    """A UNIX socket where somebody listens."""
    file: str
    """Somebody's file, which all may read."""
    folder: str
    """A folder in which all may write."""


def _read(path: str) -> None:
    with open(path, "rb") as file:  # noqa: PTH123 -- one system call, whatever pathlib asks before
        if not file.read(1):
            raise OSError(errno.ENODATA, "empty")


def _memory(pid: int) -> None:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123 -- as above
        memory.seek(0x400000)
        memory.read(1)


def _trace(pid: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.ptrace(16, pid, None, None) < 0:  # PTRACE_ATTACH
        raise OSError(ctypes.get_errno(), "ptrace")


def _own_signals(pid: int) -> None:
    """Has the kernel send what comes to one of the worker's own descriptors to another process, as a signal."""
    for descriptor in range(32):
        try:
            fcntl.fcntl(descriptor, fcntl.F_SETOWN, pid)
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
        else:
            return
    raise OSError(errno.EBADF, "no descriptor")


def _connect(family: int, kind: int, address: object) -> None:
    with socket.socket(family, kind) as one:
        one.connect(address)  # type: ignore[arg-type]  # of either family
        one.send(b"x")


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _execute() -> None:
    if os.posix_spawn("/bin/true", ["true"], {}):
        os.wait()


def _tries(at: Target) -> dict[str, Callable[[], object]]:
    return {
        "environment": lambda: _read(f"/proc/{at.service}/environ"),
        "memory": lambda: _memory(at.service),
        "descriptors": lambda: Path(f"/proc/{at.service}/fd/0").readlink(),
        "trace": lambda: _trace(at.service),
        "signal": lambda: os.kill(at.service, 0),
        "kill": lambda: os.kill(at.service, signal.SIGCONT),
        "signal_by_descriptor": lambda: _own_signals(at.service),
        "priority": lambda: os.setpriority(os.PRIO_PROCESS, at.service, 19),
        "tcp": lambda: _connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", at.port)),
        "udp": lambda: _connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", at.port)),
        "unix": lambda: _connect(socket.AF_UNIX, socket.SOCK_STREAM, at.socket),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)).close(),
        "fork": _fork,
        "execute": _execute,
        "read": lambda: _read(at.file),
        "list": lambda: list(Path(at.folder).iterdir()),
        "write": lambda: os.open(f"{at.folder}/new", os.O_WRONLY | os.O_CREAT, 0o600),
        "overwrite": lambda: os.open(at.file, os.O_WRONLY),
        "remove": lambda: Path(at.file).unlink(),
        "memory_file": lambda: os.memfd_create("code"),
    }


UNTELLABLE: Final = b"untellable"


def _try(job: jobs.Job) -> jobs.Answer:
    """By name, what came of each: None for what could be done. For ``UNTELLABLE`` something that no wire carries."""
    if job.data == UNTELLABLE:
        return Findings(codes=(Code(kind="other", text="\ud800", page=1, source="picture"),), pages=1, complete=True)
    came: dict[str, str | None] = {}
    for name, attempt in _tries(msgspec.json.decode(job.data, type=Target)).items():
        came[name] = None
        try:
            attempt()
        except OSError as error:
            came[name] = errno.errorcode.get(error.errno or 0, "?")
    code = Code(kind="certificate", text=json.dumps(came), page=1, source="picture")
    return Findings(codes=(code,), pages=1, complete=True)


if __name__ == "__main__":
    worker.main(msgspec.convert(sys.argv[1], jobs.Reads), int(sys.argv[2]), int(sys.argv[3]), _try)
