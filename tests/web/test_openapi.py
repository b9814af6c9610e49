"""The API's description against what the service answers, by a fuzzer that believes every word of it."""

import json
import subprocess
import sys
from pathlib import Path

import httpx

from tests.web.conftest import ROOT, Site


def test_a_fuzzer_finds_no_answer_that_the_description_does_not_foretell(invented_site: Site, tmp_path: Path) -> None:
    """Schemathesis with all checks: no failure on any operation."""
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{invented_site.url}/api/schema/openapi.json"]
    options = ["--checks", "all", "--max-examples", "15", "--generation-deterministic", "--no-color"]
    (tmp_path / "schemathesis.toml").write_text((ROOT / "schemathesis.toml").read_text("utf-8"), "utf-8")
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=180)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Failures:" not in done.stdout


def test_every_problem_of_the_description_is_one_that_programs_can_meet(invented_site: Site) -> None:
    """Each code is documented at an operation, and each operation's codes are of the table."""
    document = httpx.get(f"{invented_site.url}/api/schema/openapi.json").json()
    codes = set(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"])
    told = json.dumps(document["paths"], ensure_ascii=False)
    elsewhere = {"no_such_address", "method_not_allowed", "number_missing", "rows_missing"}
    assert {code for code in codes if f"`{code}`" not in told} <= elsewhere
