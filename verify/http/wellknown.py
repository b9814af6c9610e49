"""What other verifiers need: the keyring's statements, and its keys as a JWK Set."""

import base64
import hashlib

import msgspec
from litestar import Response, Router, get

from verify.core.keyring import Key
from verify.http.asking import Asker
from verify.http.bodies import Inject

_OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}


class Jwk(msgspec.Struct, frozen=True, kw_only=True):
    """A public key (RFC 8037)."""

    kty: str = "OKP"
    crv: str = "Ed25519"
    alg: str = "Ed25519"
    use: str = "sig"
    kid: str
    x: str


class JwkSet(msgspec.Struct, frozen=True, kw_only=True):
    """Public keys (RFC 7517)."""

    keys: tuple[Jwk, ...]


def jwk(key: Key) -> Jwk:
    """A keyring's entry as programs that know no CBOR read it."""
    return Jwk(kid=key.kid.hex(), x=base64.urlsafe_b64encode(key.public).rstrip(b"=").decode())


def tagged(data: bytes, media_type: str, headers: dict[str, str]) -> Response[bytes]:
    """Public bytes with an ETag of their content."""
    etag = {"ETag": f'"{hashlib.sha256(data).hexdigest()[:24]}"'}
    return Response(data, media_type=media_type, headers=headers | etag)


@get("/yinjian/keyring")
async def keyring(asker: Inject[Asker]) -> Response[bytes]:
    """Every keyring version, as one CBOR sequence (RFC 8742)."""
    return tagged(await asker.registry.keyrings(), "application/cbor-seq", _OPEN)


@get("/jwks.json")
async def jwks(asker: Inject[Asker]) -> Response[bytes]:
    """The public keys that are not compromised."""
    chain = await asker.registry.chain()
    keys = JwkSet(keys=tuple(jwk(key) for key in chain.newest.keys if key.state != "compromised"))
    return tagged(msgspec.json.encode(keys), "application/jwk-set+json", _OPEN)


ROUTER = Router("/.well-known", route_handlers=[keyring, jwks])
