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
from verify.registry import postgres, records

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


async def plan(url: str, query: str, *arguments: object) -> list[dict[str, Any]]:
    """Every step of the database's plan."""
    reader = await asyncpg.connect(url)
    (row,) = await reader.fetch(f"explain (format json) {query}", *arguments)
    await reader.close()
    steps = [json.loads(row[0])[0]["Plan"]]
    for step in steps:
        steps += step.get("Plans", [])
    return steps


def indexes(steps: list[dict[str, Any]]) -> set[str]:
    """The indexes that a plan takes."""
    return {step["Index Name"] for step in steps if "Index Name" in step}


def scanned(steps: list[dict[str, Any]]) -> set[str]:
    """The growing tables that a plan reads from end to end."""
    return {step["Relation Name"] for step in steps if step["Node Type"] == "Seq Scan"} & set(GROWING)


async def source(url: str, function: str) -> str:
    """What a function of the database asks."""
    owner = await asyncpg.connect(url)
    text: str = await owner.fetchval("select prosrc from pg_proc where proname = $1", function)
    await owner.close()
    return text


async def test_certificates_and_people_are_found_by_indexes(filed: tuple[Urls, list[Exam]]) -> None:
    """Everything filed under a number in one question, and everybody filed under a key."""
    urls, exams = filed
    steps = await plan(urls.reader, records._RECORDS, [exams[1].number(9)])
    assert indexes(steps) >= {"certificate_number", "change_number", "statement_pkey"}
    assert scanned(steps) == set()
    asked = re.findall(r"return query (select .*?);", await source(urls.owner, "lookup"), re.DOTALL)[0]
    steps = await plan(urls.owner, asked.replace("any(keys)", "any($1::bytea[])"), [exams[0].lookup_key(3)])
    assert indexes(steps) == {"lookup_row_key"}
    assert scanned(steps) == set()


async def test_no_page_of_a_list_costs_more_than_its_first(filed: tuple[Urls, list[Exam]]) -> None:
    """Pages go on by list and place in one index, and beginnings of names are looked for in one."""
    urls, exams = filed
    index = PEOPLE + 3
    page = await plan(urls.reader, postgres._ROWS, index, exams[1].people - 50, 101)
    conditions = [step["Index Cond"] for step in page if step.get("Index Name") == "list_row_pkey"]
    assert len(conditions) == 1
    assert "ordinal >" in conditions[0]
    assert scanned(page) == set()
    steps = await plan(urls.owner, await source(urls.owner, "find_rows"), index, "候选人12", 10)
    assert "list_row_name" in indexes(steps)
    assert scanned(steps) == set()
