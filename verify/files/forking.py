"""What a template does: forks a process whenever it is asked over its socket, and tells how each ended.

Apart from the service's side (template), which brings asyncio with it: a template loads what its workers read by alone.
"""

import contextlib
import os
import select
import signal
import socket
import struct
from typing import Final

from verify.files.confinement import kernel, layers

TOLD: Final = struct.Struct("<ii")
"""What a template tells: a worker's process ID, and BORN or how it ended."""
ASKED: Final = struct.Struct("<cii")
"""What it is asked: b"f" with a socket to fork a worker for, b"w" with the ID of one whose group is to weigh otherwise,
b"k" with that of one to end; and how much the worker's group is to give way (nice)."""
BORN: Final = 1 << 16
_AGAIN: Final = 0.05
"""Seconds after which a weight that could not be set is tried again."""


class Groups:
    """The group at the processor that each worker has, and how much it gives way: open since before it hid itself."""

    def __init__(self) -> None:
        self._of: dict[int, int] = {}
        self._wanted: dict[int, int] = {}

    def note(self, pid: int, group: int) -> None:
        """A worker's, by the descriptor of its nice."""
        self._of[pid] = group

    def weigh(self, pid: int, nice: int) -> None:
        """Sets one's nice, now or as soon as the kernel lets it."""
        if pid in self._of:
            self._wanted[pid] = nice
            self.catch_up()

    def catch_up(self) -> float | None:
        """Tries what is still to be set; the seconds after which to try again, None where nothing is."""
        for pid, nice in sorted(self._wanted.items(), key=lambda item: -item[1]):  # who is to have least goes first
            try:
                done = kernel.weigh(self._of[pid], nice)
            except OSError:  # it is gone, or there are no such groups
                done = True
            if not done:
                return _AGAIN
            del self._wanted[pid]
        return None

    def forget(self, pid: int) -> None:
        """One is no more."""
        self._wanted.pop(pid, None)
        if pid in self._of:
            os.close(self._of.pop(pid))

    def forget_all(self) -> None:
        """In a worker, whom others' are no business of."""
        for pid in list(self._of):
            self.forget(pid)


def forking(control: socket.socket) -> socket.socket | None:
    """In the template: forks whenever asked, until the service is gone; then None.

    In a worker that was forked, the socket to it.
    """
    woken, wake = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
    signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
    living: set[int] = set()
    groups = Groups()
    while True:
        ready, _, _ = select.select([control, woken], [], [], groups.catch_up())
        if woken in ready:
            woken.recv(1024)
            _bury(control, living, groups)
        if control not in ready:
            continue
        asked, given, _, _ = socket.recv_fds(control, ASKED.size, 1)
        if len(asked) < ASKED.size:
            return None
        what, pid, nice = ASKED.unpack(asked)
        if what == b"w":
            groups.weigh(pid, nice)
            continue
        if what == b"k":
            if pid in living:
                os.kill(pid, signal.SIGKILL)
            continue
        theirs = socket.socket(fileno=given[0])
        told, tell = socket.socketpair()
        try:
            pid = os.fork()
        except OSError:
            pid = -1
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            groups.forget_all()
            with tell, contextlib.suppress(OSError, AttributeError):  # no such groups here
                group = kernel.group_of_its_own()
                socket.send_fds(tell, [b"g"], [group])
                layers.weigh(group, nice)  # or else it would begin with as much as anybody has
                os.close(group)
            for one in (control, woken, wake, told):
                one.close()
            if nice == layers.NICE_ASIDE:
                layers.put_aside()
            return theirs
        theirs.close()
        tell.close()
        if pid > 0:
            living.add(pid)
        control.sendall(TOLD.pack(pid, BORN))
        with told:
            _, opened, _, _ = socket.recv_fds(told, 1, 1)
        if opened:
            groups.note(pid, opened[0])


def _bury(control: socket.socket, living: set[int], groups: Groups) -> None:
    """Tells how each worker ended that has."""
    while living:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        living.discard(pid)
        groups.forget(pid)
        control.sendall(TOLD.pack(pid, os.waitstatus_to_exitcode(status)))
