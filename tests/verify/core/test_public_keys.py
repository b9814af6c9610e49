"""Public keys in other people's formats: JWK Set and did:web, without the compromised."""

import base64

import msgspec

from tests.invented import CERTIFICATE, ENTRIES, LOG, ROOT, STATUS, keyring
from verify.core.keyring import Key
from verify.core.public_keys import did_document, jwk_set, multibase

RFC_8037 = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def lost(entry: Key) -> tuple[Key, ...]:
    """The keyring's entries with one of them compromised."""
    return tuple(msgspec.structs.replace(key, state="compromised") if key == entry else key for key in ENTRIES)


def test_a_jwk_is_that_of_rfc_8037() -> None:
    """The key of RFC 8037 appendix A.2 has its x; the kid is our 8 hex digits."""
    entry = msgspec.structs.replace(ENTRIES[1], public=RFC_8037, kid=bytes.fromhex("0a0b0c0d"))
    (jwk,) = jwk_set(keyring([entry])).keys
    assert (jwk.kty, jwk.crv, jwk.kid) == ("OKP", "Ed25519", "0a0b0c0d")
    assert jwk.x == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert base64.urlsafe_b64decode(jwk.x + "=") == RFC_8037


def test_a_multikey_reads_back_to_its_key() -> None:
    """Base58btc of ed 01 and the 32 bytes, which every Ed25519 Multikey begins with z6Mk for."""
    text = multibase(RFC_8037)
    assert text.startswith("z6Mk")
    value = 0
    for character in text[1:]:
        value = value * 58 + _BASE58.index(character)
    assert value.to_bytes(34) == b"\xed\x01" + RFC_8037


def test_every_key_is_in_the_jwk_set_and_the_did_document() -> None:
    """The did is the host's; only keys that speak for the centre assert."""
    kids = {jwk.kid for jwk in jwk_set(keyring()).keys}
    assert kids == {key.kid.hex() for key in (ROOT, CERTIFICATE, STATUS, LOG)}
    document = did_document(keyring(hosts=("verify.example.org:8443", "OLD.EXAMPLE.ORG")))
    did = "did:web:verify.example.org%3A8443"
    assert document["id"] == did
    assert document["assertionMethod"] == [f"{did}#{CERTIFICATE.kid.hex()}", f"{did}#{STATUS.kid.hex()}"]


def test_a_compromised_key_leaves_both_at_once() -> None:
    """Nobody should go on believing it."""
    ring = keyring(lost(ENTRIES[1]))
    assert CERTIFICATE.kid.hex() not in {jwk.kid for jwk in jwk_set(ring).keys}
    assert CERTIFICATE.kid.hex() not in str(did_document(ring))
