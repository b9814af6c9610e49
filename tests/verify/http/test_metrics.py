"""The operator's numbers: each moves by what it counts, and the guide names none that there is not."""

import re
from collections.abc import Iterator
from typing import Final

import pytest
from prometheus_client.metrics import MetricWrapperBase

from tests import PROJECT
from tests.invented import CERTIFICATE, LOG, ROOT, STATUS, chain, keyring
from verify.http.access_log import Line
from verify.http.ops import metrics

DAY: Final = 86_400
NOW: Final = 1_700_000_000
OURS: Final = [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]


def shown() -> dict[str, float]:
    """Each number by its name and labels."""
    found: Iterator[tuple[str, float]] = (
        (" ".join([sample.name, *sample.labels.values()]), sample.value)
        for one in OURS
        for metric in one.collect()
        for sample in metric.samples
    )
    return dict(found)


def gained(before: dict[str, float]) -> dict[str, float]:
    """What is other than it was, but for moments and buckets."""
    now = shown().items()
    return {
        name: value - before.get(name, 0)
        for name, value in now
        if value != before.get(name, 0) and "_created" not in name and "_bucket" not in name
    }


class Nothing:
    """An access log that keeps nothing."""

    def note(self, line: Line) -> None:
        """See AccessLog."""


def test_what_was_counted_is_counted_once() -> None:
    """Answers with their time, verdicts, refusals, and work that was asked for."""
    before = shown()
    log = metrics.Metered(Nothing())
    log.note(Line(at=0.0, method="GET", route="/of/this/test", status=200, ms=250.0))
    metrics.judged("revoked")
    metrics.refused("rate_limited")
    metrics.asked_for_work(1000)
    assert gained(before) == {
        "yinjian_request_seconds_count /of/this/test": 1,
        "yinjian_request_seconds_sum /of/this/test": 0.25,
        "yinjian_answers_total /of/this/test 200": 1,
        "yinjian_verdicts_total revoked": 1,
        "yinjian_refused_total rate_limited": 1,
        "yinjian_work_asked_total": 1,
        "yinjian_work_asked_rounds_total": 1000,
    }


def test_the_days_of_the_keyring_and_of_each_use_are_told() -> None:
    """Of a use the last active key counts; one that does not expire has no days."""
    entries = (
        ROOT.entry("root"),
        CERTIFICATE.entry("certificate", not_after=NOW + 20 * DAY),
        STATUS.entry("status"),
        LOG.entry("log", not_after=NOW + 90 * DAY),
    )
    metrics.registry_is(17, chain(keyring(entries, expires_at=NOW + 400 * DAY)).newest, NOW)
    told = shown()
    assert told["yinjian_registry_statements"] == 17
    assert told["yinjian_keyring_expires_days"] == pytest.approx(400)
    assert told["yinjian_key_expires_days certificate"] == pytest.approx(20)
    assert told["yinjian_key_expires_days log"] == pytest.approx(90)
    assert "yinjian_key_expires_days status" not in told


def test_hosts_pool_and_restarts_are_told() -> None:
    """How far a replica is behind, whether it is read, its connections, and how many processes were replaced."""
    metrics.host_is("db.of.this.test", usable=False, behind=12, in_use=3, idle=5)
    metrics.serving(4)
    told = shown()
    assert told["yinjian_host_usable db.of.this.test"] == 0
    assert told["yinjian_replica_behind_statements db.of.this.test"] == 12
    assert told["yinjian_pool_connections db.of.this.test in use"] == 3
    assert told["yinjian_pool_connections db.of.this.test idle"] == 5
    assert (told["yinjian_workers"], told["yinjian_processes_replaced"]) == (1, 4)


@pytest.mark.parametrize("guide", ["operator.md", "operator.zh-CN.md"])
def test_the_guide_names_metrics_that_there_are(guide: str) -> None:
    """As Prometheus shows them."""
    there = {name for one in OURS for metric in one.describe() for name in (metric.name, f"{metric.name}_total")}
    named = set(re.findall(r"`(yinjian_[a-z_]+)`", (PROJECT / "docs" / guide).read_text("utf-8")))
    assert len(named) >= 10
    assert named - {"yinjian_owner", "yinjian_signer", "yinjian_reader"} <= there  # the database's roles
