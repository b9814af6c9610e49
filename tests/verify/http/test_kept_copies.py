"""What may be kept by whom: tags, times and the public keys."""

import pytest

from tests import invented_exam as exam
from tests.http_service import client, registry
from tests.invented import CERTIFICATE, ROOT, keyring
from tests.memory_registry import MemoryRegistry

PUBLIC = [
    "/.well-known/yinjian/keyring",
    "/.well-known/jwks.json",
    "/.well-known/did.json",
    "/api/schema/openapi.json",
    "/api/schema",
    "/static/site.css",
    "/",
    "/pass-lists",
    "/pass-lists/CEM-2022-04",
    "/api/v1/exams",
    "/api/v1/exams/CEM-2022-04/pass-list",
    "/api/v1/exams/CEM-2022-04/pass-list.csv",
    "/api/v1/exams/CEM-2022-04/pass-list.cbor",
]


@pytest.mark.parametrize("address", PUBLIC)
async def test_who_has_the_newest_copy_is_not_sent_it_again(address: str) -> None:
    """If-None-Match with the ETag is 304 without a body."""
    async with client() as service:
        first = await service.get(address)
        for tag in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
            again = await service.get(address, headers={"if-none-match": tag})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == first.headers["etag"]
        other = await service.get(address, headers={"if-none-match": '"x"'})
        head = await service.head(address)
    assert other.status_code == 200
    assert head.headers["etag"] == first.headers["etag"]


async def test_personal_answers_have_no_etag_and_are_kept_by_nobody() -> None:
    """A verdict is asked for anew each time."""
    async with client() as service:
        for address in (exam.VALID.path, f"/api/v1/certificates/{exam.VALID.number}"):
            answer = await service.get(address, headers={"if-none-match": "*"})
            assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
            assert "etag" not in answer.headers


async def test_files_named_by_their_content_are_kept_for_ever() -> None:
    """The pages' links to files carry a version that makes them immutable."""
    async with client() as service:
        page = await service.get("/")
        address = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        file = await service.get(address)
        unversioned = await service.get("/static/site.css")
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert unversioned.headers["cache-control"] == "public, no-cache"


async def test_the_public_keys_are_open_to_every_site() -> None:
    """Keyring and JWK Set have CORS open, and hold what the keyring says."""
    register = registry()
    async with client(register) as service:
        ring = await service.get("/.well-known/yinjian/keyring")
        jwks = await service.get("/.well-known/jwks.json")
    assert ring.headers["access-control-allow-origin"] == jwks.headers["access-control-allow-origin"] == "*"
    assert ring.content == register.statements[0]
    keys = {key["kid"]: key for key in jwks.json()["keys"]}
    assert keys[CERTIFICATE.kid.hex()]["crv"] == "Ed25519"
    assert len(keys) == 4


async def test_a_compromised_key_leaves_the_public_keys() -> None:
    """What nobody may believe is not offered."""
    ring = keyring([ROOT.entry("root"), CERTIFICATE.entry("certificate", state="compromised", believed_below=0)])
    async with client(MemoryRegistry([ROOT.sign(ring.draft(ROOT.kid))])) as service:
        jwks = await service.get("/.well-known/jwks.json")
        did = await service.get("/.well-known/did.json")
    assert [key["kid"] for key in jwks.json()["keys"]] == [ROOT.kid.hex()]
    assert did.json()["id"] == "did:web:verify.example.org"
    assert [key["id"] for key in did.json()["verificationMethod"]] == [f"did:web:verify.example.org#{ROOT.kid.hex()}"]
