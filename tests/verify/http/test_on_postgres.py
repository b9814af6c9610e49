"""The public service over PostgreSQL answers as it does over the register in memory."""

import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from tests import invented_exam as exam
from tests.conftest import Urls
from tests.http_service import Time, client, proof
from tests.invented import ROOT
from tests.memory_registry import MemoryRegistry
from verify.core import statement
from verify.core.keyring import thumbprint
from verify.registry.postgres import PostgresRegistry

FILED = [data for data in exam.statements() if statement.decode(data).claims[6] <= exam.NOW]
"""All but the certificate signed in years to come, which no database takes."""


@pytest.fixture
async def postgres(registry_urls: Urls) -> AsyncIterator[PostgresRegistry]:
    """The invented exam in a registry of its own, as its reader sees it."""
    signer = await asyncpg.connect(registry_urls.signer)
    try:
        rows = list(enumerate(FILED))
        await signer.executemany("insert into registry.statement (index, bytes) values ($1, $2)", rows)
    finally:
        await signer.close()
    registry = await PostgresRegistry.open(registry_urls.reader, thumbprint(ROOT.public))
    yield registry
    await registry.close()


ASKED: list[tuple[str, str, Any]] = [
    *(("POST", "/api/v1/verify", {"qr": person.qr}) for person in (*exam.EVERYBODY, exam.NEW, exam.UNLISTED)),
    *(("POST", "/api/v1/verify", {"number": person.number, "name": person.name}) for person in exam.EVERYBODY),
    ("POST", "/api/v1/verify", {"number": exam.VALID.number, "name": "王丽"}),
    ("POST", "/api/v1/verify", {"qr": exam.REVOKED.qr, "as_of": "2022-06-01T00:00:00Z"}),
    ("POST", "/api/v1/verify", {"number": "Z123456"}),
    ("GET", f"/api/v1/certificates/{exam.REVOKED.number}", None),
    ("GET", "/api/v1/certificates/Z123456", None),
    ("GET", "/api/v1/exams", None),
    ("GET", "/api/v1/exams?programme=XYZ", None),
    ("GET", "/api/v1/exams/CEM-2022-04/pass-list", None),
    ("GET", "/api/v1/exams/CEM-2022-05/pass-list", None),
    ("GET", "/api/v1/exams/CEM-2022-04/pass-list?cursor=elsewhere", None),
    ("GET", "/api/v1/exams/CEM-2022-04/pass-list.csv", None),
    ("GET", "/api/v1/exams/CEM-2022-04/pass-list.cbor", None),
    ("GET", "/.well-known/yinjian/keyring", None),
    ("GET", "/.well-known/jwks.json", None),
    ("GET", "/health/ready", None),
    ("GET", "/pass-lists", None),
    ("GET", "/pass-lists/CEM-2022-04", None),
    ("GET", exam.REPLACED.path, None),
]


async def _answers(service: httpx.AsyncClient) -> list[tuple[int, bytes]]:
    found = []
    for method, address, body in ASKED:
        answer = await service.request(method, address, json=body)
        found.append((answer.status_code, answer.content))
    searched = await service.post("/pass-lists/CEM-2022-04", data={"name": "买买提"})
    found.append((searched.status_code, searched.content))
    for person, name in ((exam.VALID, "王莉"), (exam.VALID, "王丽"), (exam.REPLACED, "李雷")):
        body = {"name": name, "id_number": person.id_number, "altcha": await proof(service)}
        answer = await service.post("/api/v1/lookup", json=body)
        found.append((answer.status_code, answer.content))
    return found


async def test_every_answer_is_that_of_the_statements_alone(postgres: PostgresRegistry) -> None:
    """The projections of the database say what a reading of the same statements says."""
    now = int(time.time())
    async with client(postgres, clock=Time(now)) as service:
        actual = await _answers(service)
    async with client(MemoryRegistry(FILED, now), clock=Time(now)) as service:
        expected = await _answers(service)
    assert actual == expected


async def test_a_list_is_searched_by_its_index(registry_urls: Urls) -> None:
    """A search by the beginning of a name, and each page, cost the same in a list of any length."""
    people = [exam.holder(n, f"人{n:04d}") for n in range(1, 900)]
    signer = await asyncpg.connect(registry_urls.signer)
    try:
        rows = list(enumerate([exam.statements()[0], exam.pass_list(*people)]))
        await signer.executemany("insert into registry.statement (index, bytes) values ($1, $2)", rows)
    finally:
        await signer.close()
    registry = await PostgresRegistry.open(registry_urls.reader, thumbprint(ROOT.public))
    try:
        found = await registry.find_rows("CEM-2022-04", "人08", 1000)
        assert found is not None
        assert [row.name for row in found] == [f"人{n:04d}" for n in range(800, 900)]
        assert await registry.find_rows("CEM-2022-04", "\x00") == ()
        assert await registry.find_rows("CEM-2022-05", "人") is None
    finally:
        await registry.close()
