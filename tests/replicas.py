"""A primary and a standby for tests: two servers of the embedded PostgreSQL, streaming on 127.0.0.1."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from migrations import embedded
from migrations.cluster import Cluster, Running
from migrations.embedded import Database

_REPLICATOR = "replicator"
_PASSWORD = "streaming"
_FUNCTIONS = "pg_promote(boolean, integer), pg_wal_replay_pause(), pg_wal_replay_resume()"


class Server:
    """One server, which can be stopped, killed and started again on its port."""

    def __init__(self, var: Path) -> None:
        self.cluster = Cluster(var / "postgres")
        self.running: Running | None = None
        self._port: int | None = None

    @property
    def port(self) -> int:
        """Where it listens, or did last."""
        assert self._port is not None
        return self._port

    def start(self) -> None:
        """Starts it."""
        self.running = self.cluster.start(port=self._port, durable=False, detached=False)
        self._port = self.running.port

    def stop(self) -> None:
        """Stops it in order."""
        self.cluster.stop()

    def kill(self) -> None:
        """Kill -9, all of it: what a power cut leaves."""
        assert self.running is not None
        postmaster = psutil.Process(self.running.pid)
        processes = [postmaster, *postmaster.children()]
        for one in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGKILL)
        psutil.wait_procs(processes, timeout=10)

    def configure(self, **settings: str) -> None:
        """Settings for its next start or reload."""
        with (self.cluster.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def reload(self) -> None:
        """Takes settings up."""
        assert self.running is not None
        os.kill(self.running.pid, signal.SIGHUP)
        time.sleep(0.2)


class Replicated:
    """Both servers, ``a`` the primary at first, and where each role finds them."""

    def __init__(self, a: Server, b: Server, database: Database) -> None:
        self.a = a
        self.b = b
        self._database = database

    def url(self, role: str, *servers: Server, options: str = "") -> str:
        """Where ``role`` finds these servers."""
        url: str = getattr(self._database, f"{role}_url")
        hosts = ",".join(f"127.0.0.1:{server.port}" for server in servers or (self.a, self.b))
        return re.sub(r"@[^/]+/", f"@{hosts}/", url) + options


@contextlib.contextmanager
def replicated(folder: Path) -> Iterator[Replicated]:
    """A registry at the newest schema, on ``a`` and streamed to ``b``, which commits on ``a`` wait for."""
    var_a, var_b = folder / "a", folder / "b"
    database = embedded.start(var_a, durable=False, detached=False)
    embedded.stop(var_a)
    a, b = Server(var_a), Server(var_b)
    a._port = database.port
    a.cluster.execute(
        f"CREATE ROLE {_REPLICATOR} REPLICATION LOGIN PASSWORD '{_PASSWORD}'",
        f"GRANT EXECUTE ON FUNCTION {_FUNCTIONS} TO {embedded.OWNER}",
    )
    a.cluster.execute(f"GRANT EXECUTE ON FUNCTION {_FUNCTIONS} TO {embedded.OWNER}", database=embedded.DATABASE)
    with (a.cluster.data / "pg_hba.conf").open("a") as file:
        file.write(f"host replication {_REPLICATOR} 127.0.0.1/32 scram-sha-256\n")
    a.configure(wal_level="replica", wal_keep_size="64MB", wal_receiver_status_interval="1s", cluster_name="a")
    var_b.mkdir()
    subprocess.run(["cp", "-a", str(var_a / "postgres"), str(var_b / "postgres")], check=True)
    stat = var_a.stat()
    os.chown(var_b, stat.st_uid, stat.st_gid)
    a.configure(synchronous_standby_names="FIRST 1 (b)")
    where = f"host=127.0.0.1 port={a.port} user={_REPLICATOR} password={_PASSWORD} application_name=b"
    b.configure(cluster_name="b", primary_conninfo=where)
    signal_file = b.cluster.data / "standby.signal"
    signal_file.touch()
    os.chown(signal_file, stat_of(b).st_uid, stat_of(b).st_gid)
    try:
        a.start()
        b.start()
        yield Replicated(a, b, database)
    finally:
        for server in (a, b):
            with contextlib.suppress(psutil.Error):
                server.stop()


def stat_of(server: Server) -> os.stat_result:
    """Whose its data folder is."""
    return server.cluster.data.stat()
