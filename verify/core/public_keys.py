"""The keyring's public keys in other people's formats: JWK Set (RFC 7517, RFC 8037) and did.json (did:web, Multikey).

Compromised keys are in neither.
"""

import base64
from typing import Final

import msgspec

from verify.core.keyring import Key, Keyring, Use

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ASSERTING: Final[tuple[Use, ...]] = ("certificate", "status", "credential")


class Jwk(msgspec.Struct, frozen=True, kw_only=True):
    """A public key; ``kid`` is the kid's 8 hex digits."""

    kty: str = "OKP"
    crv: str = "Ed25519"
    alg: str = "Ed25519"
    use: str = "sig"
    kid: str
    x: str


class JwkSet(msgspec.Struct, frozen=True, kw_only=True):
    """Public keys."""

    keys: tuple[Jwk, ...]


def jwk_set(keyring: Keyring) -> JwkSet:
    """Every key that is not compromised."""
    return JwkSet(
        keys=tuple(
            Jwk(kid=key.kid.hex(), x=base64.urlsafe_b64encode(key.public).rstrip(b"=").decode())
            for key in _trusted(keyring)
        )
    )


def did_document(keyring: Keyring) -> dict[str, object]:
    """The did:web document of the newest host: its keys as Multikey, and which of them speak for the centre."""
    did = "did:web:" + keyring.hosts[0].lower().replace(":", "%3A")
    keys = _trusted(keyring)
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [
            {
                "id": f"{did}#{key.kid.hex()}",
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": multibase(key.public),
            }
            for key in keys
        ],
        "assertionMethod": [f"{did}#{key.kid.hex()}" for key in keys if key.use in _ASSERTING],
    }


def multibase(public: bytes) -> str:
    """An Ed25519 public key (32 bytes) as a Multikey: base58btc of the bytes ed 01 and the key."""
    value = int.from_bytes(b"\xed\x01" + public)
    text = ""
    while value:
        value, digit = divmod(value, 58)
        text = _BASE58[digit] + text
    return "z" + text


def _trusted(keyring: Keyring) -> list[Key]:
    return [key for key in keyring.keys if key.state != "compromised"]
