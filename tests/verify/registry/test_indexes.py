"""Which way the database takes, among as many rows as make it choose: by an index, whatever is asked."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import asyncpg
import msgspec
import pytest

from bench.service import crowd
from bench.service.crowd import Exam
from migrations import embedded
from tests import releases
from tests.conftest import Urls, fresh_registry
from verify.core.changes import Named
from verify.registry import covering, hosts, known_lists, postgres, published_log, questions, records

PEOPLE: Final = 2_400
CHANGED: Final = 800
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
    """Suspends the first of them."""
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
    await signer.executemany(insert, list(enumerate(changes, size)))
    await owner.execute("vacuum analyze")
    await signer.close()
    await owner.close()


async def plan(url: str, query: str, *arguments: str) -> list[dict[str, Any]]:
    """Every step of the plan that the service's connections have for whatever is asked; run, where arguments are."""
    connection = await asyncpg.connect(url, server_settings=hosts._SETTINGS)
    await connection.execute(f"prepare asked as {query}")
    given = ", ".join(arguments or ["null"] * len(set(re.findall(r"\$\d", query))))
    how = "analyze, format json" if arguments else "format json"
    row = await connection.fetchval(f"explain ({how}) execute asked{f' ({given})' if given else ''}")
    await connection.close()
    steps = [json.loads(row)[0]["Plan"]]
    for step in steps:
        steps += step.get("Plans", [])
    return steps


def indexes(steps: list[dict[str, Any]]) -> set[str]:
    """The indexes that a plan takes."""
    return {step["Index Name"] for step in steps if "Index Name" in step}


def scanned(steps: list[dict[str, Any]]) -> set[str]:
    """The growing tables that a plan reads from end to end."""
    return {step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"} & set(GROWING)


async def know_nothing(owner: Any) -> None:
    """As it is of tables that were just filled: PostgreSQL looks at them a minute later."""
    for table in await owner.fetch("select oid::regclass, relname from pg_class where relname = any ($1)", GROWING):
        await owner.execute("select pg_clear_relation_stats('registry', $1)", table["relname"])
        for row in await owner.fetch("select attname from pg_stats where tablename = $1", table["relname"]):
            asked = "select pg_clear_attribute_stats('registry', $1, $2, false)"
            await owner.execute(asked, table["relname"], row["attname"])


async def asked(owner: Any) -> dict[str, str]:
    """Every question of the reader's, and within its functions what these ask."""
    functions = ("find_rows", "changed_rows", "compare_lists", "belonging", "exams_since", "lookup")
    rows = await owner.fetch("select proname, prosrc from pg_proc where proname = any ($1)", functions)
    inner = {row["proname"]: row["prosrc"] for row in rows}
    (found,) = re.findall(r"return query (select .*?);", inner["lookup"], re.DOTALL)
    inner["lookup"] = found.replace("any(keys)", "any($1::bytea[])")
    inner["belonging"] = inner["belonging"].replace("unnest($2)", "unnest($2::text[])")
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
        assert scanned(steps) == set(), name
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
