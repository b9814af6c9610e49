"""What a taken-over reader can reach: the probe runs in a real worker and tries everything, layer by layer."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from tests.http_service import client
from tests.verify.files import probe_worker
from verify.files import template
from verify.files.confinement import kernel, landlock, layers
from verify.files.confinement.layers import Layer, Report
from verify.files.findings import Findings
from verify.files.jobs import FindCodes
from verify.files.refusals import FileRefused
from verify.files.workers import Workers
from verify.http.files.intake import Intake

STOPPED_BY: Final[dict[str, tuple[Layer, ...]]] = {
    "environment": ("hidden", "landlock", "other_user"),
    "memory": ("hidden", "landlock", "other_user"),
    "descriptors": ("hidden", "landlock", "other_user"),
    "trace": ("hidden", "landlock", "seccomp", "other_user"),
    "signal": ("landlock", "seccomp", "other_user"),
    "kill": ("landlock", "seccomp", "other_user"),
    "signal_by_descriptor": ("seccomp",),
    "priority": ("seccomp", "other_user"),
    "tcp": ("own_namespaces", "landlock", "seccomp"),
    "udp": ("own_namespaces", "seccomp"),
    "unix": ("seccomp",),
    "listen": ("landlock", "seccomp"),
    "fork": ("seccomp",),
    "execute": ("landlock", "seccomp"),
    "read": ("landlock",),
    "list": ("landlock",),
    "write": ("landlock", "seccomp"),
    "overwrite": ("landlock", "seccomp"),
    "remove": ("landlock", "seccomp"),
    "memory_file": ("seccomp",),
}
"""By what is tried, the layers each of which suffices."""


@pytest.fixture
def target(tmp_path: Path) -> Iterator[probe_worker.Target]:
    """Things to try it on, all of them open to every process of this machine."""
    folder = tmp_path / "all"
    folder.mkdir()
    folder.chmod(0o777)
    file = folder / "somebody's"
    file.write_text("secret")
    file.chmod(0o666)
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(folder / "socket"))
        unix.listen()
        (folder / "socket").chmod(0o777)
        yield probe_worker.Target(
            service=os.getpid(),
            port=tcp.getsockname()[1],
            socket=str(folder / "socket"),
            file=str(file),
            folder=str(folder),
        )


async def probed(target: probe_worker.Target, monkeypatch: pytest.MonkeyPatch) -> tuple[Report, dict[str, Any]]:
    """The report of a real worker's confinement, and what it could do nevertheless: by name, None for all it could."""
    monkeypatch.setattr(template, "PROGRAM", "tests.verify.files.probe_worker")
    pool = Workers(1)
    try:
        found = await pool.run(FindCodes(data=msgspec.json.encode(target), seconds=1))
    finally:
        await pool.close()
    assert isinstance(found, Findings)
    assert pool.confinement is not None
    return pool.confinement, json.loads(found.codes[0].text or "")


def could(report: Report, came: dict[str, Any]) -> list[str]:
    """What was possible although a layer that forbids it is in force."""
    force = {name for name, why in report.items() if why is None}
    return [name for name, layers_ in STOPPED_BY.items() if force & set(layers_) and came[name] is None]


async def test_an_answer_that_cannot_be_told_costs_its_sender_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader says that it failed, and lives."""
    monkeypatch.setattr(template, "PROGRAM", "tests.verify.files.probe_worker")
    pool = Workers(1)
    try:
        await pool.start()
        one, *_ready = pool.pids
        with pytest.raises(FileRefused) as refused:
            await pool.run(FindCodes(data=probe_worker.UNTELLABLE, seconds=1))
        assert (refused.value.code, pool.pids[:1]) == ("reader_failed", (one,))
    finally:
        await pool.close()


async def test_a_taken_over_reader_reaches_nothing(
    target: probe_worker.Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every attempt fails that a layer in force forbids; what is in force here is at least what this kernel has."""
    report, came = await probed(target, monkeypatch)
    assert set(came) == set(STOPPED_BY)
    assert could(report, came) == []
    assert report["no_new_privileges"] is report["limits"] is report["no_capabilities"] is report["hidden"] is None
    with contextlib.suppress(OSError):
        assert landlock.version() > 0
        assert report["landlock"] is None
    if report["landlock"] is report["seccomp"] is None:
        assert [name for name, what in came.items() if what is None] == []


_ORDINARY: Final = """
from verify.files.confinement import kernel
kernel.no_new_privileges()
kernel.drop_capabilities()
"""
"""From here on root is a user like every other."""
_IN_A_CONTAINER: Final = """
import ctypes, errno
library = ctypes.CDLL("libseccomp.so.2")
library.seccomp_init.restype = ctypes.c_void_p
rules = ctypes.c_void_p(library.seccomp_init(0x7fff0000))
for name in (b"unshare", b"landlock_create_ruleset", b"seccomp"):
    number = library.seccomp_syscall_resolve_name(name)
    assert library.seccomp_rule_add_array(rules, 0x00050000 | errno.EPERM, number, 0, None) == 0
assert library.seccomp_load(rules) == 0
"""
"""From here on this machine gives neither namespaces nor Landlock, and no new filters by the newer call."""
_RUN: Final = """
import asyncio, json, sys
import msgspec
from tests.verify.files import probe_worker
from verify.files import template, workers
from verify.files.jobs import FindCodes
template.PROGRAM = "tests.verify.files.probe_worker"
async def main():
    pool = workers.Workers(1)
    target = msgspec.json.decode(sys.argv[1], type=probe_worker.Target)
    target.service = __import__("os").getpid()
    found = await pool.run(FindCodes(data=msgspec.json.encode(target), seconds=1))
    await pool.close()
    print(json.dumps([pool.confinement, json.loads(found.codes[0].text)]))
asyncio.run(main())
"""


def probed_elsewhere(before: str, target: probe_worker.Target) -> tuple[Report, dict[str, Any]]:
    """As ``probed``, by a service in a process of its own that first does what ``before`` says."""
    run = subprocess.run(
        [sys.executable, "-c", before + _RUN, msgspec.json.encode(target).decode()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    report, came = json.loads(run.stdout)
    return report, came


def test_an_ordinary_users_readers_are_confined_as_well(target: probe_worker.Target) -> None:
    """Without any right of root's, of the same user as the service."""
    report, came = probed_elsewhere(_ORDINARY, target)
    assert report["other_user"] is not None
    assert could(report, came) == []
    with contextlib.suppress(OSError):
        assert landlock.version() > 0
        assert [name for name, what in came.items() if what is None and "landlock" in STOPPED_BY[name]] == []


@pytest.mark.parametrize("before", [_IN_A_CONTAINER, _ORDINARY + _IN_A_CONTAINER], ids=["root", "ordinary"])
def test_where_a_machine_gives_less_the_rest_holds_and_the_report_says_so(
    before: str, target: probe_worker.Target
) -> None:
    """As in a container without namespaces and without Landlock: the service's memory and environment stay closed."""
    report, came = probed_elsewhere(before, target)
    assert report["own_namespaces"] is not None
    assert report["landlock"] is not None
    assert could(report, came) == []
    assert None not in (came["environment"], came["memory"], came["descriptors"], came["trace"])
    told = layers.missing(report)
    assert "own_namespaces: " in told
    assert "landlock: " in told


def test_on_another_system_each_layer_says_that_it_is_not_there() -> None:
    """A worker starts there and reads; nothing fails on import, nor for the lack of Linux's calls."""
    code = """
import sys, sysconfig
sysconfig.get_paths()  # what is true of this machine
sys.platform = "darwin"
sys.modules["resource"] = None
from verify.files import worker
from verify.files.confinement import layers
print(layers.missing(layers.confine(1 << 30)))
with layers.limited(0):
    pass
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for layer in ("limits", "own_namespaces", "landlock", "no_new_privileges", "hidden"):
        assert f"{layer}: " in run.stdout


async def test_the_operator_is_told_at_the_start_and_by_the_readiness_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One warning, and the same words in /health/ready."""
    intake = Intake()
    try:
        async with client(parts={"intake": intake}) as asked:
            assert "no reader of files has started yet" in (await asked.get("/health/ready")).json()["detail"]
            await intake.start()
            report = intake.tables.confinement
            assert report is not None
            monkeypatch.setattr(intake.tables, "confinement", report | {"landlock": "no such thing here"})
            assert "landlock: no such thing here" in (await asked.get("/health/ready")).json()["detail"]
        missing = layers.missing(report)
        assert (missing in caplog.text) if missing else ("lack a layer" not in caplog.text)
    finally:
        await intake.close()


def test_the_service_hides_itself_before_its_first_worker_starts() -> None:
    """Others of its user cannot read its memory from then on, whatever the workers may do."""
    code = """
import asyncio, ctypes
from verify.files.workers import Workers
async def main():
    pool = Workers(1)
    await pool.start()
    await pool.close()
asyncio.run(main())
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ("0" if sys.platform == "linux" else "")


def test_a_process_that_gave_up_its_capabilities_has_none() -> None:
    """In a thread of its own, which capabilities belong to."""
    seen = []

    def give_up() -> None:
        kernel.drop_capabilities()
        status = Path(f"/proc/self/task/{threading.get_native_id()}/status").read_text()
        seen.append([line.split()[1] for line in status.splitlines() if line.startswith(("CapEff", "CapPrm"))])

    thread = threading.Thread(target=give_up)
    thread.start()
    thread.join()
    assert seen == [["0000000000000000"] * 2]


def test_a_template_reads_code_alone_and_what_it_forks_begins_there(tmp_path: Path) -> None:
    """It hears of no file, but is a process of the service's user: were it taken over, it would still read nothing."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    code = """
import os, sys
from verify.files.confinement import kernel, layers
kernel.no_new_privileges()
layers.confine_template()
open("/proc/self/status").close(); open(os.devnull, "rb").close()
pid = os.fork()
for how in ("r", "a"):
    try:
        open(sys.argv[1], how).close()
    except PermissionError:
        pass
    else:
        os._exit(1)
if pid:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
os._exit(0)
"""
    try:
        landlock.version()
    except OSError:
        held = 1
    else:
        held = 0
    run = subprocess.run([sys.executable, "-c", code, str(secret)], check=False)
    assert run.returncode == held
