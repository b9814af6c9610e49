"""The limit of whatever checks signatures: bare Ed25519 verifications on every core at once.

By cryptography, by which the targets were set; statements are checked by libsodium first, which is faster (ADR 45).
"""

import time
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from signing.spread import processors
from tests import releases
from tests.invented import CERTIFICATE
from verify.core.statement import decode
from verify.shared import fresh_workers

COUNT: Final = 8_000


def verifications() -> float:
    """A second, of one certificate's bytes: each core's own rate while the others do the same, added up."""
    with fresh_workers.pool(processors()) as pool:
        list(pool.map(_rate, [COUNT // 4] * processors()))  # whatever a process needs once
        return sum(pool.map(_rate, [COUNT] * processors()))


def _rate(count: int) -> float:
    statement = decode(releases.certify(1))
    verify = Ed25519PublicKey.from_public_bytes(CERTIFICATE.public).verify
    begun = time.perf_counter()
    for _ in range(count):
        verify(statement.signature, statement.signed)
    return count / (time.perf_counter() - begun)
