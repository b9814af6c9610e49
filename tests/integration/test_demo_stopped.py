"""A demo that is stopped before it has begun to serve."""

import signal

from tests.integration.office import wait_for
from tests.integration.running_demo import Running


def test_ctrl_c_stops_a_demo_that_is_still_preparing(running: Running) -> None:
    """With its database up and the first command at work: that is stopped, and the database after it."""
    wait_for(lambda: "$ yinjian-sign check" in running.printed(), running.process)
    assert list(running.folder.glob("**/postmaster.pid"))
    assert "What the QR code" not in running.stopped(signal.SIGINT)
