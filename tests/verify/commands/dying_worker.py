"""A real worker whose reader dies of what a file holds, as a picture made for that would have it."""

import os
import signal
import sys

import msgspec

from verify.files import jobs, worker


def _die(job: jobs.Job) -> jobs.Answer:
    if job.data.endswith(b"die"):
        os.kill(os.getpid(), signal.SIGSEGV)
    return jobs.do(job)


if __name__ == "__main__":
    worker.main(msgspec.convert(sys.argv[1], jobs.Reads), int(sys.argv[2]), int(sys.argv[3]), _die)
