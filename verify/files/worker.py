"""The program of templates and their workers: loads its readers, and forks a confined worker for each socket it gets.

Its arguments are what it reads (pictures or tables), the seconds that one job may take, after which a signal ends it,
and a worker's address space in bytes. A worker takes jobs from its socket and answers there: frames are a length of 4
bytes, big-endian, and a MessagePack value; behind a job stands another frame, which is its data. The first that it
sends says how it is confined (confinement.layers). It writes no file, starts no other process, and ends by itself when
a job takes too long or its service is gone.
"""

import contextlib
import gc
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Final, TextIO

import msgspec

from verify.files import jobs
from verify.files.confinement import kernel, layers
from verify.files.forking import forking

_KEPT_MEMORY: Final = 320 * 1024
"""Peak resident memory in KiB after which a worker makes room for a fresh one."""
_MOST_JOBS: Final = 1_000


def _peak(status: TextIO | None) -> int:
    """The peak of this process's resident memory in KiB, 0 where the system does not tell."""
    if status is None:
        return 0
    status.seek(0)  # getrusage also counts the service that started it
    return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)


def main(reads: jobs.Reads, seconds: int, memory: int, do: Callable[[jobs.Job], jobs.Answer] = jobs.do) -> None:
    """Loads, and forks a worker whenever the service asks on standard input, until that closes."""
    with contextlib.suppress(OSError):  # the workers' report says so too
        kernel.hide()
        kernel.end_with_parent(signal.SIGKILL)
        kernel.no_new_privileges()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service ends it, and them
    layers.put_below()
    jobs.load(reads)
    gc.collect()
    gc.freeze()  # what is loaded stays where it is, in pages that all share
    layers.confine_template()
    with socket.socket(fileno=os.dup(0)) as control:
        theirs = forking(control)
    if theirs is not None:
        _work(theirs, reads, seconds, memory, do)


def _work(
    wire: socket.socket, reads: jobs.Reads, seconds: int, memory: int, do: Callable[[jobs.Job], jobs.Answer]
) -> None:
    """The life of a worker."""
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 -- not a path of ours
        os.dup2(nothing.fileno(), 0)  # where the template hears the service
    descriptor = wire.detach()  # read and written as a file: no call on sockets is left to it
    source, sink = open(descriptor, "rb"), open(os.dup(descriptor), "wb")  # noqa: PTH123, SIM115 -- kept for its life
    status = None
    with contextlib.suppress(OSError):  # not Linux
        status = open("/proc/self/status", encoding="ascii")  # noqa: PTH123, SIM115 -- kept: it can't be opened later
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    decode = msgspec.msgpack.Decoder(jobs.Job).decode

    def send(data: bytes) -> None:
        sink.write(struct.pack(">I", len(data)) + data)
        sink.flush()

    encode = msgspec.msgpack.encode
    report = layers.confine(memory)
    jobs.warm(reads)  # or else who sends the first file waits for that
    send(encode(report))
    for count in range(1, _MOST_JOBS + 1):
        head = source.read(4)
        if len(head) < 4:
            return
        bare = source.read(struct.unpack(">I", head)[0])
        data = source.read(struct.unpack(">I", source.read(4))[0])
        with layers.limited(seconds):
            try:
                answer = encode(do(msgspec.structs.replace(decode(bare), data=data)))
            except Exception:  # noqa: BLE001 -- whatever a stranger's file does to a reader costs its sender alone
                answer = encode(jobs.Declined(code="reader_failed"))
        del data  # before another comes
        last = count == _MOST_JOBS or _peak(status) > _KEPT_MEMORY
        send(encode({"answer": msgspec.Raw(answer), "last": last}))
        if last:
            while source.read(1 << 16):  # sent ahead: who hears that this was the last gives it to another
                pass
            return


if __name__ == "__main__":
    main(msgspec.convert(sys.argv[1], jobs.Reads), int(sys.argv[2]), int(sys.argv[3]))
