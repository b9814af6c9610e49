"""Projections are read from the bytes by the database itself, and agree with what the core reads."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests import PROJECT, releases
from tests.conftest import Urls
from tests.invented import CERTIFICATE, ROOT, keyring, resign
from verify.core import cbor, changes, pass_list, statement
from verify.core.changes import Named
from verify.core.fields import Names
from verify.core.pass_list import Row

KINDS = json.loads((PROJECT / "tests" / "vectors" / "contract" / "kinds.json").read_text())
INSERT = "insert into registry.statement (index, bytes) values ($1, $2)"
Connection = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def signer(registry_urls: Urls) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection with the signer's rights."""
    connection = await asyncpg.connect(registry_urls.signer)
    yield connection
    await connection.close()


async def add(signer: Any, *statements: bytes) -> None:
    """Adds statements at the next indexes."""
    size = await signer.fetchval("select count(*) from registry.statement")
    await signer.executemany(INSERT, list(enumerate(statements, start=size)))


async def rows(signer: Any, query: str) -> list[tuple[Any, ...]]:
    """A query's rows as tuples."""
    return [tuple(row) for row in await signer.fetch(query)]


async def test_takes_every_kind_of_the_contract(signer: Any) -> None:
    """Every kind of statement is filed under its number and hash, as the log's entry names them."""
    statements = [bytes.fromhex(item["statement"]) for item in KINDS["statements"]]
    await add(signer, *statements)
    filed = await rows(signer, "select index, kind, digest from registry.statement order by index")
    assert [(index, bytes([kind]) + digest) for index, kind, digest in filed] == [
        (index, bytes.fromhex(item["entry"])) for index, item in enumerate(KINDS["statements"])
    ]


async def test_certificate(signer: Any) -> None:
    """A certificate is filed by number, exam and short hash, also with an expiry and later fields."""
    plain = releases.certify(1)
    expiring = releases.certify(2, expires_at=2_000_000_000, holder="买买提·吐尔逊江" * 6)
    content = {1: "张三", 2: "1234", 3: "CEM", 4: "2022-04-2", 16: {1: [None, True]}, 23: b"x" * 300}
    later = resign(CERTIFICATE, {6: 1, 7: b"OWN00001", -65537: content})
    await add(signer, plain, expiring, later)
    assert await rows(signer, "select number, index, exam, short from registry.certificate order by index") == [
        (releases.number(1), 0, "CEM-2022-04", releases.short(plain)),
        (releases.number(2), 1, "CEM-2022-04", releases.short(expiring)),
        ("OWN00001", 2, "CEM-2022-04-2", releases.short(later)),
    ]


@pytest.mark.parametrize("people", [0, 1, 23, 24, 255, 256, 70_000])
async def test_pass_list_of_any_length(signer: Any, people: int) -> None:
    """A list's rows are all filed, in order, whatever the length of their array's head."""
    listed = [
        Row(serial=n * 7, name=f"候选人{n}", id="＊" * (n % 9), certificate=n.to_bytes(16) if n % 3 else None)
        for n in range(people)
    ]
    data = releases.pass_list(listed, contact="x" * people)
    await add(signer, data)
    filed = await signer.fetch("select * from registry.list_row order by list, ordinal")
    assert [Row(serial=r["serial"], name=r["name"], id=r["id"], certificate=r["short"]) for r in filed] == listed
    assert [r["ordinal"] for r in filed] == list(range(1, people + 1))
    assert await signer.fetchval("select people from registry.pass_list") == people


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"objections_until": 1_650_500_000, "public_until": 253_402_300_799, "planned_on": None},
        {"title": Names(zh="第三次考试"), "stage": "notice", "issued_at": 0},
    ],
)
async def test_pass_list_head(signer: Any, fields: dict[str, Any]) -> None:
    """A list's head is filed as the core reads it, nulls and missing titles too."""
    data = releases.pass_list([], **fields)
    await add(signer, data)
    read = pass_list.read(statement.decode(data))
    (head,) = await signer.fetch("select * from registry.pass_list")
    assert dict(head) == {
        "index": 0,
        "exam": read.exam,
        "programme": read.programme,
        "stage": read.stage,
        "revision": read.revision,
        "objections_until": read.objections_until,
        "contact": read.contact,
        "public_until": read.public_until,
        "people": 0,
        "title_zh": read.title.zh,
        "title_en": read.title.en,
        "held_on": read.held_on,
        "planned_on": read.planned_on,
        "kid": CERTIFICATE.kid,
        "issued_at": read.issued_at,
    }


async def test_changes(signer: Any) -> None:
    """A change is filed by the number that it changes and, where it names one, its replacement."""
    other = Named(number=releases.number(2), short=bytes(16))
    statements = [
        releases.change(1, "suspended", note="x" * 30),
        releases.change(1, "replaced", replacement=other, note="备注"),
        releases.change(3, "revoked"),
    ]
    await add(signer, *statements)
    read = [changes.read(statement.decode(data)) for data in statements]
    assert await rows(signer, "select index, number, replacement from registry.change order by index") == [
        (index, change.certificate.number, change.replacement.number if change.replacement else None)
        for index, change in enumerate(read)
    ]


async def test_lookup_index_replaces_the_one_before(signer: Any) -> None:
    """A later revision of a lookup index takes the place of the whole earlier one, of its own exam alone."""
    await add(
        signer,
        releases.index([("AAAA1", bytes(32)), ("AAAA2", b"\x01" * 32)]),
        releases.index([("BBBB1", b"\x02" * 32)], exam="CAM-2022-04"),
        releases.index([("AAAA2", b"\x03" * 32)], revision=2),
    )
    query = "select exam, number, key from registry.lookup_row order by number"
    assert await rows(signer, query) == [
        ("CEM-2022-04", "AAAA2", b"\x03" * 32),
        ("CAM-2022-04", "BBBB1", b"\x02" * 32),
    ]


def _broken() -> dict[str, bytes]:
    whole = releases.certify(1)
    listed = releases.pass_list([releases.row(1, whole)])
    return {
        "empty": b"",
        "cut": whole[:-1],
        "longer": whole + b"\x00",
        "another algorithm": whole.replace(b"\xa2\x01\x32", b"\xa2\x01\x26", 1),
        "an unprotected header": whole.replace(b"\xa0\x58", b"\xa1\x58", 1),
        "a list whose row lacks an item": listed.replace(b"\x08\x81\x84", b"\x08\x81\x83", 1),
        "a list that says it is longer": listed.replace(b"\x08\x81\x84", b"\x08\x9a\xff\xff\xff\xff\x84", 1),
        "a title in another language": listed.replace(b"\x62zh", b"\x62fr", 1),
        "a number that is a text": resign(
            CERTIFICATE, {6: 1, 7: "AAAA1", -65537: {1: "x", 2: "1", 3: "CEM", 4: "2022-04"}}
        ),
        "no time": resign(CERTIFICATE, {7: b"AAAA1", -65537: {1: "x", 2: "1", 3: "CEM", 4: "2022-04"}}),
        "no number": resign(CERTIFICATE, {6: 1, -65537: {1: "x", 2: "1", 3: "CEM", 4: "2022-04"}}),
        "no name": resign(CERTIFICATE, {6: 1, 7: b"AAAA1", -65537: {2: "1", 3: "CEM", 4: "2022-04"}}),
        "an unknown kind": resign(CERTIFICATE, {6: 1, -65599: {}}),
        "no content": resign(CERTIFICATE, {6: 1}),
        "a text that is not UTF-8": whole.replace("候选人1".encode(), b"\xff" * len("候选人1".encode())),
        "a longer head than needed": CERTIFICATE.sign(
            statement.Draft(
                protected=cbor.encode({1: -19, 4: CERTIFICATE.kid}),
                payload=cbor.encode({6: 1, 7: b"AAAA1", -65537: {1: "x", 2: "1", 3: "CEM", 4: "2022-04"}}).replace(
                    b"\x61x", b"\x78\x01x"
                ),
            )
        ),
    }


@pytest.mark.parametrize("what", _broken())
async def test_refuses_what_it_cannot_read(signer: Any, what: str) -> None:
    """Bytes that are no statement of their kind leave neither statement nor projection."""
    with pytest.raises((asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)):
        await add(signer, _broken()[what])
    tables = ("statement", "certificate", "change", "pass_list", "list_row", "lookup_row", "keyring")
    assert [await signer.fetchval(f"select count(*) from registry.{table}") for table in tables] == [0] * 7


@pytest.mark.parametrize("index", [1, -1, None])
async def test_refuses_gaps(signer: Any, index: int | None) -> None:
    """The first log index is 0 and nothing else."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await signer.execute(INSERT, index, releases.certify(1))


async def test_refuses_what_is_there(signer: Any) -> None:
    """The same statement, another under the same index, number, revision or version is refused."""
    first = ROOT.sign(keyring().draft(ROOT.kid))
    listed, indexed = releases.pass_list([]), releases.index([])
    await add(signer, first, releases.certify(1), listed, indexed)
    refused = [
        (3, releases.certify(2)),  # an index that is taken
        (4, releases.certify(1)),  # the same statement
        (4, releases.certify(1, holder="李四")),  # the same number
        (4, releases.pass_list([], contact="x")),  # the same revision
        (4, releases.pass_list([], revision=3)),  # not the next
        (4, releases.index([], issued_at=0)),
        (4, releases.index([], revision=3)),
        (4, ROOT.sign(keyring(expires_at=1).draft(ROOT.kid))),
        (4, ROOT.sign(keyring(version=3).draft(ROOT.kid))),
    ]
    for index, data in refused:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await signer.execute(INSERT, index, data)
    await add(signer, releases.pass_list([], revision=2), releases.index([], revision=2))
    assert await signer.fetchval("select count(*) from registry.statement") == 6


async def test_conflicts_leave_no_projection(signer: Any) -> None:
    """``ON CONFLICT DO NOTHING`` cannot smuggle in a projection without its statement."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await signer.executemany(
            f"{INSERT} on conflict do nothing", [(0, releases.certify(1)), (0, releases.certify(2))]
        )
    assert await signer.fetchval("select count(*) from registry.certificate") == 0


async def test_copy_is_checked_as_inserts_are(signer: Any) -> None:
    """COPY goes through the same triggers, and is whole or not at all."""
    records = [(0, releases.certify(1)), (1, releases.certify(2)), (2, b"\x00")]
    copy = {"schema_name": "registry", "columns": ["index", "bytes"]}
    with pytest.raises(asyncpg.DataError):
        await signer.copy_records_to_table("statement", records=records, **copy)
    assert await signer.fetchval("select count(*) from registry.statement") == 0
    await signer.copy_records_to_table("statement", records=records[:2], **copy)
    assert await signer.fetchval("select count(*) from registry.certificate") == 2
