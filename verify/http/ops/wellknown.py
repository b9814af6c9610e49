"""What other verifiers need: the keyring's statements, and its keys as a JWK Set and as a DID document."""

import hashlib

import msgspec
from litestar import Response, Router, get

from verify.core.public_keys import did_document, jwk_set
from verify.http.asked.bodies import Inject
from verify.http.check.asker import Asker

_OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}


def tagged(data: bytes, media_type: str, headers: dict[str, str]) -> Response[bytes]:
    """Public bytes with an ETag of their content."""
    etag = {"ETag": f'"{hashlib.sha256(data).hexdigest()[:24]}"'}
    return Response(data, media_type=media_type, headers=headers | etag)


@get("/yinjian/keyring")
async def keyring(asker: Inject[Asker]) -> Response[bytes]:
    """Every keyring version, as one CBOR sequence (RFC 8742)."""
    chain = await asker.registry.chain()
    return tagged(b"".join(version.statement.data for version in chain.versions), "application/cbor-seq", _OPEN)


@get("/jwks.json")
async def jwks(asker: Inject[Asker]) -> Response[bytes]:
    """The public keys that are not compromised."""
    chain = await asker.registry.chain()
    return tagged(msgspec.json.encode(jwk_set(chain.newest)), "application/jwk-set+json", _OPEN)


@get("/did.json")
async def did(asker: Inject[Asker]) -> Response[bytes]:
    """The same keys as the did:web document of the newest host that QR codes name."""
    chain = await asker.registry.chain()
    return tagged(msgspec.json.encode(did_document(chain.newest)), "application/did+json", _OPEN)


ROUTER = Router("/.well-known", route_handlers=[keyring, jwks, did])
