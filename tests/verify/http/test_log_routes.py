"""The log over HTTP: checkpoint, tiles, bundles and receipts prove what they should, of what was published."""

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import pytest

from migrations import embedded
from tests import releases
from tests.conftest import Urls, fresh_registry, publisher
from tests.http_service import Time, client
from tests.invented import chain
from verify.core.log import checkpoint, receipt, tiles, tree
from verify.core.log.tiles import Tile
from verify.core.qr_text import write
from verify.core.statement import decode
from verify.registry.hosts import Host, Hosts
from verify.registry.postgres import PostgresRegistry

PEOPLE = range(1, 301)
SIZE = 303
REVOKED, PAST = 7, 301
CERTIFIED = {serial: releases.certify(serial) for serial in PEOPLE}


@pytest.fixture(scope="module")
def urls(server: embedded.Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    """A registry with one exam of 300 people, one of whom was revoked, published in two releases."""
    with fresh_registry(server) as found:
        publish = publisher(found.signer, tmp_path_factory.mktemp("releases"))
        asyncio.run(publish(releases.final(PEOPLE)))
        asyncio.run(publish([releases.change(REVOKED, "revoked")]))
        yield found


@pytest.fixture
async def registry(urls: Urls) -> Any:
    """The service's reader."""
    opened = await PostgresRegistry.open(urls.reader, releases.ROOT_THUMBPRINT)
    yield opened
    await opened.close()


@pytest.fixture
async def service(registry: PostgresRegistry) -> Any:
    """The service."""
    async with client(registry, clock=Time(releases.NOW)) as browser:
        yield browser


async def verdict(service: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    """A verdict."""
    answer = await service.post("/api/v1/verify", json=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_checkpoint_and_tiles_are_the_statements(service: httpx.AsyncClient, urls: Urls) -> None:
    """From the checkpoint down to every entry, each tile in its place; cached for ever, the checkpoint for seconds."""
    answer = await service.get("/log/checkpoint")
    signed = checkpoint.believed(answer.text, chain())
    assert (signed.size, answer.headers["content-type"]) == (SIZE + 1, "text/plain; charset=utf-8")
    assert answer.headers["cache-control"] == "public, max-age=5"
    told = (await service.get("/about", headers={"Accept-Language": "en"})).text
    assert f"<dt>Entries</dt><dd>{SIZE + 1}</dd>" in told
    assert signed.checkpoint.origin in told
    wanted = [Tile(level=-1, index=0), Tile(level=-1, index=1, width=48), Tile(level=0, index=0)]
    wanted += [Tile(level=0, index=1, width=48), Tile(level=0, index=1, width=47), Tile(level=1, index=0, width=1)]
    got = {}
    for tile in wanted:
        answer = await service.get(f"/log/tile/{tile.path}")
        assert answer.status_code == 200, tile
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert (answer.headers["access-control-allow-origin"], answer.headers["content-type"]) == (
            "*",
            "application/octet-stream",
        )
        tiles.check_shape(tile, answer.content)
        got[tile.path] = answer.content
    entries = [
        *tiles.unbundled(wanted[0], got["entries/000"]),
        *tiles.unbundled(wanted[1], got["entries/001.p/48"]),
    ]
    assert tree.Frontier().add(entries).root == signed.root
    assert got["0/000"] + got["0/001.p/48"] == b"".join(map(tree.leaf, entries))
    assert got["1/000.p/1"] == tiles.root(got["0/000"])
    connection = await asyncpg.connect(urls.owner)
    rows = await connection.fetch("select kind, digest from registry.statement order by index")
    await connection.close()
    assert entries == [tree.entry(row["kind"], row["digest"]) for row in rows]


@pytest.mark.parametrize(
    "path",
    [
        "0/001",
        "0/001.p/49",
        "0/002.p/1",
        "1/000",
        "1/000.p/2",
        "2/000.p/1",
        "8/000",
        "0/0",
        "entries/001",
        "x",
        "entries",
    ],
)
async def test_what_the_checkpoint_does_not_reach_is_not_there(service: httpx.AsyncClient, path: str) -> None:
    """A wider tile, a higher one, another height, another writing: 404, and not kept by caches."""
    answer = await service.get(f"/log/tile/{path}")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers["cache-control"]


async def test_each_verdict_passes_step_9_and_brings_its_receipt_when_asked(service: httpx.AsyncClient) -> None:
    """By code and by number; both receipts prove this very entry, in the newest checkpoint, and no other."""
    for serial in (1, 255, 256, 300):
        data = CERTIFIED[serial]
        asked = {"qr": write(data, "verify.example.org")} if serial % 2 else {"number": releases.number(serial)}
        plain = await verdict(service, **asked)
        assert (plain["outcome"], plain["checks"][8]["code"], plain["receipt"]) == ("valid", "logged", None)
        told = (await verdict(service, **asked, receipt=True))["receipt"]
        entry = tree.entry_of(decode(data))
        proof, signed = receipt.check_tlog_proof(told["tlog_proof"], entry, chain())
        assert (told["index"], told["size"]) == (proof.index, proof.size) == (serial, SIZE + 1)
        cose = base64.b64decode(told["cose"])
        assert receipt.check_cose(cose, entry, chain())[1] == signed.root
    revoked = await verdict(service, number=releases.number(REVOKED), receipt=True)
    assert (revoked["outcome"], revoked["checks"][8]["result"]) == ("revoked", "not_done")
    assert revoked["receipt"]["index"] == REVOKED
    assert (await verdict(service, number="CEM2204999999X", receipt=True))["receipt"] is None


async def test_a_certificate_that_was_never_asked_for_takes_one_question(
    registry: PostgresRegistry, service: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By number, by code, with or without the receipt, in a full tile or at the edge: what proves it comes with it."""
    await verdict(service, number=releases.number(299))  # keyring, list and the tree's edge are read with the first
    asked: list[str] = []
    fetch = Hosts.fetch

    async def counted(self: Hosts, host: Host, query: str, *arguments: Any) -> Any:
        asked.append(query)
        return await fetch(self, host, query, *arguments)

    monkeypatch.setattr(Hosts, "fetch", counted)
    for serial in (1, 100, 254, 255, 256, 280):
        for how in ({"number": releases.number(serial)}, {"qr": write(CERTIFIED[serial], "verify.example.org")}):
            for receipts in (False, True):
                asked.clear()
                told = await verdict(service, **how, receipt=receipts)
                assert (told["outcome"], told["checks"][8]["code"]) == ("valid", "logged")
                assert (told["receipt"] is not None) == receipts
                assert len(asked) == 1, asked


async def test_the_page_offers_both_receipts_as_files(service: httpx.AsyncClient) -> None:
    """Each proves the entry; where there is none the page is shown."""
    number = releases.number(5)
    page = (await service.get(f"/c/{number}", headers={"accept": "text/html"})).text
    entry = tree.entry_of(decode(CERTIFIED[5]))
    for form in ("tlog-proof", "cose"):
        assert f"/c/{number}?receipt={form}" in page
        got = await service.get(f"/c/{number}?receipt={form}")
        assert got.headers["content-disposition"] == f'attachment; filename="{number}.{form}"'
        if form == "cose":
            receipt.check_cose(got.content, entry, chain())
        else:
            receipt.check_tlog_proof(got.text, entry, chain())
    unknown = await service.get(f"/c/{releases.number(999)}?receipt=cose", headers={"accept": "text/html"})
    assert (unknown.status_code, unknown.headers["content-type"]) == (404, "text/html; charset=utf-8")


async def test_a_list_of_numbers_passes_step_9_too(service: httpx.AsyncClient) -> None:
    """Row by row."""
    rows = [{"number": releases.number(serial), "name": f"候选人{serial}"} for serial in (2, 280)]
    answer = (await service.post("/api/v1/verify/batch", json=rows)).json()
    assert [one["checks"][8]["code"] for one in answer["verdicts"]] == ["logged", "logged"]


async def test_before_the_next_checkpoint_and_of_a_damaged_tree(urls: Urls) -> None:
    """What was filed past publish is not logged yet; a tile that its owner changed is no answer at all."""
    connection = await asyncpg.connect(urls.owner)
    past_data = releases.certify(PAST)
    rows = [releases.row(1, CERTIFIED[1]), releases.row(PAST, past_data)]
    filed = [past_data, releases.pass_list(rows, revision=2)]
    await connection.executemany(
        "insert into registry.statement (index, bytes) values ($1, $2)", list(enumerate(filed, SIZE + 1))
    )
    registry = await PostgresRegistry.open(urls.reader, releases.ROOT_THUMBPRINT)
    async with client(registry, clock=Time(releases.NOW)) as service:
        past = await verdict(service, number=releases.number(PAST), receipt=True)
        assert (past["outcome"], past["checks"][8]["code"], past["receipt"]) == ("valid", "not_logged_yet", None)
    await registry.close()
    await connection.execute(
        "update registry.branch set hashes = overlay(hashes placing sha256('') from 33) where height = 0"
    )
    registry = await PostgresRegistry.open(urls.reader, releases.ROOT_THUMBPRINT)
    async with client(registry, clock=Time(releases.NOW)) as service:
        for serial in (1, 40, 255):  # beside the changed hash, and where only the tile as a whole tells
            answer = await service.post("/api/v1/verify", json={"number": releases.number(serial)})
            assert answer.status_code == 503, answer.text
    await registry.close()
    await connection.close()
