"""Projections are read from the bytes by the database itself, and agree with what the core reads."""

import json
import time
from collections.abc import AsyncIterator
from typing import Any, cast

import asyncpg
import msgspec
import pytest

from tests import PROJECT, releases
from tests.conftest import Urls
from tests.invented import CERTIFICATE, ROOT, STATUS, keyring, resign
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
        Row(serial=n * 7, name=f"候选人{n}", id="＊" * (n % 9), certificate=n.to_bytes(16)) for n in range(people)
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
        {"title": Names(zh="第三次考试"), "stage": "notice", "issued_at": 0, "revision": 5},
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


async def test_lookup_indexes_are_all_kept(signer: Any) -> None:
    """Every lookup index is filed with its rows, a count, and a digest of whom it files that order does not change."""
    await add(
        signer,
        releases.index([("AAAA1", bytes(32)), ("AAAA2", b"\x01" * 32)]),
        releases.index([("BBBB1", b"\x02" * 32)], exam="CAM-2022-04"),
        releases.index([("AAAA2", b"\x03" * 32)], revision=2),
    )
    query = "select list, ordinal, number, key from registry.lookup_row order by list, ordinal"
    assert await rows(signer, query) == [
        (0, 1, "AAAA1", bytes(32)),
        (0, 2, "AAAA2", b"\x01" * 32),
        (1, 1, "BBBB1", b"\x02" * 32),
        (2, 1, "AAAA2", b"\x03" * 32),
    ]
    await add(signer, releases.index([("AAAA2", b"\x04" * 32), ("AAAA1", b"\x05" * 32)]))
    await add(signer, releases.index([("AAAA1", bytes(32)), ("AAAA1", bytes(32)), ("AAAA2", bytes(32))]))
    heads = await rows(signer, "select exam, revision, people, numbers from registry.lookup_index order by index")
    assert [head[:3] for head in heads] == [
        ("CEM-2022-04", 1, 2),
        ("CAM-2022-04", 1, 1),
        ("CEM-2022-04", 2, 1),
        ("CEM-2022-04", 1, 2),
        ("CEM-2022-04", 1, 3),
    ]
    digests = [head[3] for head in heads]
    assert digests[0] == digests[3]
    assert len(set(digests)) == 4


def _beyond_the_contract() -> dict[str, bytes]:
    """What reads well enough, and breaks a rule of statements.cddl for a field that a table keeps."""
    certificate = releases.certify(1)
    row = releases.row(1, certificate)
    unnamed = msgspec.structs.replace(row, certificate=None)
    shortened = msgspec.structs.replace(row, certificate=bytes(15))
    more = {6: 1, -65540: {1: "CEM-2022-04", 2: 1, 3: bytes(4), 4: [], 5: 1}}
    return {
        "an extra field": resign(CERTIFICATE, more),
        "a later field out of order": resign(CERTIFICATE, more).replace(b"\x04\x80\x05\x01", b"\x04\x80\x18\x18"),
        "a final list that leaves a row unnamed": releases.pass_list([row, unnamed]),
        "a notice that names a certificate": releases.pass_list([row], stage="notice"),
        "a hash of 15 bytes": releases.pass_list([shortened]),
        "a programme in small letters": releases.pass_list([], programme="cem", exam="cem-2022-04"),
        "an exam of another programme": releases.pass_list([], programme="CAM"),
        "an exam of a longer programme": releases.pass_list([], programme="CEM-2022"),
        "a date that is none": releases.pass_list([], held_on="23.4.2022"),
        "a planned date that is none": releases.pass_list([], planned_on=""),
        "a time of 2⁶²": releases.pass_list([], public_until=2**62),
        "an issue beyond the year 9999": releases.pass_list([], issued_at=253_402_300_800),
        "a third stage": releases.pass_list([], stage="draft"),
        "revision 0": releases.pass_list([], revision=0),
        "an index of revision 0": releases.index([], revision=0),
        "a secret of 5 bytes": releases.index([], secret_id=bytes(5)),
        "a key of 31 bytes": releases.index([("AAAA1", bytes(31))]),
        "a number in small letters": releases.index([("aaaa1", bytes(32))]),
        "an action that is none": releases.change(1, cast(Any, "forgiven")),
        "a reason that is none": releases.change(1, "revoked", reason="whim"),
        "an effective time of 2⁶²": releases.change(1, "revoked", effective_at=2**62),
        "a number on a change": resign(STATUS, {6: 1, 7: b"AAAA1", -65538: {}}),
        "an expiry on a list": resign(CERTIFICATE, {4: 9, 6: 1, -65539: {}}),
        "no hint, and no older paper": releases.certify(1, id_hint=""),
    }


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
        **_beyond_the_contract(),
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


async def test_nothing_is_taken(signer: Any) -> None:
    """Only the log index is anybody's: the same bytes, number, revision and version are filed as often as they come."""
    first = ROOT.sign(keyring().draft(ROOT.kid))
    twice = [first, releases.certify(1), releases.pass_list([]), releases.index([]), releases.change(1, "revoked")]
    others = [
        releases.certify(1, holder="李四"),
        releases.pass_list([], contact="x"),
        releases.pass_list([], revision=7),
        releases.index([], issued_at=0),
        releases.index([], revision=7),
        ROOT.sign(keyring(expires_at=1).draft(ROOT.kid)),
        ROOT.sign(keyring(version=7).draft(ROOT.kid)),
    ]
    await add(signer, *twice, *twice, *others)
    assert await signer.fetchval("select count(*) from registry.statement") == 17
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await signer.execute(INSERT, 16, releases.certify(2))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        await signer.execute(INSERT, 18, releases.certify(2))


async def test_refuses_what_is_signed_ahead_of_time(signer: Any) -> None:
    """No statement of any kind is of a time later than the database's clock and 300 seconds."""
    now = int(time.time())
    await add(signer, releases.certify(1, issued_at=now + 200), releases.change(1, "suspended", issued_at=now + 200))
    ahead: dict[str, Any] = {"issued_at": now + 400}
    for data in (
        releases.certify(2, **ahead),
        releases.change(1, "revoked", **ahead),
        releases.pass_list([], **ahead),
        releases.index([], **ahead),
        ROOT.sign(keyring(**ahead).draft(ROOT.kid)),
        resign(STATUS, {6: now + 400, -65542: {1: 0, 2: 0, 3: {}}}),
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="still to come"):
            await add(signer, data)
    assert await signer.fetchval("select count(*) from registry.statement") == 2


async def test_the_owner_disowns(signer: Any, owner: Any) -> None:
    """Of a disowned statement index, kind and hash stay, and neither its body nor a row of any table."""
    statements = [
        releases.certify(1),
        releases.change(1, "revoked"),
        releases.pass_list([releases.row(1, releases.certify(1))]),
        releases.index([("AAAA1", bytes(32))]),
        ROOT.sign(keyring().draft(ROOT.kid)),
    ]
    await add(signer, *statements)
    for index in range(5):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await signer.execute("select registry.disown($1)", index)
        assert await owner.fetchval("select registry.disown($1)", index)
        assert not await owner.fetchval("select registry.disown($1)", index)
    assert not await owner.fetchval("select registry.disown(99)")
    for table in ("certificate", "change", "pass_list", "list_row", "lookup_index", "lookup_row", "keyring"):
        assert await signer.fetchval(f"select count(*) from registry.{table}") == 0
    assert await rows(signer, "select index, kind, digest, bytes from registry.statement order by index") == [
        (index, kind, statement.decode(data).digest, b"")
        for index, (kind, data) in enumerate(zip((1, 2, 3, 4, 5), statements, strict=True))
    ]
    await add(signer, releases.certify(1))


async def test_conflicts_leave_no_projection(signer: Any) -> None:
    """``ON CONFLICT DO NOTHING`` cannot smuggle in a projection without its statement."""
    first, second = releases.certify(1), releases.certify(2)
    await signer.executemany(f"{INSERT} on conflict do nothing", [(0, first), (0, second)])
    assert await signer.fetchval("select array_agg(bytes) from registry.statement") == [first]
    assert await signer.fetchval("select array_agg(number) from registry.certificate") == [releases.number(1)]


async def test_rows_of_one_command_leave_no_gap(signer: Any) -> None:
    """However many come at once, and wherever the gap is: before them, or among them."""
    certified = [releases.certify(serial) for serial in range(1, 5)]
    await add(signer, certified[0])
    for places in ((2, 3), (1, 3), (1, 1), (0, 1)):
        rows_of = [(place, data) for place, data in zip(places, certified[1:], strict=False)]
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            await signer.copy_records_to_table(
                "statement", schema_name="registry", columns=["index", "bytes"], records=rows_of
            )
    assert await signer.fetchval("select count(*) from registry.statement") == 1


async def test_copy_is_checked_as_inserts_are(signer: Any) -> None:
    """COPY goes through the same triggers, and is whole or not at all."""
    records = [(0, releases.certify(1)), (1, releases.certify(2)), (2, b"\x00")]
    copy = {"schema_name": "registry", "columns": ["index", "bytes"]}
    with pytest.raises(asyncpg.DataError):
        await signer.copy_records_to_table("statement", records=records, **copy)
    assert await signer.fetchval("select count(*) from registry.statement") == 0
    await signer.copy_records_to_table("statement", records=records[:2], **copy)
    assert await signer.fetchval("select count(*) from registry.certificate") == 2
