"""fsck finds nothing in a registry as published, and names the row of whatever its owner changed or took away."""

import asyncio
import json
import os
import re
from collections.abc import Iterator
from subprocess import CompletedProcess
from typing import Any, get_args

import asyncpg
import msgspec
import pytest

from migrations import embedded
from tests import PROJECT, releases
from tests.commands_here import run_here
from tests.conftest import Urls, fresh_registry, publisher
from tests.invented import CERTIFICATE, ISSUED_AT, STATUS
from verify.__main__ import main
from verify.commands import fsck
from verify.core.changes import Named
from verify.core.snapshot import Snapshot, Standing
from verify.fsck import found, whole_registry
from verify.fsck.stretch import Task
from verify.fsck.whole_registry import Findings
from verify.shared import fresh_workers

CHANGED = {
    "bigint": "{column} + 1",
    "integer": "{column} + 1",
    "smallint": "{column} % 8 + 1",
    "text": "overlay({column} placing chr(ascii({column}) + 1) from 1 for 1)",
    "bytea": "set_byte({column}, 0, get_byte({column}, 0) # 1)",
    "timestamp with time zone": "{column} - interval '1 second'",
}
ADDED = {"bigint": "1", "text": "'x'", "bytea": "'\\x00'"}
"""Where no row has anything."""
UNDERIVED = {("checkpoint", "place"), ("disowned", "at")}
"""What no statement and no signature says."""
KEYS = {"index", "list", "ordinal", "height", "place"}


@pytest.fixture(scope="module")
def urls(server: embedded.Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    """A registry with notice, certificates, a replacement, a change and something that nobody signed, disowned."""
    with fresh_registry(server) as found:
        publish = publisher(found.signer, tmp_path_factory.mktemp("releases"))
        asyncio.run(publish([releases.notice([1, 2, 3])]))
        asyncio.run(file(found, releases.certify(9)[:-1] + b"\0"))
        asyncio.run(execute(found, "select registry.disown(2)"))
        asyncio.run(publish(releases.final([1, 2, 3], revision=2)))
        new = releases.certify(4)
        replaced = releases.change(
            1,
            "replaced",
            replacement=Named(number=releases.number(4), short=releases.short(new)),
            reason="reissued",
            issued_at=ISSUED_AT + 200,
            effective_at=ISSUED_AT + 200,
        )
        rows = [(releases.number(n), releases.lookup_key(1 if n == 4 else n)) for n in (1, 2, 3, 4)]
        asyncio.run(publish([new, releases.index(rows, revision=2), replaced]))
        asyncio.run(publish([releases.change(2, "suspended")]))
        asyncio.run(publish([snapshot()]))
        yield found


def snapshot(**other: Any) -> bytes:
    """The snapshot of it, or one that says otherwise."""
    standings = {prefix(1): "replaced", prefix(2): "suspended"}
    told = {"taken_at": releases.NOW, "log_size": 12, "standings": standings, "issued_at": releases.NOW}
    return STATUS.sign(msgspec.convert(told | other, Snapshot).draft(STATUS.kid))


def prefix(serial: int) -> bytes:
    """How a snapshot names a certificate."""
    return releases.short(releases.certify(serial))[:8]


async def execute(urls: Urls, statement: str) -> None:
    """One statement of the owner's."""
    connection = await asyncpg.connect(urls.owner)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def file(urls: Urls, data: bytes) -> None:
    """Past publish."""
    connection = await asyncpg.connect(urls.owner)
    try:
        index = await connection.fetchval("select count(*) from registry.statement")
        await connection.execute("insert into registry.statement (index, bytes) values ($1, $2)", index, data)
    finally:
        await connection.close()


def look(urls: Urls) -> Findings:
    """What fsck finds."""
    return asyncio.run(whole_registry.look_through(urls.owner, releases.ROOT_THUMBPRINT, processes=1))


async def changed(urls: Urls) -> list[tuple[str, str, str]]:
    """Changes one value in each column of each table in turn, looks, and puts it back; what was not found."""
    missed = []
    connection = await asyncpg.connect(urls.owner)
    columns = await connection.fetch(
        "select table_name, column_name, data_type from information_schema.columns c join information_schema.tables t"
        " using (table_schema, table_name) where table_schema = 'registry' and table_type = 'BASE TABLE'"
        " and is_generated = 'NEVER' order by table_name, ordinal_position"
    )
    for table, column, kind in map(tuple, columns):
        if (table, column) in UNDERIVED or column in KEYS:
            continue
        row = await connection.fetchrow(
            f"select ctid, {column} as value from registry.{table} order by {column} is null, ctid desc limit 1"
        )
        assert row is not None, f"nothing is in {table}"
        to = CHANGED[kind].format(column=column) if row["value"] is not None else ADDED[kind]
        if column == "stage":
            to = "case stage when 'final' then 'notice' else 'final' end"
        place = await connection.fetchval(
            f"update registry.{table} set {column} = {to} where ctid = $1 returning ctid", row["ctid"]
        )
        found = await whole_registry.look_through(urls.owner, releases.ROOT_THUMBPRINT, processes=1)
        told = (table, "branch") if column != "filed_at" else ("statement",)
        if not any(one.table in told for one in found.differences):
            missed.append((table, column, kind))
        await connection.execute(f"update registry.{table} set {column} = $2 where ctid = $1", place, row["value"])
    await connection.close()
    return missed


def test_a_registry_as_published_has_no_difference(urls: Urls) -> None:
    """The disowned and what is past publish is told, and is none."""
    found = look(urls)
    assert found.differences == ()
    assert found.unbelieved == ()
    assert found.checkpoints == 5


def test_several_processes_find_the_same_in_the_same_order(urls: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a registry with a row changed in each half, stretch by stretch."""
    monkeypatch.setattr(whole_registry, "LEAST", 4)
    change = "update registry.{} set number = overlay(number placing '{}' from 1 for 1) where number ~ '^{}' "
    for table in ("certificate", "lookup_row"):
        asyncio.run(execute(urls, change.format(table, "X", "C")))
    try:
        alone = look(urls)
        spread = asyncio.run(whole_registry.look_through(urls.owner, releases.ROOT_THUMBPRINT, processes=2))
    finally:
        for table in ("certificate", "lookup_row"):
            asyncio.run(execute(urls, change.format(table, "C", "X")))
    assert len(alone.differences) > 6
    assert spread == alone


def test_a_worker_that_dies_is_told(urls: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is said of the registry then."""
    monkeypatch.setattr(whole_registry, "LEAST", 4)
    pool = fresh_workers.pool
    monkeypatch.setattr(fresh_workers, "pool", lambda count: pool(count, os._exit, 9))
    with pytest.raises(whole_registry.WorkerEnded):
        asyncio.run(whole_registry.look_through(urls.owner, releases.ROOT_THUMBPRINT, processes=2))


def test_whatever_the_owner_changes_is_named(urls: Urls) -> None:
    """Every column of every table."""
    assert asyncio.run(changed(urls)) == []
    assert look(urls).differences == ()


@pytest.mark.parametrize(
    ("statement", "table", "row"),
    [
        ("delete from registry.list_row where list = 1 and ordinal = 2", "list_row", "list=1 ordinal=2"),
        ("insert into registry.certificate values (1, 'OWN00001', 'CEM-2022-04', '\\x00')", "certificate", "index=1"),
        ("delete from registry.covered where index = 7", "covered", "list=6 index=7"),
        ("delete from registry.branch where height = 0", "branch", "height=0 index=0"),
        ("insert into registry.branch values (3, 0, sha256(''))", "branch", "height=3 index=0"),
        ("delete from registry.disowned", "statement", "index=2"),
        ("insert into registry.disowned values (3, now())", "statement", "index=3"),
        ("delete from registry.change where index = (select max(index) from registry.change)", "change", "index=11"),
    ],
)
def test_a_row_added_or_taken_away_is_named(urls: Urls, statement: str, table: str, row: str) -> None:
    """Also where it is one of the log, or of what was disowned."""
    saved = asyncio.run(copies(urls))
    asyncio.run(execute(urls, statement))
    found = look(urls)
    asyncio.run(put_back(urls, saved))
    assert (table, row) in {(one.table, one.row) for one in found.differences}


@pytest.mark.parametrize("index", [4, 6, 11])
def test_a_statement_that_was_removed_is_named(urls: Urls, index: int) -> None:
    """A certificate, the list, a change: its row, its row of the tree, and whom the list names or lacks."""
    saved = asyncio.run(copies(urls))
    tables = ("list_row", "certificate", "change", "pass_list", "keyring")
    for table in tables:
        column = "list" if table == "list_row" else "index"
        asyncio.run(execute(urls, f"delete from registry.{table} where {column} = {index}"))
    asyncio.run(execute(urls, f"delete from registry.statement where index = {index}"))
    found = {(one.table, one.row) for one in look(urls).differences}
    asyncio.run(put_back(urls, saved))
    assert ("branch", "height=0 index=0") in found
    if index < 11:
        assert ("statement", f"index={index}") in found


def test_what_is_well_signed_and_breaks_a_rule_is_told(urls: Urls) -> None:
    """A certificate that no list names, a second change that may not follow: told, and no difference of the rows."""
    saved = asyncio.run(copies(urls))
    asyncio.run(file(urls, releases.certify(77, key=CERTIFICATE)))
    asyncio.run(file(urls, releases.change(3, "reinstated")))
    found = look(urls)
    asyncio.run(put_back(urls, saved))
    told = {(one.row, one.code) for one in found.unbelieved}
    assert ("index=13", "not_listed") in told
    assert any(row == "index=14" for row, _code in told)


@pytest.mark.parametrize(
    ("other", "column", "found"),
    [
        ({"standings": {}}, "standings", f"0; lacking: {prefix(2).hex()} (suspended), {prefix(1).hex()} (replaced)"),
        (
            {"standings": {prefix(1): "replaced", prefix(2): "suspended", prefix(3): "revoked"}},
            "standings",
            f"3; lacking: none; not so: {prefix(3).hex()} (revoked)",
        ),
        ({"log_size": 10}, "log_size", "10"),
    ],
)
def test_a_snapshot_that_says_otherwise_than_the_register_is_named(
    urls: Urls, other: dict[str, Any], column: str, found: str
) -> None:
    """Filed past publish by whoever has the status key: too few, too many, and of a size without a checkpoint."""
    saved = asyncio.run(copies(urls))
    asyncio.run(file(urls, snapshot(**other)))
    told = look(urls).differences
    asyncio.run(put_back(urls, saved))
    (one,) = told
    assert (one.table, one.row, one.column) == ("snapshot", "index=13", column)
    assert (one.found or "").startswith(found.partition("; not so")[0])


def test_the_command_answers_for_cron(urls: Urls) -> None:
    """JSON, exit code 0 without a difference and 1 with one; with the reader's rights it is refused in words."""

    def run(url: str) -> CompletedProcess[str]:
        told = {"YINJIAN_DATABASE_URL": url, "YINJIAN_ROOT": releases.ROOT_THUMBPRINT.hex(), "LC_ALL": "C.UTF-8"}
        return run_here(main, "fsck", "--json", "--processes", "2", folder=PROJECT, environment=os.environ | told)

    good = run(urls.owner)
    assert (good.returncode, json.loads(good.stdout)["differences"]) == (0, []), good.stderr
    refused = run(urls.reader)
    assert refused.returncode == 1
    assert "owner" in refused.stderr
    asyncio.run(execute(urls, "update registry.certificate set number = 'OWN00001' where index = 3"))
    bad = run(urls.owner)
    asyncio.run(execute(urls, f"update registry.certificate set number = '{releases.number(1)}' where index = 3"))
    one = json.loads(bad.stdout)["differences"][0]
    assert bad.returncode == 1
    assert (one["table"], one["row"], one["column"]) == ("certificate", "index=3", "number")
    assert (one["expected"], one["found"]) == (releases.number(1), "OWN00001")


TABLES = (
    "statement",
    "certificate",
    "change",
    "pass_list",
    "list_row",
    "lookup_index",
    "lookup_row",
    "keyring",
    "snapshot",
)
MORE = ("disowned", "branch", "checkpoint")
"""Where not all can be written."""


async def copies(urls: Urls) -> dict[str, list[Any]]:
    """Every row."""
    connection = await asyncpg.connect(urls.owner)
    try:
        return {
            one: [tuple(row) for row in await connection.fetch(f"select * from registry.{one}")]
            for one in (*TABLES, *MORE)
        }
    finally:
        await connection.close()


async def put_back(urls: Urls, rows: dict[str, list[Any]]) -> None:
    """The registry as it was."""
    connection = await asyncpg.connect(urls.owner)
    try:
        await connection.execute("alter table registry.statement disable trigger user")
        await connection.execute("alter table registry.checkpoint disable trigger user")
        await connection.execute("truncate registry.statement cascade")
        await connection.execute("truncate registry.branch, registry.checkpoint")
        for table, found in rows.items():
            await connection.copy_records_to_table(table, schema_name="registry", records=found)
        await connection.execute("alter table registry.statement enable trigger user")
        await connection.execute("alter table registry.checkpoint enable trigger user")
        await connection.execute("select registry.relate(array(select index from registry.pass_list))")
    finally:
        await connection.close()


def test_what_a_process_of_fsck_is_told_shows_no_password() -> None:
    """An error that names the task names its stretch of the log alone."""
    task = Task(url="postgresql://owner:geheim@db/x", snapshot="", keyrings=(), root=b"", start=3, stop=7)
    assert repr(task) == "Task(start=3, stop=7)"


def test_what_is_found_is_said_in_chinese_with_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each form of words that has values in it, as fsck says it."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    for form in found.FORMS:
        told = re.sub(r"\{(\w+)\}", "7", form)
        said = fsck.said(told) or ""
        assert said.count("7") == told.count("7")
        assert not re.search("[A-Za-z]{2,} [A-Za-z]{2,}|lacking|serial|root", said), said
    assert fsck.said(found.shown("name", "张伟")) == fsck.said(found.shown("id", "张伟"))
    assert fsck.said("none") == "无"


def test_what_is_named_in_what_is_found_is_said_in_chinese_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Certificates stand one after another as Chinese has it, with their states; in English as it was found."""
    numbers = found.FILED_KEYS.format(count=2, lacking="CEM2204000001I, CEM2204000002G", beyond="none")
    states = ", ".join(f"0{place}a1b2c3d4e5f607 ({state})" for place, state in enumerate(get_args(Standing)))
    standings = found.STANDINGS.format(count=9, lacking="none", beyond=f"{states} …")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert [fsck.said(numbers), fsck.said(standings)] == [numbers, standings]
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert (fsck.said(numbers) or "").count("CEM2204000001I、CEM2204000002G") == 1
    said = fsck.said(standings) or ""
    assert not re.search(r"[A-Za-z]{3}|, |\(", said.replace("a1b2c3d4e5f607", "")), said
    assert "000（已暂停" in said.replace("a1b2c3d4e5f607", "0")
    assert said.count("、") == 3
    assert said.endswith(" …")
