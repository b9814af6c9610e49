"""What other verifiers need: the keyring's statements, and its keys as a JWK Set and as a DID document."""

import msgspec
from litestar import Response, Router, get

from verify.core.public_keys import did_document, jwk_set
from verify.http.asked.bodies import Inject
from verify.http.check.asker import Asker

_OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
_NONE_YET = _OPEN | {"Cache-Control": "public, max-age=5"}


@get("/yinjian/keyring")
async def keyring(asker: Inject[Asker]) -> Response[bytes]:
    """Every keyring version, as one CBOR sequence (RFC 8742)."""
    chain = await asker.registry.chain()
    return Response(
        b"".join(version.statement.data for version in chain.versions), media_type="application/cbor-seq", headers=_OPEN
    )


@get("/yinjian/snapshot")
async def snapshot(asker: Inject[Asker]) -> Response[bytes]:
    """The newest snapshot, for checks without a network: one statement, as it was signed.

    Before there is one there is no content, which is nothing wrong: browsers call a 404 an error of the page.
    """
    data = await asker.registry.snapshot()
    if data is None:
        return Response(b"", status_code=204, headers=_NONE_YET)
    return Response(data, media_type="application/cose", headers=_OPEN)


@get("/jwks.json")
async def jwks(asker: Inject[Asker]) -> Response[bytes]:
    """The public keys that are not compromised."""
    chain = await asker.registry.chain()
    return Response(msgspec.json.encode(jwk_set(chain.newest)), media_type="application/jwk-set+json", headers=_OPEN)


@get("/did.json")
async def did(asker: Inject[Asker]) -> Response[bytes]:
    """The same keys as the did:web document of the newest host that QR codes name."""
    chain = await asker.registry.chain()
    return Response(msgspec.json.encode(did_document(chain.newest)), media_type="application/did+json", headers=_OPEN)


ROUTER = Router("/.well-known", route_handlers=[keyring, snapshot, jwks, did])
