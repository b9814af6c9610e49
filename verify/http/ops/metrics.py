"""What the operator sees of all workers together, for Prometheus: numbers alone, and nothing that names anybody.

With PROMETHEUS_MULTIPROC_DIR set, each process writes its numbers into files there, and the keeper adds them up
(``exposition``); without, they stay in the process. The variable counts from the first import on.
"""

import functools
import time
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from verify.core.keyring import Keyring
from verify.http.access_log import AccessLog, Line

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_DAY: Final = 86_400
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_SECONDS: Final = Histogram(
    "yinjian_request_seconds", "Time to an answer, by route", ["route"], registry=None, buckets=_BUCKETS
)
_ANSWERS: Final = Counter("yinjian_answers", "Answers, by route and status", ["route", "status"], registry=None)
_VERDICTS: Final = Counter("yinjian_verdicts", "Verdicts, by outcome", ["outcome"], registry=None)
_REFUSED: Final = Counter("yinjian_refused", "Refusals, by the problem's code", ["code"], registry=None)
_WORK: Final = Counter("yinjian_work_asked", "Proofs of work that were asked for", registry=None)
_ROUNDS: Final = Counter("yinjian_work_asked_rounds", "Rounds that they take", registry=None)

_RECENT: Final = "mostrecent"
_SIZE: Final = Gauge(
    "yinjian_registry_statements", "Statements in the registry", registry=None, multiprocess_mode=_RECENT
)
_KEYRING: Final = Gauge(
    "yinjian_keyring_expires_days", "Days until the keyring expires", registry=None, multiprocess_mode=_RECENT
)
_KEY: Final = Gauge(
    "yinjian_key_expires_days",
    "Days until the last active key of a use expires; none where it does not",
    ["use"],
    registry=None,
    multiprocess_mode=_RECENT,
)
_REPLACED: Final = Gauge(
    "yinjian_processes_replaced", "Processes that died and were replaced", registry=None, multiprocess_mode=_RECENT
)
_WORKERS: Final = Gauge("yinjian_workers", "Workers that serve", registry=None, multiprocess_mode="livesum")
_POOL: Final = Gauge(
    "yinjian_pool_connections",
    "Connections to the database, by host and whether they are in use",
    ["host", "state"],
    registry=None,
    multiprocess_mode="livesum",
)
_LAG: Final = Gauge(
    "yinjian_replica_behind_statements",
    "Statements by which a host was behind what has been seen, when last asked",
    ["host"],
    registry=None,
    multiprocess_mode="livemax",
)
_REACHED: Final = Gauge(
    "yinjian_host_usable", "Workers for which a database host is fit to be read", ["host"], registry=None,
    multiprocess_mode="livesum",
)  # fmt: skip


# What is counted with each request, without a look for its labels: there are few of these.
_verdicts: Final = functools.cache(_VERDICTS.labels)
_seconds: Final = functools.cache(_SECONDS.labels)
_answers: Final = functools.cache(lambda route, status: _ANSWERS.labels(route, str(status)))


class Metered:
    """An access log that counts what it notes."""

    def __init__(self, inner: AccessLog) -> None:
        self._inner = inner

    def note(self, line: Line) -> None:
        """See AccessLog."""
        self._inner.note(line)
        _seconds(line.route).observe(line.ms / 1000)
        _answers(line.route, line.status).inc()


def judged(outcome: str) -> None:
    """A verdict was given."""
    _verdicts(outcome).inc()


def refused(code: str) -> None:
    """A request was refused."""
    _REFUSED.labels(code).inc()


def asked_for_work(rounds: int) -> None:
    """A proof of work was asked for."""
    _WORK.inc()
    _ROUNDS.inc(rounds)


def serving(replaced: int) -> None:
    """Notes that this worker serves, and how many processes had to be replaced before it."""
    _WORKERS.set(1)
    _REPLACED.set(replaced)


def registry_is(size: int | None, keyring: Keyring, now: float | None = None) -> None:
    """How far the registry goes, and how long its keys hold."""
    now = time.time() if now is None else now
    if size is not None:
        _SIZE.set(size)
    _KEYRING.set((keyring.expires_at - now) / _DAY)
    for use in {key.use for key in keyring.keys if key.state == "active"}:
        ends = [key.not_after for key in keyring.keys if key.use == use and key.state == "active"]
        if None not in ends:
            _KEY.labels(use).set((max(end for end in ends if end is not None) - now) / _DAY)


def host_is(host: str, *, usable: bool, behind: int, in_use: int, idle: int) -> None:
    """How a host of the database is, for this worker."""
    _REACHED.labels(host).set(usable)
    _LAG.labels(host).set(behind)
    _POOL.labels(host, "in use").set(in_use)
    _POOL.labels(host, "idle").set(idle)


def exposition(folder: Path, host: str, port: int) -> None:
    """Serves what all processes wrote into the folder, from a thread of its own. Raises OSError."""
    added = CollectorRegistry()
    MultiProcessCollector(added, str(folder))  # type: ignore[no-untyped-call]  # its library says nothing of types here
    start_http_server(port, host, added)
