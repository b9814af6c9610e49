"""The auditor finds what it is there to find: each way in which a registry could say something else than it should."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests import auditor, releases
from tests.conftest import Publish, Urls
from verify.core.changes import Named

TAMPERED = {
    "a number moved": "update registry.certificate set number = 'CEM22040000099X' where index = 1",
    "a certificate's exam": "update registry.certificate set exam = 'CEM-2022-06' where index = 2",
    "a certificate's row gone": "delete from registry.certificate where index = 1",
    "a change's row gone": "delete from registry.change",
    "an action": "update registry.change set action = 'suspended'",
    "a list's day": "update registry.pass_list set held_on = '2022-04-24'",
    "a list's key": "update registry.pass_list set kid = '\\x00000000'",
    "a name on a list": "update registry.list_row set name = '李四' where ordinal = 2",
    "a row more": "insert into registry.list_row select list, 99, 1, name, id, short from registry.list_row limit 1",
    "a lookup key": "update registry.lookup_row set key = sha256(key) where ordinal = 1",
    "an index's digest": "update registry.lookup_index set numbers = sha256('')",
    "a keyring's version": "update registry.keyring set version = 2",
    "a hash": "update registry.statement set digest = sha256('') where index = 3",
    "a kind": "update registry.statement set kind = 8 where index = 3",
    "a kid": "update registry.statement set kid = '\\x00000000' where index = 3",
}


async def _publish(publishing: Publish) -> None:
    await publishing(releases.final([1, 2, 3]))
    new = releases.certify(4)
    named = Named(number=releases.number(4), short=releases.short(new))
    keys = [(releases.number(n), releases.lookup_key(n)) for n in (1, 2, 3)]
    filed = [*keys, (releases.number(4), releases.lookup_key(3))]
    await publishing([new, releases.change(3, "replaced", replacement=named), releases.index(filed, revision=2)])


async def _execute(url: str, statement: str, *arguments: object) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement, *arguments)
    await connection.close()


def _ledger(path: Path, rows: list[tuple[Any, ...]]) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("create table certificate (number text, exam text, lookup_key blob, statement blob)")
        connection.executemany("insert into certificate values (?, ?, ?, ?)", rows)
    connection.close()
    return path


def _given(serials: tuple[int, ...] = (1, 2, 3, 4)) -> list[tuple[Any, ...]]:
    return [
        (releases.number(n), releases.EXAM, releases.lookup_key(3 if n == 4 else n), releases.certify(n))
        for n in serials
    ]


def test_a_registry_in_order(publishing: Publish, registry_urls: Urls, tmp_path: Path) -> None:
    """What was published passes, with the ledger that made it."""
    asyncio.run(_publish(publishing))
    account = auditor.audit(registry_urls.owner, releases.ROOT_THUMBPRINT, _ledger(tmp_path / "ledger", _given()))
    assert account.line_after(releases.number(3)) == [releases.number(3), releases.number(4)]
    assert sorted(account.certificates) == [releases.number(n) for n in (1, 2, 3, 4)]


def test_every_table_altered(publishing: Publish, registry_urls: Urls) -> None:
    """Each table that says something else than the statements is found, one after the other."""
    asyncio.run(_publish(publishing))
    before = asyncio.run(auditor.everything(registry_urls.owner))
    for statement in TAMPERED.values():
        asyncio.run(_execute(registry_urls.owner, statement))
        with pytest.raises(AssertionError):
            auditor.audit(registry_urls.owner, releases.ROOT_THUMBPRINT)
        asyncio.run(_restore(registry_urls.owner, before))
        auditor.audit(registry_urls.owner, releases.ROOT_THUMBPRINT)


async def _restore(url: str, before: auditor.Registry) -> None:
    """Puts every table back as it was."""
    connection = await asyncpg.connect(url)
    for table in ("lookup_row", "list_row", "lookup_index", "pass_list", "certificate", "change", "keyring"):
        await connection.execute(f"delete from registry.{table}")
    await connection.executemany(
        "update registry.statement set kind = $2, digest = $3, kid = $4 where index = $1",
        [(row["index"], row["kind"], row["digest"], row["kid"]) for row in before.log],
    )
    for table in ("certificate", "change", "keyring", "pass_list", "list_row", "lookup_index", "lookup_row"):
        names = auditor.TABLES[table].removeprefix("select ").partition(" from ")[0].split(", ")
        await connection.copy_records_to_table(
            table, schema_name="registry", columns=[name.strip() for name in names], records=before.tables[table]
        )
    await connection.close()


@pytest.mark.parametrize("what", ["unsigned list", "index short", "another root", "two of one line"])
def test_statements_that_do_not_fit(publishing: Publish, registry_urls: Urls, what: str) -> None:
    """An index that does not cover, two rows of one line and a stranger's keyring are found; unsigned lists pass."""
    asyncio.run(_publish(publishing))
    root = bytes(32) if what == "another root" else releases.ROOT_THUMBPRINT
    rows = [releases.row(n, releases.certify(n)) for n in (1, 2, 3)]
    filed = [(releases.number(n), releases.lookup_key(n)) for n in (1, 2)]
    listed = releases.pass_list(rows, revision=9)
    data = {
        "unsigned list": listed[:-1] + bytes([listed[-1] ^ 1]),
        "index short": releases.index(filed, revision=3),
        "two of one line": releases.pass_list([*rows, releases.row(4, releases.certify(4))], revision=2),
        "another root": releases.certify(9),
    }[what]
    size = len(asyncio.run(auditor.everything(registry_urls.owner)).log)
    asyncio.run(
        _execute(registry_urls.signer, "insert into registry.statement (index, bytes) values ($1, $2)", size, data)
    )
    if what == "unsigned list":
        auditor.audit(registry_urls.owner, root)
        return
    with pytest.raises(AssertionError):
        auditor.audit(registry_urls.owner, root)


@pytest.mark.parametrize("what", ["never given", "another statement", "another exam", "another person", "twice"])
def test_a_ledger_that_says_otherwise(publishing: Publish, registry_urls: Urls, tmp_path: Path, what: str) -> None:
    """A number that the ledger never gave, or gave for something else, is found."""
    asyncio.run(_publish(publishing))
    rows = _given()
    number, exam, key, statement = rows[0]
    rows[0] = {
        "never given": ("CEM22040000099X", exam, key, None),
        "another statement": (number, exam, key, releases.certify(1, holder="李四")),
        "another exam": (number, "CEM-2022-06", key, statement),
        "another person": (number, exam, bytes(32), statement),
        "twice": (number, exam, key, rows[1][3]),
    }[what]
    with pytest.raises(AssertionError):
        auditor.audit(registry_urls.owner, releases.ROOT_THUMBPRINT, _ledger(tmp_path / "ledger", rows))
