"""The embedded PostgreSQL comes up after everything that can befall it, and harms nobody's folders."""

import asyncio
import contextlib
import json
import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from migrations import embedded
from migrations.apply import SQL
from migrations.run_as import RunAs, choose
from tests import PROJECT, releases
from tests.conftest import publisher
from verify.registry.port import RegistryUnavailable
from verify.registry.postgres import PostgresRegistry
from verify.shared import environment


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder for one database, which is stopped in the end."""
    with tempfile.TemporaryDirectory(prefix="yinjian-embedded-") as folder:
        path = Path(folder) / "a folder 目录" / "var"
        yield path
        embedded.stop(path)


def start(var: Path) -> embedded.Database:
    """Starts as a test does: fast, and in the test's own process group."""
    return embedded.start(var, durable=False, detached=False)


def ask(url: str, query: str) -> object:
    """One value of one query."""

    async def run() -> object:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(run())


def test_up_down_and_up_again(var: Path, tmp_path: Path) -> None:
    """Data outlives the server; the addresses stay the same; each start does only what is lacking."""
    first = start(var)
    assert first.applied == tuple(sorted(path.stem for path in SQL.glob("*.sql")))
    asyncio.run(publisher(first.signer_url, tmp_path)(releases.final([1, 2])))
    again = start(var)
    assert (again.pid, again.applied) == (first.pid, ())
    assert embedded.state(var) == "running"
    assert embedded.stop(var)
    assert embedded.state(var) == "stopped"
    assert not embedded.stop(var)
    assert not psutil.pid_exists(first.pid)
    later = start(var)
    assert (later.owner_url, later.applied) == (first.owner_url, ())
    assert ask(later.owner_url, "select count(*) from registry.statement") == 5


def test_locale_and_logins(var: Path) -> None:
    """Text is UTF-8 with the builtin C.UTF-8 locale; logins take a password; no socket but loopback is open."""
    database = start(var)
    locale = "select datlocprovider::text || ' ' || datlocale from pg_database where datname = current_database()"
    assert ask(database.owner_url, locale) == "b C.UTF-8"
    assert ask(database.owner_url, "select lower('ÄÖ') || upper('ß')") == "äöß"
    assert ask(database.owner_url, "show listen_addresses") == "127.0.0.1"
    sockets = psutil.Process(database.pid).net_connections("all")
    assert {connection.laddr for connection in sockets} - {""} == {("127.0.0.1", database.port)}
    assert ask(database.owner_url, "select rolsuper from pg_roles where rolname = current_user") is False
    for user in ("yinjian_owner:wrong", "yinjian_reader", "postgres", "postgres:postgres"):
        with pytest.raises(asyncpg.PostgresError):
            ask(f"postgresql://{user}@127.0.0.1:{database.port}/yinjian", "select 1")


def test_files_are_the_owners_alone(var: Path) -> None:
    """Passwords stand in one file that only its owner reads; folders that were there keep their rights."""
    var.parent.mkdir(mode=0o755, parents=True)
    var.parent.chmod(0o751)
    before = var.parent.stat()
    database = start(var)
    after = var.parent.stat()
    assert (after.st_mode, after.st_uid) == (before.st_mode, before.st_uid)
    file = var / "database.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((var / "postgres").stat().st_mode) == 0o700
    assert environment.read(file) == {
        "YINJIAN_OWNER_DATABASE_URL": database.owner_url,
        "YINJIAN_SIGNER_DATABASE_URL": database.signer_url,
        "YINJIAN_READER_DATABASE_URL": database.reader_url,
    }
    password = database.owner_url.partition(":")[2].partition(":")[2].partition("@")[0]
    assert password not in repr(database)
    assert password not in (var / "postgres.log").read_text()
    assert password not in " ".join(psutil.Process(database.pid).cmdline())


def test_recovers_from_kill_9(var: Path, tmp_path: Path) -> None:
    """After kill -9 of the server, with its children still busy, the next start has everything that was committed."""
    database = start(var)
    asyncio.run(publisher(database.signer_url, tmp_path)(releases.final([1])))

    async def kill_under_load() -> None:
        busy = await asyncpg.connect(database.owner_url)
        sleeping = asyncio.ensure_future(busy.fetchval("select pg_sleep(2)"))
        await asyncio.sleep(0.1)
        os.kill(database.pid, signal.SIGKILL)
        with contextlib.suppress(asyncpg.PostgresError, OSError):
            await sleeping
        busy.terminate()

    asyncio.run(kill_under_load())
    assert embedded.state(var) == "stopped"
    again = start(var)
    assert again.pid != database.pid
    assert of(again) == of(database)
    assert ask(again.owner_url, "select count(*) from registry.statement") == 4


def test_a_stale_lock_file_of_a_stranger(var: Path) -> None:
    """A lock file whose process number now belongs to somebody else stops nobody."""
    database = start(var)
    lock = var / "postgres" / "postmaster.pid"
    lines = lock.read_text().splitlines()
    os.kill(database.pid, signal.SIGKILL)
    while embedded.state(var) == "running":
        time.sleep(0.01)
    lock.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert embedded.state(var) == "stopped"
    assert not embedded.stop(var)
    assert of(start(var)) == of(database)


def of(database: embedded.Database) -> str:
    """Whose it is, at whatever port: on a busy machine another program may have taken the former one meanwhile."""
    return database.owner_url.replace(f":{database.port}/", "/")


@pytest.mark.parametrize("content", ["", "YINJIAN_OWNER_DATABASE_URL=postgresql://x\n", None])
def test_lost_passwords(var: Path, content: str | None) -> None:
    """Without its file of addresses, or with a damaged one, the database is taken up again, data and all."""
    database = start(var)
    ask(database.owner_url, "create table public.kept (a int)")
    file = var / "database.env"
    file.unlink()
    if content is not None:
        file.write_text(content)
    again = start(var)
    assert again.owner_url != database.owner_url
    assert ask(again.owner_url, "select count(*) from public.kept") == 0
    assert ask(again.reader_url, "select count(*) from registry.list_heads") == 0
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(database.owner_url.replace(f":{database.port}/", f":{again.port}/"), "select 1")


def test_interrupted_while_being_made(var: Path) -> None:
    """What an interrupted first start left behind is made anew."""
    half = var / "postgres.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert ask(start(var).reader_url, "select count(*) from registry.list_heads") == 0
    assert not half.exists()


def test_its_port_is_taken(var: Path) -> None:
    """When another program has taken the port meanwhile, the database takes another and says so."""
    database = start(var)
    embedded.stop(var)

    async def serve_meanwhile() -> embedded.Database:
        listener = await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", database.port)
        try:
            return await asyncio.to_thread(start, var)
        finally:
            listener.close()

    again = asyncio.run(serve_meanwhile())
    assert again.port != database.port
    assert environment.read(var / "database.env")["YINJIAN_READER_DATABASE_URL"] == again.reader_url


def test_many_at_once(var: Path) -> None:
    """Four commands that start the same new database at once all succeed, and there is one server."""
    environ = {**os.environ, "YINJIAN_VAR": str(var)}
    environ.pop("YINJIAN_DATABASE_URL", None)
    command = [sys.executable, "-m", "migrations", "up", "--json"]
    processes = [subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4
    assert len({answer["port"] for answer in answers}) == 1
    migrations = len(list((PROJECT / "migrations" / "sql").glob("*.sql")))
    assert sorted(len(answer.get("applied", [])) for answer in answers) == [0, 0, 0, migrations]


async def test_service_lives_through_a_restart(var: Path, tmp_path: Path) -> None:
    """While the database is down every question is unavailable; once it is up again they are answered."""
    database = await asyncio.to_thread(start, var)
    await publisher(database.signer_url, tmp_path)(releases.final([1]))
    registry = await PostgresRegistry.open(database.reader_url, releases.ROOT_THUMBPRINT)
    assert await registry.by_number(releases.number(1)) is not None
    await asyncio.to_thread(embedded.stop, var)
    for _ in range(3):
        with pytest.raises(RegistryUnavailable):
            await registry.by_number(releases.number(1))
    await asyncio.to_thread(start, var)
    assert await registry.by_number(releases.number(1)) is not None
    await registry.close()


def test_a_signal_to_the_group_reaches_it(var: Path) -> None:
    """Started attached, the server goes with its starter's process group; started detached, it stays."""
    for detached in (False, True):
        code = (
            "import sys, time; from pathlib import Path; from migrations import embedded\n"
            f"print(embedded.start(Path(sys.argv[1]), durable=False, detached={detached}).pid, flush=True)\n"
            "time.sleep(60)"
        )
        command = [sys.executable, "-c", code, str(var)]
        starter = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert starter.stdout is not None
        server = psutil.Process(int(starter.stdout.readline()))
        os.killpg(starter.pid, signal.SIGTERM)
        starter.wait(10)
        starter.stdout.close()
        if detached:
            time.sleep(0.5)
            assert server.is_running()
        else:
            server.wait(20)


def test_who_runs_it(tmp_path: Path) -> None:
    """Ordinary users run it as themselves; root as the data's owner, or as itself in a user namespace."""
    program = Path("/bin/true")
    folder = tmp_path / "folder"
    folder.mkdir()
    data = folder / "postgres"
    if os.geteuid() != 0:
        assert choose(folder, data, program) == RunAs()
        return
    assert choose(folder, data, program).prefix[0] in ("unshare", "setpriv")
    nobody = pwd.getpwnam("nobody")
    data.mkdir()
    os.chown(data, nobody.pw_uid, nobody.pw_gid)
    for path in (folder, tmp_path, *tmp_path.parents):
        if "pytest" in str(path):
            path.chmod(0o755)
    assert choose(folder, data, program) == RunAs(uid=nobody.pw_uid, gid=nobody.pw_gid)
    tmp_path.chmod(0o700)
    entering = choose(folder, data, program)
    assert (entering.prefix[0], entering.uid) == ("setpriv", nobody.pw_uid)
    assert entering.run(["/usr/bin/id", "--user"]).strip() == str(nobody.pw_uid)
