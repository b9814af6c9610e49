"""What a template does: forks a process whenever it is asked over its socket, and tells how each ended.

Apart from the service's side (template), which brings asyncio with it: a template loads what its workers read by alone.
"""

import os
import select
import signal
import socket
import struct
from typing import Final

from verify.files.confinement import layers

TOLD: Final = struct.Struct("<ii")
"""What a template tells: a worker's process ID, and BORN or how it ended."""
ASKED: Final = struct.Struct("<cii")
"""What it is asked: b"f" with a socket to fork a worker for, or b"k" with the process ID of one and a signal for it."""
BORN: Final = 1 << 16


def forking(control: socket.socket) -> socket.socket | None:
    """In the template: forks whenever asked, until the service is gone; then None.

    In a worker that was forked, the socket to it.
    """
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    living: set[int] = set()
    while True:
        ready, _, _ = select.select([control, woken], [], [])
        if woken in ready:
            woken.recv(1024)
            _bury(control, living)
        if control not in ready:
            continue
        asked, given, _, _ = socket.recv_fds(control, ASKED.size, 1)
        if len(asked) < ASKED.size:
            return None
        what, pid, told = ASKED.unpack(asked)
        if what == b"k":
            if pid in living:
                os.kill(pid, told)
            continue
        theirs = socket.socket(fileno=given[0])
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for one in (control, woken, wake):
                one.close()
            layers.group_below()  # or else it would have as much as anybody has
            return theirs
        theirs.close()
        if pid > 0:
            living.add(pid)
        control.sendall(TOLD.pack(pid, BORN))


def _bury(control: socket.socket, living: set[int]) -> None:
    """Tells how each worker ended that has."""
    while living:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        living.discard(pid)
        control.sendall(TOLD.pack(pid, os.waitstatus_to_exitcode(status)))
