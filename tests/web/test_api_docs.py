"""The guides for programs: every example of them runs against a service, in both languages."""

import os
import re
import subprocess
import sys

import pytest

from tests import PROJECT
from tests import invented_exam as exam
from tests.web.conftest import Site
from verify.files import refusals
from verify.http.answers.problem_table import KINDS

GUIDES = ["docs/api.md", "docs/api.zh-CN.md"]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_example_of_the_guide_runs(invented_site: Site, guide: str) -> None:
    """Each shell and Python block ends well, with the invented exam's certificate."""
    blocks = BLOCK.findall((PROJECT / guide).read_text("utf-8"))
    assert len(blocks) >= 8
    environ = os.environ | {"BASE": invented_site.url, "QR": exam.VALID.qr, "ID_NUMBER": exam.VALID.id_number}
    for language, text in blocks:
        command = ["bash", "-euo", "pipefail", "-c", text] if language == "sh" else [sys.executable, "-c", text]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, text + done.stdout + done.stderr


@pytest.mark.parametrize("guide", GUIDES)
def test_the_guide_names_every_code(guide: str) -> None:
    """No problem code is missing, but those of files, which the OpenAPI tells, and those that only pages answer."""
    text = (PROJECT / guide).read_text("utf-8")
    others = {*refusals.DETAILS, "file_missing", "rows_missing", "bad_day", "personal_number"}
    assert [code for code in KINDS if f"`{code}`" not in text and code not in others] == []


def test_both_guides_have_the_same_examples() -> None:
    """The Chinese guide's examples are the English one's but for what they print."""
    english, chinese = (BLOCK.findall((PROJECT / guide).read_text("utf-8")) for guide in GUIDES)
    assert [re.sub(r"print\(.*\)", "", text) for _, text in english] == [
        re.sub(r"print\(.*\)", "", text) for _, text in chinese
    ]
