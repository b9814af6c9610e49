"""Private keys at rest: encrypted PKCS#8 (RFC 5958) by PBES2 (RFC 8018), scrypt (RFC 7914) and AES-256-CBC.

The library's own encryption stops at 2,048 rounds of PBKDF2, which a stolen file and a common passphrase do not
survive. What is written here is standard all the same, and any library that knows scrypt in PBES2 reads it.
"""

import base64
import os
import textwrap
from typing import Final

from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.x509 import ObjectIdentifier

COST: Final = 1 << 14
"""scrypt's N: with r = 8, 16 MiB, the most that OpenSSL's own limit lets its tools open."""
LANES: Final = 5
"""scrypt's p: so many passes for each guess (with N = 2^14 and r = 8, OWASP's recommendation)."""

_PBES2: Final = ObjectIdentifier("1.2.840.113549.1.5.13")
_SCRYPT: Final = ObjectIdentifier("1.3.6.1.4.1.11591.4.11")
_AES_256_CBC: Final = ObjectIdentifier("2.16.840.1.101.3.4.1.42")


@asn1.sequence
class _ScryptParams:
    salt: bytes
    cost: int
    block_size: int
    parallel: int


@asn1.sequence
class _Kdf:
    algorithm: ObjectIdentifier
    parameters: _ScryptParams


@asn1.sequence
class _Cipher:
    algorithm: ObjectIdentifier
    iv: bytes


@asn1.sequence
class _Parameters:
    kdf: _Kdf
    cipher: _Cipher


@asn1.sequence
class _Algorithm:
    algorithm: ObjectIdentifier
    parameters: _Parameters


@asn1.sequence
class _EncryptedPrivateKeyInfo:
    algorithm: _Algorithm
    data: bytes


def encrypt(private: Ed25519PrivateKey, passphrase: bytes) -> bytes:
    """The PEM text of ``private``, encrypted with ``passphrase``."""
    plain = private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    salt, iv = os.urandom(16), os.urandom(16)
    key = Scrypt(salt=salt, length=32, n=COST, r=8, p=LANES).derive(passphrase)
    padder = padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    data = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    kdf = _Kdf(algorithm=_SCRYPT, parameters=_ScryptParams(salt=salt, cost=COST, block_size=8, parallel=LANES))
    parameters = _Parameters(kdf=kdf, cipher=_Cipher(algorithm=_AES_256_CBC, iv=iv))
    info = _EncryptedPrivateKeyInfo(algorithm=_Algorithm(algorithm=_PBES2, parameters=parameters), data=data)
    return _pem(asn1.encode_der(info))


def _pem(der: bytes) -> bytes:
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{body}\n-----END ENCRYPTED PRIVATE KEY-----\n".encode()


def decrypt(pem: bytes, passphrase: bytes) -> Ed25519PrivateKey:
    """The key in ``pem``. Raises ValueError for a wrong passphrase or anything else than an encrypted Ed25519 key."""
    try:
        private = serialization.load_pem_private_key(pem, passphrase)
    except TypeError:  # the file is not encrypted
        raise ValueError("a private key that is not encrypted") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError("a private key of another kind than Ed25519")  # noqa: TRY004 - the file's fault, not the caller's
    return private
