"""yinjian-migrate on a server of the operator's own."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import asyncpg
import pytest

from migrations import embedded
from migrations.__main__ import main
from migrations.apply import ADMINISTRATOR, CONNECTIONS, SQL, migrate, schema
from migrations.failures import DatabaseProblem
from tests.commands_here import run_here
from tests.conftest import execute_as_owner

ALL = sorted(path.stem for path in SQL.glob("*.sql"))


@pytest.fixture
def empty(server: embedded.Database) -> Iterator[str]:
    """The owner's address of a database with nothing in it."""
    execute_as_owner(server, "create database operators template template0")
    yield server.owner_url.removesuffix(embedded.DATABASE) + "operators"
    execute_as_owner(server, "drop database operators with (force)")


def run(url: str, *arguments: str, folder: Path) -> CompletedProcess[str]:
    """The command as an operator starts it, in English."""
    environ = {**os.environ, "YINJIAN_DATABASE_URL": url, "LC_ALL": "C.UTF-8", "YINJIAN_VAR": str(folder / "var")}
    return run_here(main, *arguments, folder=folder, environment=environ)


def test_up_and_status(empty: str, tmp_path: Path) -> None:
    """What lacks is told, then applied once, and nothing is started or written here."""
    before = run(empty, "status", "--json", folder=tmp_path)
    assert before.returncode == 1
    assert json.loads(before.stdout) == {"database": "configured", "pending": ALL, "open_to_all": True}
    first, second = (run(empty, "up", "--json", folder=tmp_path) for _ in range(2))
    assert (first.returncode, json.loads(first.stdout)["applied"]) == (0, ALL)
    assert (second.returncode, json.loads(second.stdout)) == (0, {"database": "configured", "open_to_all": True})
    after = run(empty, "status", "--json", folder=tmp_path)
    assert (after.returncode, json.loads(after.stdout)["applied"]) == (0, ALL)
    assert list(tmp_path.iterdir()) == []


def test_what_only_an_administrator_can_do(empty: str, tmp_path: Path) -> None:
    """A server of the operator's own is told to be open to every role, with the SQL that closes it."""
    told = run(empty, "up", folder=tmp_path)
    assert "yinjian-migrate administrator" in told.stdout
    printed = run(empty, "administrator", folder=tmp_path)
    assert printed.stdout == ADMINISTRATOR.read_text()
    bounded = run(empty, "up", "--reader-connections", "48", folder=tmp_path)
    try:
        assert bounded.returncode == 0
        limit = "select rolconnlimit from pg_roles where rolname = 'yinjian_reader'"
        assert asyncio.run(ask(empty, limit)) == 48
        assert run(empty, "up", folder=tmp_path).returncode == 0
        assert asyncio.run(ask(empty, limit)) == 48
    finally:
        run(empty, "up", "--reader-connections", str(CONNECTIONS), folder=tmp_path)


async def ask(url: str, query: str) -> object:
    """One value of one query."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def test_what_it_refuses(empty: str, tmp_path: Path) -> None:
    """Refusals are one line and exit code 1, wrong usage is 2, and no password is shown."""
    password = empty.partition("@")[0].rpartition(":")[2]
    nobody = run(f"postgresql://yinjian_owner:{password}@127.0.0.1:1/none", "up", folder=tmp_path)
    down = run(empty, "down", folder=tmp_path)
    usage = run(empty, "sideways", folder=tmp_path)
    assert [nobody.returncode, down.returncode, usage.returncode] == [1, 1, 2]
    for refusal in (nobody, down):
        assert refusal.stderr.startswith("Refused: ")
        assert refusal.stderr.count("\n") == 1
    assert password not in nobody.stderr
    assert "Traceback" not in usage.stderr


def test_nothing_to_stop(tmp_path: Path) -> None:
    """Without a database of this folder, down is done at once and status says what is there."""
    assert run("", "down", "--json", folder=tmp_path).returncode == 0
    status = run("", "status", "--json", folder=tmp_path)
    assert (status.returncode, json.loads(status.stdout)) == (1, {"database": "absent"})
    assert list(tmp_path.iterdir()) == []


async def test_two_at_once(empty: str) -> None:
    """Of two that migrate at once one applies everything and the other nothing."""
    done = await asyncio.gather(migrate(empty), migrate(empty))
    assert sorted(len(schema.applied) for schema in done) == [0, len(ALL)]


async def test_a_role_without_the_right_to_make_roles(empty: str, server: embedded.Database) -> None:
    """Only the owner migrates: the signer is refused, and leaves nothing behind."""
    signer = server.signer_url.removesuffix(embedded.DATABASE) + "operators"
    with pytest.raises(DatabaseProblem):
        await migrate(signer)
    assert (await schema(empty)).applied == ()


async def test_a_busy_table_is_not_waited_for(empty: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A migration that has to wait for a running query gives up, and the next call does it."""
    await migrate(empty)
    for path in SQL.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text())
    statement = "alter table registry.keyring add column note text;"
    text = f"-- A later change\n-- depends: {ALL[-1]}\n\n-- migrate: apply\n\n{statement}\n\n-- migrate: rollback\n"
    (tmp_path / "9999-later.sql").write_text(text)
    monkeypatch.setattr("migrations.apply.SQL", tmp_path)
    monkeypatch.setattr("migrations.apply.LOCK_TIMEOUT", "100ms")
    busy = await asyncpg.connect(empty)
    async with busy.transaction():
        await busy.fetch("select * from registry.keyring")
        with pytest.raises(DatabaseProblem, match="lock timeout"):
            await migrate(empty)
    await busy.close()
    assert (await migrate(empty)).applied == ("9999-later",)
