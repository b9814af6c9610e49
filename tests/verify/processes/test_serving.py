"""``yinjian-verify serve`` as it runs: several workers on one socket, and limits that hold over all of them.

One service for all tests of the module, which are in the order of what they take from it. It has no lookup secret, so
that its workers have to share one of their own.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest

from tests import PROJECT
from tests import invented_exam as exam
from tests.conftest import Urls
from tests.http_service import solved
from tests.photos import qr_image
from tests.service import Service, publish_exam, served
from tests.verify.files.test_workers import png
from verify.processes.processors import part

LOOKUPS = 120
FREE_NAMES = 5


@pytest.fixture(scope="module")
def service(module_registry_urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Two workers."""
    asyncio.run(publish_exam(module_registry_urls.signer))
    folder = tmp_path_factory.mktemp("service")
    told = {"YINJIAN_LOOKUP_SECRET_FILE": "", "YINJIAN_METRICS": f"127.0.0.1:{free_port()}", "YINJIAN_LOG": "json"}
    with served(folder, module_registry_urls.reader, "--workers", "2", **told) as running:
        yield running


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def counted(service: Service) -> dict[str, float]:
    """What the operator's own address says, by name and labels."""
    text = httpx.get(f"http://{service.environ['YINJIAN_METRICS']}/metrics").text
    pairs = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def asked(service: Service, path: str, **other: Any) -> httpx.Response:
    """An answer on a connection of its own, which any worker may take."""
    method = "POST" if other else "GET"
    return httpx.request(method, f"{service.url}{path}", headers={"accept": "application/json"}, timeout=30, **other)


def named(service: Service, name: str, **other: str) -> httpx.Response:
    """A check of a number by name."""
    return asked(service, "/api/v1/verify", json={"number": exam.VALID.number, "name": name, **other})


class Asking(threading.Thread):
    """A client that asks on and on by one connection at a time, as browsers and proxies do, until it is stopped."""

    def __init__(self, service: Service) -> None:
        super().__init__(daemon=True)
        self._url = f"{service.url}/c/{exam.REVOKED.number}"
        self._over = threading.Event()
        self.answers = 0
        self.failed: list[str] = []

    def run(self) -> None:
        """Asks."""
        with httpx.Client(headers={"accept": "application/json"}, timeout=30) as client:
            while not self._over.is_set():
                try:
                    answer = client.get(self._url)
                    if answer.status_code != 200:
                        self.failed.append(str(answer.status_code))
                except httpx.HTTPError as error:
                    self.failed.append(repr(error))
                self.answers += 1
                time.sleep(0.06)  # within the allowance of one address

    def stop(self) -> None:
        """Asks no more."""
        self._over.set()
        self.join()


@contextlib.contextmanager
def under_questions(service: Service) -> Iterator[list[Asking]]:
    """While four clients ask."""
    clients = [Asking(service) for _ in range(4)]
    for one in clients:
        one.start()
    try:
        yield clients
    finally:
        for one in clients:
            one.stop()


def connected(service: Service) -> socket.socket:
    """A connection that asks nothing."""
    there = urlsplit(service.url)
    return socket.create_connection((there.hostname or "", there.port or 0), timeout=10)


def test_a_taken_port_is_told_in_one_line(service: Service, tmp_path: Path) -> None:
    """And nothing else: no process is started for it."""
    port = str(urlsplit(service.url).port)
    told = {"PATH": os.environ["PATH"], "YINJIAN_VAR": str(tmp_path), "YINJIAN_PORT": port, "YINJIAN_ROOT": "00" * 32}
    command = [sys.executable, "-m", "verify", "serve"]
    environ = told | {"YINJIAN_DATABASE_URL": "postgresql://nowhere", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=PROJECT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"127.0.0.1, port {port}: another program has this address." in done.stderr


def test_wrong_names_are_counted_and_paid_for_over_all_workers(service: Service) -> None:
    """As many are free as with one worker; a challenge that one worker gave another takes, once."""
    answers = [named(service, f"甲{turn}").json() for turn in range(12)]
    outcomes = [answer.get("outcome") or answer["code"] for answer in answers]
    assert outcomes == ["mismatch"] * FREE_NAMES + ["proof_wanted"] * (12 - FREE_NAMES)
    for answer in answers[-4:]:
        proof = solved(answer["challenge"])
        assert named(service, exam.VALID.name, altcha=proof).json()["outcome"] == "valid"
        assert {named(service, exam.VALID.name, altcha=proof).json()["code"] for _ in range(3)} == {"proof_used"}


def test_an_allowance_holds_over_all_workers(service: Service) -> None:
    """A burst of lookups at all workers gets no more answers than one worker gives."""
    began = time.monotonic()
    with httpx.Client(limits=httpx.Limits(max_keepalive_connections=0)) as client:
        codes = [
            client.post(f"{service.url}/api/v1/lookup", json={}, headers={"accept": "application/json"}).status_code
            for _ in range(LOOKUPS + 30)
        ]
    refilled = (time.monotonic() - began) * LOOKUPS / 60
    assert LOOKUPS <= len([code for code in codes if code != 429]) <= LOOKUPS + refilled + 1
    assert codes[-1] == 429 or refilled > 29


def test_the_operator_sees_all_workers_in_numbers_alone(service: Service) -> None:
    """Verdicts, refusals, work, times, pool and keys, added up; nothing on the public address, and nobody's data."""
    before = counted(service)
    asked(service, f"/c/{exam.REVOKED.number}")
    for _ in range(9):
        assert asked(service, f"/api/v1/certificates/{exam.REVOKED.number}").status_code == 200
    assert asked(service, "/api/v1/certificates/Z123456").status_code == 404
    after = counted(service)
    gained = {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}
    assert gained['yinjian_verdicts_total{outcome="revoked"}'] == 10
    assert gained['yinjian_refused_total{code="not_found"}'] == 1
    assert after['yinjian_refused_total{code="rate_limited"}'] >= 20
    assert after["yinjian_work_asked_total"] >= 7
    route = "/api/v1/certificates/{number}"
    seconds = [
        value for name, value in gained.items() if name.startswith("yinjian_request_seconds_count") and route in name
    ]
    assert seconds == [10]
    assert after["yinjian_workers"] == 2
    assert after["yinjian_registry_statements"] == len(exam.statements()) - 1
    assert after["yinjian_keyring_expires_days"] > 365
    assert after["yinjian_processes_replaced"] == 0
    host = urlsplit(service.environ["YINJIAN_DATABASE_URL"]).netloc.rpartition("@")[2]
    assert after[f'yinjian_host_usable{{host="{host}"}}'] == 2
    assert httpx.get(f"{service.url}/metrics").status_code == 404
    said = " ".join(after)
    assert not [word for word in (exam.REVOKED.number, exam.REVOKED.name, "reader:") if word in said]


def test_logs_are_json_lines_without_anybody_s_data(service: Service) -> None:
    """One event a line, with its route and nothing that was asked."""
    time.sleep(0.5)  # the access log is written a moment later
    lines = [line for line in service.log.read_text().splitlines() if "serving on" not in line]
    events = [msgspec.json.decode(line) for line in lines]
    answered = [event for event in events if event["event"] == "answered"]
    assert answered
    assert all(event.keys() >= {"event", "level", "logger", "timestamp"} for event in events)
    assert exam.REVOKED.number not in service.log.read_text()
    assert exam.VALID.name not in service.log.read_text()


def test_files_are_read_by_the_one_set_of_readers(service: Service) -> None:
    """Sent to any worker, and read by children of the keeper alone."""
    picture = png(qr_image(exam.VALID.qr))
    for _ in range(4):
        answer = asked(service, "/api/v1/verify/document", files={"file": ("a.png", picture)})
        assert answer.json()["verdicts"][0]["outcome"] == "valid"
    (keeper,) = service.children("keeper")
    assert keeper.children()
    assert not [reader for worker in service.children("answering") for reader in worker.children()]


def test_an_address_has_only_so_many_connections_over_all_workers(service: Service) -> None:
    """The oldest that asked nothing make room, whichever worker they are at."""
    wires = [connected(service) for _ in range(330)]
    try:
        time.sleep(1)
        open_still = 0
        for wire in wires:
            wire.setblocking(False)
            try:
                open_still += bool(wire.recv(1))
            except BlockingIOError:
                open_still += 1
            except ConnectionError:
                pass
        assert open_still == 256
    finally:
        for wire in wires:
            wire.close()


def test_new_settings_are_taken_without_a_request_lost(service: Service) -> None:
    """SIGHUP, under questions: all workers are new, and no question was without its answer."""
    before = {one.pid for one in service.children("answering")}
    with under_questions(service) as clients:
        time.sleep(0.3)
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("all 2 workers are new", 120)
        deadline = time.monotonic() + 20
        while before & {one.pid for one in service.children("answering")}:
            assert time.monotonic() < deadline, "the old workers are still there"
            time.sleep(0.05)
    assert sum(one.answers for one in clients) > 50
    assert [failure for one in clients for failure in one.failed] == []
    assert len(service.children("answering")) == 2
    assert counted(service)['yinjian_verdicts_total{outcome="revoked"}'] >= 50  # the old workers' counts stay


def test_each_process_is_a_group_of_its_own_and_each_worker_has_its_processors(service: Service) -> None:
    """As the kernel sees them: a group that has turns at a processor as one is a session (sched(7))."""
    workers = service.children("answering")
    assert parts(service) == sorted(sorted(part(os.sched_getaffinity(0), at, 2)) for at in range(2))
    processes = [*workers, *service.children("keeper")]
    assert {os.getsid(process.pid) for process in processes} == {process.pid for process in processes}


def parts(service: Service) -> list[list[int]]:
    """The processors of each worker."""
    return sorted(sorted(os.sched_getaffinity(worker.pid)) for worker in service.children("answering"))


def test_a_worker_and_a_keeper_that_die_are_replaced(service: Service) -> None:
    """The others answer meanwhile; what the keeper kept begins anew, and files are read again."""
    before = parts(service)
    killed = service.children("answering")[0].pid
    os.kill(killed, signal.SIGKILL)
    service.wait_for(f"verify.processes.answering {killed} ended")
    assert asked(service, f"/c/{exam.REVOKED.number}").status_code == 200
    deadline = time.monotonic() + 60
    while len({one.pid for one in service.children("answering")} - {killed}) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (keeper,) = service.children("keeper")
    os.kill(keeper.pid, signal.SIGKILL)
    service.wait_for(f"verify.processes.keeper {keeper.pid} ended")
    picture = png(qr_image(exam.VALID.qr))
    while asked(service, "/api/v1/verify/document", files={"file": ("a.png", picture)}).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert named(service, "乙").json()["outcome"] == "mismatch"
    while counted(service)["yinjian_processes_replaced"] < 1:  # said by the worker that was started, when it serves
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert parts(service) == before


def test_it_drains_before_it_ends(service: Service) -> None:
    """SIGTERM, under questions: none is without its answer until nobody is accepted any more, and nothing is left."""
    children = [*service.children("answering"), *service.children("keeper")]
    with under_questions(service) as clients:
        time.sleep(0.5)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
    failures = {failure for one in clients for failure in one.failed}
    assert all("refused" in failure for failure in failures), failures
    assert not [one for one in children if one.is_running()]
