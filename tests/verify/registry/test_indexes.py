"""Which way the database takes, among as many rows as make it choose: by an index, whatever is asked."""

import asyncio
import importlib
import json
import pkgutil
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import asyncpg
import msgspec
import pytest

import signing.release
from bench.service import crowd
from bench.service.crowd import Exam
from migrations import embedded
from tests import releases
from tests.conftest import Urls, fresh_registry
from verify.core.changes import Named
from verify.registry import covering, hosts, known_lists, postgres, published_log, questions, records
from verify.shared.asked_by_keys import BY_KEYS

PEOPLE: Final = 2_400
CHANGED: Final = 800
SHORT: Final = range(CHANGED - 30, CHANGED + 11)
"""Serials of a list that is shorter than the changes are many."""
WHOLE: Final = {
    "verify.shared.not_valid._CONCERNED": "a snapshot is of every change, and of exams with several final lists",
    "signing.release.registered._TIED": "replacements alone, of which there are few",
    "rows of changes": "asked only where there are fewer changes than rows of the list",
    "replaced": "replacements alone, of which there are few",
}
"""The questions that read what grows from end to end, and why."""
GROWING: Final = ("statement", "certificate", "change", "list_row", "lookup_row")


@pytest.fixture(scope="module")
def filed(server: embedded.Database) -> Iterator[tuple[Urls, list[Exam]]]:
    """Two exams, many of whose certificates were suspended."""
    with fresh_registry(server) as urls:
        where = {"owner_url": urls.owner, "signer_url": urls.signer, "reader_url": urls.reader}
        exams = crowd.fill(msgspec.structs.replace(server, **where), PEOPLE, count=2, indexed=True)
        asyncio.run(suspend(urls, exams[0]))
        yield urls, exams


async def suspend(urls: Urls, exam: Exam) -> None:
    """Suspends the first of them, and files a list of few, most of whom are among these."""
    signer, owner = await asyncpg.connect(urls.signer), await asyncpg.connect(urls.owner)
    size = await signer.fetchval("select max(index) + 1 from registry.statement")
    changes = [
        releases.change(
            serial,
            "suspended",
            certificate=Named(number=exam.number(serial), short=releases.short(exam.statement(serial))),
        )
        for serial in range(1, CHANGED + 1)
    ]
    insert = "insert into registry.statement (index, bytes) values ($1, $2)"
    rows = [releases.row(serial, exam.statement(serial)) for serial in SHORT]
    short = releases.pass_list(rows, exam=f"CEM-{exam.term}", revision=2, held_on=f"{exam.term}-23", planned_on=None)
    await signer.executemany(insert, list(enumerate([*changes, short], size)))
    await owner.execute("vacuum analyze")
    await signer.close()
    await owner.close()


async def plan(
    url: str, query: str, *arguments: str, settings: Mapping[str, str] = hosts._SETTINGS
) -> list[dict[str, Any]]:
    """Every step of the plan that the service's connections have for whatever is asked; run, where arguments are."""
    connection = await asyncpg.connect(url, server_settings=dict(settings))
    await connection.execute(f"prepare asked as {query}")
    given = ", ".join(arguments or ["null"] * len(set(re.findall(r"\$\d", query))))
    how = "analyze, format json" if arguments else "format json"
    row = await connection.fetchval(f"explain ({how}) execute asked{f' ({given})' if given else ''}")
    await connection.close()
    steps = [json.loads(row)[0]["Plan"]]
    for step in steps:
        steps += [below | {"Under": step["Node Type"]} for below in step.get("Plans", [])]
    return steps


def indexes(steps: list[dict[str, Any]]) -> set[str]:
    """The indexes that a plan takes."""
    return {step["Index Name"] for step in steps if "Index Name" in step}


def scanned(steps: list[dict[str, Any]]) -> set[str]:
    """The growing tables that a plan reads from end to end, or the indexes of which it does."""
    tables = {step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"} & set(GROWING)
    whole = {
        step["Index Name"]
        for step in steps
        if "Index Name" in step and "Index Cond" not in step and step.get("Under") != "Limit"
    }
    return tables | {index for index in whole if index.startswith(GROWING)}


async def know_nothing(owner: Any) -> None:
    """As it is of tables that were just filled: PostgreSQL looks at them a minute later."""
    for table in await owner.fetch("select oid::regclass, relname from pg_class where relname = any ($1)", GROWING):
        await owner.execute("select pg_clear_relation_stats('registry', $1)", table["relname"])
        for row in await owner.fetch("select attname from pg_stats where tablename = $1", table["relname"]):
            asked = "select pg_clear_attribute_stats('registry', $1, $2, false)"
            await owner.execute(asked, table["relname"], row["attname"])


async def asked(owner: Any) -> dict[str, str]:
    """Every question of the reader's, and within its functions what these ask."""
    functions = ("find_rows", "changed_rows", "compare_lists", "covering", "exams_since", "lookup")
    rows = await owner.fetch("select proname, prosrc from pg_proc where proname = any ($1)", functions)
    inner = {row["proname"]: row["prosrc"] for row in rows}
    (found,) = re.findall(r"return query (select .*?);", inner["lookup"], re.DOTALL)
    inner["lookup"] = found.replace("any(keys)", "any($1::bytea[])")
    steps = re.findall(r"return query\s+(select .*?);", inner.pop("changed_rows"), re.DOTALL)
    for name, step in zip(("rows of changes", "changes of rows"), steps, strict=True):
        inner[name] = re.sub(r"\bmost\b", "$2::int", step)
    inner["covering"] = inner["covering"].replace("unnest($2, $3)", "unnest($2::bytea[], $3::text[])")
    outer = {
        "records": records._RECORDS,
        "rows": postgres._ROWS,
        "state": questions.STATE,
        "replaced": covering._REPLACED,
        "tiles": published_log._TILES,
        "entries": published_log._ENTRIES,
        "statement": known_lists._STATEMENT,
    }
    return inner | outer


def signers() -> dict[str, str]:
    """Every question of publishing, and of what it asks of the registry beside it."""
    modules = [signing.release.__name__ + "." + one.name for one in pkgutil.iter_modules(signing.release.__path__)]
    return {
        f"{module}.{name}": value
        for module in (*modules, "verify.shared.not_valid")
        for name, value in vars(importlib.import_module(module)).items()
        if isinstance(value, str) and re.match(r"\s*(select|with)\b.*\bregistry\.", value, re.DOTALL)
    }


@pytest.mark.parametrize("known", [True, False])
async def test_no_question_reads_what_grows_from_end_to_end(filed: tuple[Urls, list[Exam]], known: bool) -> None:
    """Neither by itself nor to join it, also where PostgreSQL knows nothing of a table yet."""
    urls, _ = filed
    owner = await asyncpg.connect(urls.owner)
    if not known:
        await know_nothing(owner)
    questions = await asked(owner)
    for name, question in questions.items():
        steps = await plan(urls.owner, question)
        assert name in WHOLE or scanned(steps) == set(), name
        assert {step["Node Type"] for step in steps} & {"Hash Join", "Merge Join"} == set(), name
    steps = await plan(urls.owner, questions["records"])
    assert indexes(steps) >= {"certificate_number", "change_number", "statement_pkey"}
    assert indexes(await plan(urls.owner, questions["lookup"])) == {"lookup_row_key"}
    await owner.execute("vacuum analyze")
    await owner.close()


@pytest.mark.parametrize("after", [0, 700, 1_100])
async def test_no_page_of_a_list_reads_more_than_its_rows(filed: tuple[Urls, list[Exam]], after: int) -> None:
    """Neither the first nor the last reads what is left of the list; beginnings of names are looked for in an index."""
    urls, _ = filed
    index = PEOPLE + 3
    page = await plan(urls.reader, postgres._ROWS, str(index), str(after), "101")
    read = [step["Actual Rows"] for step in page if step.get("Index Name") == "list_row_pkey"]
    assert read == [min(101, PEOPLE // 2 - after)]
    owner = await asyncpg.connect(urls.owner)
    found = await plan(urls.owner, (await asked(owner))["find_rows"], str(index), "'候选人'", "10")
    await owner.close()
    read = [step["Actual Rows"] for step in found if step.get("Index Name") == "list_row_name"]
    assert read[0] < 100


@pytest.mark.parametrize("known", [True, False])
async def test_no_question_of_publishing_reads_what_grows_from_end_to_end(
    filed: tuple[Urls, list[Exam]], known: bool
) -> None:
    """However little PostgreSQL knows of its tables; joined to keyrings and lists, of which it never knows anything."""
    urls, _ = filed
    owner = await asyncpg.connect(urls.owner)
    if not known:
        await know_nothing(owner)
    questions = signers()
    assert len(questions) > 20
    for name, question in questions.items():
        steps = await plan(urls.signer, question, settings=BY_KEYS)
        assert name in WHOLE or scanned(steps) == set(), name
        assert {step["Node Type"] for step in steps} & {"Hash Join", "Merge Join"} == set(), name
    await owner.execute("vacuum analyze")
    await owner.close()


@pytest.mark.parametrize("known", [True, False])
async def test_rows_that_changes_name_are_found_from_the_shorter_side(
    filed: tuple[Urls, list[Exam]], known: bool
) -> None:
    """Of a short list among many changes no more than its rows' pages are read, of a long one no more than theirs."""
    urls, (exam, _) = filed
    owner = await asyncpg.connect(urls.owner)
    if not known:
        await know_nothing(owner)
    reader = await asyncpg.connect(urls.reader, server_settings=hosts._SETTINGS)
    lists = await reader.fetch("select index, people from registry.list_heads where exam = $1", f"CEM-{exam.term}")
    found = {row["people"]: await reader.fetch(postgres._CHANGED_ROWS, row["index"]) for row in lists}
    serials = {people: [row["serial"] for row in rows] for people, rows in found.items()}
    assert serials == {PEOPLE // 2: [*range(1, CHANGED + 1)], len(SHORT): [*range(SHORT.start, CHANGED + 1)]}
    assert [row["number"] for row in found[len(SHORT)]] == [exam.number(each) for each in serials[len(SHORT)]]
    for row in lists:
        asked = f"explain (analyze, buffers, format json) select * from registry.changed_rows({row['index']})"
        (step,) = json.loads(await reader.fetchval(asked))
        assert step["Plan"]["Shared Hit Blocks"] + step["Plan"]["Shared Read Blocks"] < 12 * min(row["people"], CHANGED)
    await owner.execute("vacuum analyze")
    await owner.close()
    await reader.close()


@pytest.mark.parametrize("at_once", [True, False])
async def test_filing_reads_some_rows_a_certificate(registry_urls: Urls, *, at_once: bool) -> None:
    """Also into tables that were empty as it began, by one COPY or piece by piece."""
    people = 5_000
    filed = [*enumerate([releases.keyrings(), *crowd.release(Exam("2022-04", people))])]
    signer = await asyncpg.connect(registry_urls.signer)
    async with signer.transaction():
        for piece in [filed] if at_once else [filed[:-2], filed[-2:-1], filed[-1:]]:
            await signer.copy_records_to_table(
                "statement", schema_name="registry", columns=("index", "bytes"), records=piece
            )
        read = await signer.fetchval(
            "select sum(seq_tup_read + idx_tup_fetch) from pg_stat_xact_user_tables where schemaname = 'registry'"
        )
    assert await signer.fetchval("select count(*) from registry.covered") == 1
    await signer.close()
    assert read < 40 * people


async def test_a_publishing_under_way_costs_no_question(filed: tuple[Urls, list[Exam]]) -> None:
    """However much it has filed: the size is known without a look at what is not committed, and right at every step."""
    urls, _ = filed
    owner, reader = (
        await asyncpg.connect(urls.owner),
        await asyncpg.connect(urls.reader, server_settings=hosts._SETTINGS),
    )
    signer = await asyncpg.connect(urls.signer)
    size = "select size from registry.state"
    filed_now = await owner.fetchval("select max(index) + 1 from registry.statement")
    assert await reader.fetchval(size) == filed_now  # changes were filed, and no checkpoint
    await crowd._sign(owner)
    assert await reader.fetchval(size) == filed_now
    waiting = signer.transaction()
    await waiting.start()
    more = [(filed_now + at, releases.change(at + 1, "revoked")) for at in range(2_000)]
    await signer.executemany("insert into registry.statement (index, bytes) values ($1, $2)", more)
    assert await reader.fetchval(size) == filed_now
    (step,) = json.loads(await reader.fetchval(f"explain (analyze, buffers, format json) {questions.STATE}"))
    assert step["Plan"]["Shared Hit Blocks"] + step["Plan"]["Shared Read Blocks"] < 30
    await waiting.rollback()
    assert await reader.fetchval(size) == filed_now
    for each in (owner, reader, signer):
        await each.close()
