"""The embedded PostgreSQL of one folder: with the same roles and migrations as a server of its own would have."""

import asyncio
import contextlib
import fcntl
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec

from migrations.apply import ADMINISTRATOR, READER, SIGNER, Schema, migrate
from migrations.cluster import Cluster
from migrations.failures import DatabaseProblem, _
from migrations.run_as import follow_owner
from verify.shared import environment

OWNER: Final = "yinjian_owner"
DATABASE: Final = "yinjian"
OWNER_URL: Final = "YINJIAN_OWNER_DATABASE_URL"
SIGNER_URL: Final = "YINJIAN_SIGNER_DATABASE_URL"
READER_URL: Final = "YINJIAN_READER_DATABASE_URL"
_KEYS: Final = {OWNER: OWNER_URL, SIGNER: SIGNER_URL, READER: READER_URL}
_URL: Final = re.compile(r"postgresql://[a-z_]+:(?P<password>[\w-]+)@127\.0\.0\.1:(?P<port>[0-9]+)/[a-z]+")


class Database(msgspec.Struct, frozen=True, kw_only=True):
    """A running embedded database: where each role finds it. Its repr shows no password."""

    owner_url: str
    signer_url: str
    reader_url: str
    pid: int
    port: int
    applied: tuple[str, ...] = ()
    """The migrations that this start applied."""

    def __repr__(self) -> str:
        return f"Database(port={self.port}, pid={self.pid})"


def start(var: Path, *, durable: bool = True, detached: bool = True) -> Database:
    """Brings the folder's database up and to the newest schema; what is so already stays as it is.

    Makes ``var`` and in it ``postgres``, ``postgres.log``, ``database.env`` and a lock file. Any number of
    callers may call at once, and after any crash. ``durable=False`` is for tests: no commit survives a power
    cut. ``detached=False`` leaves the server in the caller's process group. Must not be called in an event
    loop (see ``asyncio.to_thread``). Raises DatabaseProblem.
    """
    var = var.absolute()
    with _only_one(var):
        cluster = Cluster(var / "postgres")
        env = var / "database.env"
        known = {role: _URL.fullmatch(environment.read(env).get(key, "")) for role, key in _KEYS.items()}
        passwords = {role: match["password"] for role, match in known.items() if match}
        owner = known[OWNER]
        if not cluster.exists():
            passwords = {}
            cluster.create(durable=durable)
        if passwords.keys() != _KEYS.keys():
            # Nobody can log in any more, or yet: say anew who may, while no server runs.
            cluster.stop()
            passwords = {role: secrets.token_urlsafe(24) for role in _KEYS}
            _own_the_database(cluster, passwords[OWNER])
        running = cluster.start(port=int(owner["port"]) if owner else None, durable=durable, detached=detached)
        urls = {
            _KEYS[role]: f"postgresql://{role}:{password}@127.0.0.1:{running.port}/{DATABASE}"
            for role, password in passwords.items()
        }
        roles = {role: password for role, password in passwords.items() if role != OWNER}
        done: Schema = asyncio.run(migrate(urls[OWNER_URL], roles))
        environment.write(env, urls)
        return Database(
            owner_url=urls[OWNER_URL],
            signer_url=urls[SIGNER_URL],
            reader_url=urls[READER_URL],
            pid=running.pid,
            port=running.port,
            applied=done.applied,
        )


def stop(var: Path) -> bool:
    """Stops the folder's server and keeps its data. Whether one ran. Raises DatabaseProblem."""
    var = var.absolute()
    if not (var / "postgres").exists():
        return False
    with _only_one(var):
        return Cluster(var / "postgres").stop()


def state(var: Path) -> Literal["absent", "stopped", "running"]:
    """How the folder's database is; waits for nobody."""
    data = var.absolute() / "postgres"
    if not data.exists():
        return "absent"
    return "running" if Cluster(data).running() else "stopped"


def _own_the_database(cluster: Cluster, password: str) -> None:
    """The owner's role and database, whatever of them is there, and what only the superuser can take from strangers.

    The password holds no quote.
    """
    make = f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB"
    cluster.execute(
        f"DO $$ BEGIN {make}; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"ALTER ROLE {OWNER} PASSWORD '{password}'",
    )
    with contextlib.suppress(DatabaseProblem):  # it is there already
        cluster.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    cluster.execute(ADMINISTRATOR.read_text().rstrip().removesuffix(";"), database=DATABASE)


@contextlib.contextmanager
def _only_one(var: Path, seconds: float = 120) -> Iterator[None]:
    """Holds the folder's lock, which goes with the process however it ends."""
    missing = [path for path in (var, *var.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        follow_owner(path, path.parent)
    deadline = time.monotonic() + seconds
    descriptor = os.open(var / "database.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    follow_owner(descriptor, var)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    waited = _("Another command has been at work in {folder} for {seconds:.0f} s.")
                    raise DatabaseProblem(waited.format(folder=var, seconds=seconds)) from None
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)
