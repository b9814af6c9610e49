"""The auditor's own reader of statements: plain CBOR (RFC 8949) and COSE_Sign1 (RFC 9052), shared with nothing else."""

import hashlib
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def read(data: bytes, at: int = 0) -> tuple[Any, int]:
    """The CBOR value at a place, and the place behind it."""
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if info >= 24:
        size = 1 << info - 24
        info, at = int.from_bytes(data[at : at + size]), at + size
    match major:
        case 0:
            return info, at
        case 1:
            return -1 - info, at
        case 2:
            return data[at : at + info], at + info
        case 3:
            return data[at : at + info].decode(), at + info
        case 4:
            items = []
            for _ in range(info):
                item, at = read(data, at)
                items.append(item)
            return items, at
        case 5:
            pairs = {}
            for _ in range(info):
                key, at = read(data, at)
                pairs[key], at = read(data, at)
            return pairs, at
    return {20: False, 21: True, 22: None}[info], at


def _head(major: int, count: int) -> bytes:
    """A CBOR head of up to four bytes of argument."""
    if count < 24:
        return bytes([major << 5 | count])
    size = 1 if count < 1 << 8 else 2 if count < 1 << 16 else 4
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26}[size]]) + count.to_bytes(size)


class Statement(NamedTuple):
    """One row of the log that has a body."""

    place: int
    data: bytes
    kind: int
    kid: bytes
    iat: int
    cti: bytes | None
    content: dict[int, Any]

    @property
    def short(self) -> bytes:
        """How lists and changes name it."""
        return hashlib.sha256(self.data).digest()[:16]

    def signed_by(self, public: bytes) -> bool:
        """Whether this key signed it: Sig_structure of RFC 9052, section 4.4."""
        protected, _unprotected, payload, signature = read(self.data)[0]
        signed = b"\x84\x6aSignature1" + _head(2, len(protected)) + protected + b"\x40"
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, signed + _head(2, len(payload)) + payload)
        except InvalidSignature:
            return False
        return True


def opened(index: int, data: bytes) -> Statement:
    """A statement's parts."""
    protected, unprotected, payload, _signature = read(data)[0]
    header, claims = read(protected)[0], read(payload)[0]
    assert unprotected == {}
    assert header[1] == -19
    (claim,) = (key for key in claims if key < -65536)
    return Statement(index, data, -65536 - claim, header[4], claims[6], claims.get(7), claims[claim])
