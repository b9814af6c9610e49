"""What other verifiers need: the keyring's statements, and its keys as a JWK Set and as a DID document."""

import asyncio

import msgspec
from litestar import Response, Router, get

from verify.core.public_keys import did_document, jwk_set
from verify.http.answers.problems import Refused
from verify.http.asked.bodies import Inject
from verify.http.check.asker import Asker

_OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
_SNAPSHOT = '</.well-known/yinjian/snapshot>; rel="related"'


@get("/yinjian/keyring")
async def keyring(asker: Inject[Asker]) -> Response[bytes]:
    """Every keyring version, as one CBOR sequence (RFC 8742); with a link to the snapshot where there is one.

    By it a page knows what it may ask for: browsers call a 404 an error of the page that asked.
    """
    chain, snapshot = await asyncio.gather(asker.registry.chain(), asker.registry.snapshot())
    data = b"".join(version.statement.data for version in chain.versions)
    headers = _OPEN if snapshot is None else _OPEN | {"Link": _SNAPSHOT}
    return Response(data, media_type="application/cbor-seq", headers=headers)


@get("/yinjian/snapshot")
async def snapshot(asker: Inject[Asker]) -> Response[bytes]:
    """The newest snapshot, for checks without a network: one statement, as it was signed."""
    data = await asker.registry.snapshot()
    if data is None:
        raise Refused("no_snapshot")
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
