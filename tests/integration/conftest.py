"""What tests of whole commands start with, and what is stopped after them."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples import make_workbook
from tests import PROJECT
from tests.integration.office import Office
from tests.integration.running_demo import Running


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A folder with the example's settings and workbook; its database is stopped in the end."""
    made = Office(tmp_path)
    (tmp_path / "centre.toml").write_bytes((PROJECT / "examples" / "centre.toml").read_bytes())
    make_workbook.write(tmp_path / "candidates.xlsx")
    yield made
    made.run("yinjian-migrate down")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A demo that goes whatever becomes of the test."""
    started = Running(tmp_path)
    yield started
    if started.process.poll() is None:
        started.process.send_signal(signal.SIGTERM)
        started.process.wait(60)
