"""A worker process: takes jobs from standard input and answers on standard output, under hard limits.

Its arguments are the seconds that one job may take, after which SIGALRM ends it, and its address space in bytes.

Frames are a length of 4 bytes, big-endian, and a MessagePack value. The process writes no file, starts no other,
and ends by itself when a job takes too long or its service is gone.
"""

import resource
import signal
import struct
import sys
from typing import Final

import msgspec

from verify.files import jobs

_KEPT_MEMORY: Final = 320 * 1024
"""Peak resident memory in KiB after which a worker makes room for a fresh one."""
_MOST_JOBS: Final = 200


def _confine(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # nothing of anybody's is ever written to a disk
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service ends its workers itself
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _peak() -> int:
    """The peak of this process's resident memory in KiB. (getrusage also counts the service that started it.)"""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 -- pathlib is not loaded here
        return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)


def main(seconds: int, memory: int) -> None:
    """Works until the service closes standard input."""
    _confine(memory)
    decode = msgspec.msgpack.Decoder(jobs.Job).decode
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    for count in range(1, _MOST_JOBS + 1):
        head = source.read(4)
        if len(head) < 4:
            return
        data = source.read(struct.unpack(">I", head)[0])
        signal.alarm(seconds)
        try:
            answer = jobs.do(decode(data))
        except Exception:  # noqa: BLE001 -- whatever a stranger's file does to a reader costs its sender alone
            answer = jobs.Declined(code="reader_failed")
        del data
        signal.alarm(0)
        last = count == _MOST_JOBS or _peak() > _KEPT_MEMORY
        reply = msgspec.msgpack.encode(jobs.Reply(answer=answer, last=last))
        sink.write(struct.pack(">I", len(reply)) + reply)
        sink.flush()
        if last:
            return


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
