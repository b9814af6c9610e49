"""What a service holds of its machine: memory, descriptors, processes, connections and temporary files."""

import asyncio
import time
from pathlib import Path
from typing import Final

import asyncpg
import msgspec
import psutil

READER: Final = "verify.files.worker"
_READERS: Final = "select count(*) from pg_stat_activity where usename = 'yinjian_reader'"


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """At one moment, nobody asking."""

    memory: int
    """Bytes of supervisor, keeper and workers that they share with nobody (USS). Readers of files have bounds of their
    own, and end."""
    files: int
    """Descriptors of the same that are no sockets."""
    sockets: int
    """Their sockets, but those of the public and of the database."""
    processes: int
    """Supervisor, keeper and workers."""
    public: int
    """Connections of the public."""
    database: int
    """Connections of the reader, as the database counts them."""
    temporary: int
    """Files in the folder that is the service's for passing things."""

    def told(self) -> str:
        """In one line."""
        return (
            f"{self.memory >> 20} MiB, {self.processes} processes, {self.files} files and {self.sockets} sockets open; "
            f"connections: {self.public} of the public, {self.database} to the database; {self.temporary} passing files"
        )


async def settled(pid: int, port: int, owner_url: str, temporary: Path) -> Holdings:
    """Those of the service ``pid`` on ``port``, once nobody is connected any more."""
    deadline = time.monotonic() + 15
    while True:
        connection = await asyncpg.connect(owner_url)
        database = await connection.fetchval(_READERS)
        await connection.close()
        found = await asyncio.to_thread(_look, pid, port, database, temporary)
        if not found.public or time.monotonic() > deadline:
            return found
        await asyncio.sleep(0.2)


def _look(pid: int, port: int, database: int, temporary: Path) -> Holdings:
    first = psutil.Process(pid)
    mine = [one for one in (first, *first.children(recursive=True)) if READER not in one.cmdline()]
    wires = [wire for one in mine for wire in one.net_connections("tcp")]
    public = [wire for wire in wires if wire.laddr.port == port and wire.status != psutil.CONN_LISTEN]
    asking = [wire for wire in wires if wire.status != psutil.CONN_LISTEN and wire.laddr.port != port]
    links = [link for one in mine for link in Path(f"/proc/{one.pid}/fd").iterdir()]
    sockets = sum(link.is_socket() for link in links)
    return Holdings(
        memory=sum(one.memory_full_info().uss for one in mine),
        files=len(links) - sockets,
        sockets=sockets - len(public) - len(asking),
        processes=len(mine),
        public=len(public),
        database=database,
        temporary=sum(1 for path in temporary.rglob("*") if path.is_file()),
    )
