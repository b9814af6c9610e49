"""How much one client may ask for, counted by all processes of one machine in memory that they share.

Every request is counted, so it must cost some microseconds: a table in a file without a name, of sets of WAYS buckets.
A bucket is a keyed hash of the client and the time at which its allowance is whole again (GCRA), which is all there is
to know. A set is changed under a lock of the system's that ends with the process that holds it, however that ends.
"""

import fcntl
import hashlib
import mmap
import os
import struct
import tempfile
from typing import Final

from verify.http.guard.limits import RATES, Budget, Rate, Taken, taken

_WAYS: Final = 8
_BUCKET: Final = 24
_SET: Final = struct.Struct("<" + "16sd" * _WAYS)
_ONE: Final = struct.Struct("<16sd")
_NOTHING_OVER: Final = 1e-9
SETS: Final = 1 << 14
"""With 8 buckets each, 131,072 clients: the same as one process remembers, and 3 MB."""


def table(sets: int = SETS) -> int:
    """A descriptor of an empty table, to be inherited by those who share it."""
    if hasattr(os, "memfd_create"):
        descriptor: int = os.memfd_create("yinjian-limits", os.MFD_CLOEXEC)
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, sets * _SET.size)
    return descriptor


class SharedLimiter:
    """The buckets of a table. ``secret`` is the same in all processes: no address can be read from the table.

    A full set forgets whose allowance is whole again soonest, which is who was silent longest or asked least.
    """

    def __init__(self, descriptor: int, secret: bytes, rates: dict[Budget, Rate] = RATES) -> None:
        self._descriptor = descriptor
        size = os.fstat(descriptor).st_size
        self._table = mmap.mmap(descriptor, size)
        self._sets = size // _SET.size
        self._key = hashlib.blake2b(secret, person=b"yinjian-limits").digest()
        self._rates = rates

    async def take(self, budget: Budget, client: str, now: float, cost: int = 1) -> Taken:
        """See Limiter. ``now`` is of a clock that all processes share (CLOCK_MONOTONIC is)."""
        return self.take_now(budget, client, now, cost)

    def take_now(self, budget: Budget, client: str, now: float, cost: int = 1) -> Taken:
        """The same without waiting for a turn of the loop: there is nothing here to wait for."""
        rate = self._rates[budget]
        step = 60 / rate.per_minute
        key = hashlib.blake2b(f"{budget}:{client}".encode(), key=self._key, digest_size=16).digest()
        place = int.from_bytes(key[:4], "little") % self._sets
        start = place * _SET.size
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX, 1, place)
        try:
            held = _SET.unpack_from(self._table, start)
            keys, whole_at = held[::2], held[1::2]
            way = keys.index(key) if key in keys else whole_at.index(min(whole_at))
            before = max(whole_at[way], now) if keys[way] == key else now
            full_at = before + cost * step
            over = full_at - now - rate.burst * step
            if over > _NOTHING_OVER:
                return taken(rate, before - now, over)
            _ONE.pack_into(self._table, start + way * _BUCKET, key, full_at)
        finally:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, place)
        return taken(rate, full_at - now)
