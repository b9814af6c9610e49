"""The database's reader of statements and the core's: where both take one they read the same, mutant by mutant.

What the database alone takes is filed and not believed, so it changes no answer; this test says which that can be:
fields that are in no table. What the core alone takes cannot be published: it can only be a text with U+0000 or an
integer from 2^63 on, which PostgreSQL has no place for.
"""

import contextlib
import itertools
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Any

import asyncpg
import pytest

from tests import PROJECT, releases
from tests.conftest import Urls
from tests.invented import CERTIFICATE, ROOT, STATUS, keyring, resign
from tests.mutants import mutants
from verify.core import kinds, qr_text, statement
from verify.core.certificate import Certificate
from verify.core.changes import Change, Named
from verify.core.errors import KeyringRefused, Malformed, Unreadable
from verify.core.fields import Names
from verify.core.keyring import Keyring
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList
from verify.core.snapshot import Snapshot
from verify.core.statement import Kind

COUNT = int(os.environ.get("YINJIAN_MUTANTS", "12000"))
SEED = int(os.environ.get("YINJIAN_SEED", "20261126"))
READ = """
create function pg_temp.read(b bytea) returns jsonb language plpgsql as $$
declare
    s registry.opened;
    fields jsonb;
begin
    s := registry.open(b);
    case s.kind
        when 1 then fields := to_jsonb(registry.read_certificate(b, s));
        when 2 then fields := to_jsonb(registry.read_change(b, s));
        when 3 then fields := to_jsonb(registry.read_pass_list(b, s));
        when 4 then fields := to_jsonb(registry.read_lookup_index(b, s));
        when 6 then fields := to_jsonb(registry.read_snapshot(b, s));
        when 5 then fields := jsonb_build_object('version', registry.read_keyring(b, s));
        else
            perform registry.read_content(b, s);
            fields := '{}';
    end case;
    return jsonb_build_object('kind', s.kind, 'kid', s.kid, 'iat', s.iat, 'fields', fields);
exception when data_exception then
    return null;
end $$
"""


@pytest.fixture
async def reader(registry_urls: Urls) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The owner's connection, with a function that gives what the database reads."""
    connection = await asyncpg.connect(registry_urls.owner)
    await connection.execute(READ)
    yield connection
    await connection.close()


def _hex(data: bytes | None) -> str | None:
    return None if data is None else "\\x" + data.hex()


def _fields(read: object) -> dict[str, Any]:
    """What the database's tables keep of what the core reads."""
    match read:
        case Certificate():
            return {"number": read.number, "exam": read.exam}
        case Change():
            return {
                "number": read.certificate.number,
                "short": _hex(read.certificate.short),
                "action": read.action,
                "effective_at": read.effective_at,
                "replacement": read.replacement.number if read.replacement else None,
                "replacement_short": _hex(read.replacement.short) if read.replacement else None,
            }
        case PassList():
            return {
                "exam": read.exam,
                "programme": read.programme,
                "stage": read.stage,
                "revision": read.revision,
                "objections_until": read.objections_until,
                "contact": read.contact,
                "public_until": read.public_until,
                "rows": [
                    {"serial": row.serial, "name": row.name, "id": row.id, "short": _hex(row.certificate)}
                    for row in read.rows
                ],
                "title_zh": read.title.zh,
                "title_en": read.title.en,
                "held_on": read.held_on,
                "planned_on": read.planned_on,
            }
        case LookupIndex():
            return {
                "exam": read.exam,
                "revision": read.revision,
                "secret": _hex(read.secret_id),
                "rows": [{"number": number, "key": _hex(key)} for number, key in read.rows],
            }
        case Keyring():
            return {"version": read.version}
        case Snapshot():
            return {"taken_at": read.taken_at, "log_size": read.log_size}
    return {}


def core(data: bytes) -> tuple[dict[str, Any] | None, str]:
    """What the core reads, or None and why not."""
    try:
        source = statement.decode(data)
    except Unreadable as error:
        return None, f"unreadable {error.code}"
    try:
        read = kinds.of(source).read(source)
    except (Malformed, KeyringRefused) as error:
        return None, f"{source.kind.name} {error.detail}"
    answer = {"kind": int(source.kind), "kid": _hex(source.kid), "iat": source.claims[6], "fields": _fields(read)}
    return answer, ""


def _unkept(value: object) -> bool:
    """Whether PostgreSQL has no place for something in ``value``."""
    match value:
        case str():
            return "\0" in value
        case int():
            return value >= 2**63
        case list():
            return any(map(_unkept, value))
        case dict():
            return any(map(_unkept, value.values()))
    return False


def _in_no_table(why: str) -> bool:
    """Whether the core refuses for something that no table keeps: the database may file it, and nobody believes it."""
    kind, _, detail = why.partition(" ")
    match kind:
        case "CERTIFICATE":
            return "holder" in detail or "ID hint" in detail or "expires before" in detail or "paper" in detail
        case "KEYRING" | "SNAPSHOT" | "ERASURE" | "DOCUMENT":
            return True
        case "unreadable":
            # A map with other keys than it may have, in a kind that has such maps.
            return detail == "not_canonical"
    return False


async def compare(reader: Any, statements: Iterable[bytes]) -> Counter[str]:
    """Both readers on each of ``statements``: how often which took it. Raises AssertionError where they differ."""
    batch = list(statements)
    rows = await reader.fetch(
        "select pg_temp.read(b) as read from unnest($1::bytea[]) with ordinality u (b, n) order by n", batch
    )
    counts: Counter[str] = Counter()
    for data, row in zip(batch, rows, strict=True):
        ours, why = core(data)
        theirs = None if row["read"] is None else json.loads(row["read"])
        if ours is None and theirs is None:
            counts["neither"] += 1
        elif ours is None and theirs is not None:
            assert _in_no_table(why), (data.hex(), why)
            assert why != "unreadable not_canonical" or theirs["kind"] > 4, (data.hex(), why)
            counts["the database alone"] += 1
        elif theirs is None:
            assert _unkept(ours), (data.hex(), ours)
            counts["the core alone"] += 1
        else:
            assert theirs == ours, data.hex()
            counts["both"] += 1
    return counts


def good() -> list[bytes]:
    """Statements of every kind and shape, all taken by both."""
    contract = json.loads((PROJECT / "tests" / "vectors" / "contract" / "kinds.json").read_text())
    certificate = releases.certify(1)
    other = Named(number=releases.number(2), short=bytes(16))
    later = {1: "张三", 2: "1234", 3: "CEM", 4: "2022-04-2", 16: {1: [None, True]}, 23: b"x" * 300}
    return [
        *(bytes.fromhex(item["statement"]) for item in contract["statements"]),
        certificate,
        releases.certify(2, expires_at=2_000_000_000, holder="买买提·吐尔逊江"),
        resign(CERTIFICATE, {6: 1, 7: b"OWN00001", -65537: later}),
        releases.pass_list([releases.row(1, certificate), releases.row(2, releases.certify(2))]),
        releases.pass_list([], public_until=253_402_300_799, objections_until=5, planned_on=None),
        releases.notice([1, 2], title=Names(zh="第三次考试"), exam="CEM-2022-04-2"),
        releases.index([(releases.number(1), bytes(32)), (releases.number(2), b"\x01" * 32)]),
        releases.index([]),
        releases.change(1, "suspended", note="x" * 30),
        releases.change(1, "replaced", replacement=other, note="备注"),
        releases.change(3, "revoked", key=STATUS),
        ROOT.sign(keyring().draft(ROOT.kid)),
    ]


async def test_every_vector(reader: Any) -> None:
    """On every statement of the vectors, good and bad, the two agree, and both take the good ones."""
    folder = PROJECT / "tests" / "vectors"
    cases = {
        path.stem: json.loads(path.read_text())["cases"]
        for path in (folder / "contract" / "certificate.json", *sorted((folder / "project").glob("*.json")))
        if path.stem in ("certificate", "statements", "verdicts", "chains", "snapshots", "beliefs")
    }
    vectors = [bytes.fromhex(case["statement"]) for case in cases["certificate"] + cases["statements"]]
    for case in cases["verdicts"]:
        with contextlib.suppress(Unreadable):
            vectors.append(qr_text.read(case["qr"]))
    vectors += [bytes.fromhex(case["snapshot"]) for case in cases["snapshots"]]
    vectors += [bytes.fromhex(data) for case in cases["chains"] for data in case["keyrings"]]
    vectors += [bytes.fromhex(data) for case in cases["beliefs"] for data in case["log"]]
    counts = await compare(reader, vectors)
    assert counts["both"] > 10
    assert await compare(reader, good()) == {"both": len(good())}


async def test_mutants(reader: Any) -> None:
    """Of thousands of altered statements none is read as something else than the core reads, and few by one alone."""
    counts: Counter[str] = Counter()
    kinds_taken: set[Kind] = set()
    made = mutants(good(), SEED, COUNT)
    sys.stdout.write(f"\n{COUNT} mutants of seed {SEED}")
    while batch := list(itertools.islice(made, 2_000)):
        counts += await compare(reader, batch)
        kinds_taken.update(Kind(read["kind"]) for data in batch if (read := core(data)[0]))
    told = ", ".join(f"{what} {count}" for what, count in sorted(counts.items()))
    sys.stdout.write(f", taken by: {told}\n")
    assert counts.total() == COUNT
    assert counts["both"] > COUNT // 20
    assert kinds_taken == set(Kind)
