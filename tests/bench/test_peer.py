"""The peer of the benchmarks answers what ours does, so that the two are worth comparing."""

from typing import Any

import asyncpg
import httpx
import pytest

from bench.peer import service
from tests import releases
from tests.conftest import Urls
from tests.http_service import client
from verify.core import qr_text
from verify.registry.postgres import PostgresRegistry

FACTS = ("number", "holder", "id_hint", "programme", "exam", "issuers", "issued_at", "expires_at", "status")


def facts(answer: dict[str, Any]) -> dict[str, Any]:
    """What both say of a certificate."""
    told = answer["certificate"] or {}
    return {"outcome": answer["outcome"]} | {name: told.get(name) for name in FACTS}


async def test_the_peer_tells_the_same_facts(registry_urls: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    """By number and by QR code, of what is valid, revoked and suspended; and the rows of a list."""
    statements = [
        releases.keyrings(),
        *releases.final([1, 2, 3]),
        releases.change(2, "revoked"),
        releases.change(3, "suspended"),
    ]
    signer = await asyncpg.connect(registry_urls.signer)
    rows = list(enumerate(statements))
    await signer.executemany("insert into registry.statement (index, bytes) values ($1, $2)", rows)
    await signer.close()
    monkeypatch.setenv(service.DATABASE, registry_urls.reader)
    registry = await PostgresRegistry.open(registry_urls.reader, releases.ROOT_THUMBPRINT)
    peer = httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://peer")
    outcomes = set()
    async with service.lifespan(service.app), peer, client(registry) as ours:
        for serial in (1, 2, 3):
            digits = qr_text.write(releases.certify(serial), "v.example.org").rpartition("/")[2]
            for path in (f"/api/v1/certificates/{releases.number(serial)}", f"/Q/{digits}"):
                told = [
                    facts((await one.get(path, headers={"accept": "application/json"})).json()) for one in (peer, ours)
                ]
                assert told[0] == told[1]
                outcomes.add((serial, told[0]["outcome"]))
        path = f"/api/v1/exams/{releases.EXAM}/pass-list"
        pages = [(await one.get(path)).json() for one in (peer, ours)]
        nobody = [await one.get(f"/api/v1/certificates/{releases.number(9)}") for one in (peer, ours)]
    await registry.close()
    assert outcomes == {(1, "valid"), (2, "revoked"), (3, "suspended")}
    assert pages[0]["items"] == pages[1]["items"] != []
    assert [answer.status_code for answer in nobody] == [404, 404]
