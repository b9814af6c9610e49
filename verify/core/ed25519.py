"""Ed25519 signatures (RFC 8032 section 5.1.7): the one place that checks one.

The equation is the one without the cofactor, S is below L, R is compared byte for byte. libsodium, by PyNaCl, takes
half of the time of OpenSSL, by cryptography, and takes fewer signatures: none with a point of small order. So what it
takes counts, and what it does not is for OpenSSL to decide (ADR 45).
"""

import functools
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.bindings import crypto_sign_BYTES, crypto_sign_open
from nacl.exceptions import BadSignatureError

_PUBLIC: Final = bytes.fromhex("ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c")
_WITH_COFACTOR: Final = bytes.fromhex(
    "837b2a7c0f9a96124c0a1288209aabb4d8296b74b0f4d34890cc227bec4df8e6"
    "605fcfbe5755b00f0aefad9a6e1033c4b61fbfe14cc1caee20c2ae9af5218a0c"
)
"""A signature of ``yinjian`` that holds with the cofactor alone: R has a part of order 8."""


@functools.lru_cache(maxsize=64)
def _key(public: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public)


def _taken_soon(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether libsodium takes it; it looks at 32 bytes of ``public``, whatever it is given."""
    if len(signature) != crypto_sign_BYTES:
        return False
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        return False
    return True


def _takes_fewer() -> bool:
    """Whether the libsodium of this machine leaves the cofactor out, as OpenSSL does: one that does not takes more."""
    return not _taken_soon(_PUBLIC, _WITH_COFACTOR, b"yinjian")


_SOON: Final = _takes_fewer()


def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the owner of ``public`` signed the message.

    Raises ValueError for a key that is not 32 bytes; that it is of no small order is for ``curve.is_sound``.
    """
    key = _key(public)  # of 32 bytes
    if _SOON and _taken_soon(public, signature, message):
        return True
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True
