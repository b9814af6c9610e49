"""The API's description against what the service answers, by a fuzzer that believes every word of it."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx

from tests import PROJECT
from tests.web.conftest import Site
from tests.web.pages import GONE


def test_a_fuzzer_finds_no_answer_that_the_description_does_not_foretell(invented_site: Site, tmp_path: Path) -> None:
    """Schemathesis with all checks, none relaxed, and real files (real_files.py): no failure on any operation."""
    config = ["--config-file", str(PROJECT / "schemathesis.toml")]
    run = ["run", f"{invented_site.url}/api/schema/openapi.json", "--checks", "all", "--max-examples", "15"]
    command = [sys.executable, "-m", "schemathesis.cli", *config, *run, "--generation-deterministic", "--no-color"]
    statements = invented_site.register.statements
    # The fuzzer asks for each list that /exams names, and takes 410 for a refusal of good data.
    invented_site.register.statements = [data for data in statements if GONE.encode() not in data]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=600)
    finally:
        invented_site.register.statements = statements
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Failures:" not in done.stdout


def test_no_check_of_the_fuzzer_is_switched_off_or_relaxed() -> None:
    """Its configuration names the real files and nothing else."""
    assert tomllib.loads((PROJECT / "schemathesis.toml").read_text("utf-8")) == {"hooks": "tests.web.real_files"}


def test_every_problem_of_the_description_is_one_that_programs_can_meet(invented_site: Site) -> None:
    """Each code is documented at an operation, and each operation's codes are of the table."""
    document = httpx.get(f"{invented_site.url}/api/schema/openapi.json").json()
    codes = set(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"])
    told = json.dumps(document["paths"], ensure_ascii=False)
    elsewhere = {
        # Of pages, or of the connection itself before there is an operation.
        "no_such_address",
        "method_not_allowed",
        "number_missing",
        "rows_missing",
        "bad_day",
        "personal_number",
        "crowded",
        "headers_too_large",
        "too_slow",
    }
    assert {code for code in codes if f"`{code}`" not in told} <= elsewhere
