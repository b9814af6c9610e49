"""The peer of the benchmarks answers what ours does, so that the two are worth comparing."""

import time
from typing import Any

import asyncpg
import httpx
import pytest

from bench.peer import service
from tests import releases
from tests.conftest import Urls
from tests.http_service import Time, client, proof
from tests.invented import SECRET
from tests.photos import qr_image
from tests.verify.files.test_workers import png
from verify.core import qr_text
from verify.http.files.intake import Intake
from verify.registry.postgres import PostgresRegistry

FACTS = ("number", "holder", "id_hint", "programme", "exam", "issuers", "issued_at", "expires_at", "status")


def facts(answer: dict[str, Any]) -> dict[str, Any]:
    """What both say of a certificate."""
    told = answer["certificate"] or {}
    return {"outcome": answer["outcome"]} | {name: told.get(name) for name in FACTS}


async def test_the_peer_tells_the_same_facts(registry_urls: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    """By number, code, picture and person, many at once, of what is valid, revoked, suspended; and a list's rows."""
    statements = [
        releases.keyrings(),
        *releases.final([1, 2, 3, 4]),
        releases.change(2, "revoked"),
        releases.change(3, "suspended"),
    ]
    signer = await asyncpg.connect(registry_urls.signer)
    rows = list(enumerate(statements))
    await signer.executemany("insert into registry.statement (index, bytes) values ($1, $2)", rows)
    await signer.close()
    monkeypatch.setenv(service.DATABASE, registry_urls.reader)
    monkeypatch.setenv(service.LOOKUP, SECRET.hex())
    registry = await PostgresRegistry.open(registry_urls.reader, releases.ROOT_THUMBPRINT)
    intake = Intake()
    peer = httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://peer")
    outcomes = set()
    async with (
        service.lifespan(service.app),
        peer,
        client(registry, clock=Time(time.time()), parts={"intake": intake}) as ours,
    ):
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
        people = [{"number": releases.number(serial), "name": f"候选人{serial % 4}"} for serial in (1, 2, 3, 4, 9)]
        batches = [(await one.post("/api/v1/verify/batch", json=people)).json()["verdicts"] for one in (peer, ours)]
        picture = png(qr_image(qr_text.write(releases.certify(2), "v.example.org")))
        sent = {"file": ("a.png", picture)}
        read = [(await one.post("/api/v1/verify/document", files=sent)).json()["verdicts"] for one in (peer, ours)]
        person = {"name": "候选人3", "id_type": "other", "id_number": "ID00000003"}
        proved = person | {"altcha": await proof(ours, person["name"])}
        found = [
            (await one.post("/api/v1/lookup", json=asked)).json()["certificates"]
            for one, asked in ((peer, person), (ours, proved))
        ]
        nobody = [await one.get(f"/api/v1/certificates/{releases.number(9)}") for one in (peer, ours)]
    await intake.close()
    await registry.close()
    assert outcomes == {(1, "valid"), (2, "revoked"), (3, "suspended")}
    assert pages[0]["items"] == pages[1]["items"] != []
    assert [facts(one) for one in batches[0]] == [facts(one) for one in batches[1]]
    assert [one["outcome"] for one in batches[0]] == ["valid", "revoked", "suspended", "mismatch", "not_found"]
    assert [facts(one) for one in read[0]] == [facts(one) for one in read[1]]
    assert [one["outcome"] for one in read[0]] == ["revoked"]
    assert [[one[name] for name in FACTS] for one in found[0]] == [[one[name] for name in FACTS] for one in found[1]]
    assert [one["number"] for one in found[0]] == [releases.number(3)]
    assert [answer.status_code for answer in nobody] == [404, 404]
