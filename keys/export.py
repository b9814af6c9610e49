"""The public half in other people's formats: JWK Set (RFC 7517, RFC 8037) and did.json (DID Core, did:web)."""

import base64

from verify.core.keyring import Key, Keyring

_FOR_STATEMENTS = ("certificate", "status", "credential")


def jwk_set(keyring: Keyring) -> dict[str, object]:
    """The keys that are not compromised; each ``kid`` is the kid's 8 hex digits."""
    return {"keys": [_jwk(key) for key in _trusted(keyring)]}


def did_document(keyring: Keyring) -> dict[str, object]:
    """The did:web document of the newest host, with the keys that sign for the centre and are not compromised."""
    did = "did:web:" + keyring.hosts[0].lower().replace(":", "%3A")
    keys = [key for key in _trusted(keyring) if key.use in _FOR_STATEMENTS]
    methods = [
        {"id": f"{did}#{key.kid.hex()}", "type": "JsonWebKey", "controller": did, "publicKeyJwk": _jwk(key)}
        for key in keys
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://www.w3.org/ns/cid/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def _trusted(keyring: Keyring) -> list[Key]:
    return [key for key in keyring.keys if key.state != "compromised"]


def _jwk(key: Key) -> dict[str, str]:
    x = base64.urlsafe_b64encode(key.public).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key.kid.hex(), "use": "sig", "alg": "Ed25519"}
