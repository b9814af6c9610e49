"""The style as browsers of 2019 take it: what they do not know has something in its place, and no rule is lost."""

import re
from pathlib import Path

import pytest

from tests import PROJECT

STYLE = sorted((PROJECT / "verify" / "http" / "style").glob("*.css"))
OLDER = (PROJECT / "verify" / "http" / "style" / "9_older.css").read_text("utf-8")
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
UNKNOWN = re.compile(
    r"(?:padding|margin)-(?:block|inline)|\b(?:inline|block)-size:|\bclamp\(|color-mix|light-dark|:has\(|:where\(|"
    r"@layer|@container|\bd[vh]+:|[0-9][ds]v[hw]\b|:not\([^)]*,"
)
"""What is not used at all: it has no simple stand-in. Chrome 74 and Safari 12 know none of it."""
LATE = re.compile(r"\binset:|\baspect-ratio:|\bmin\(|\bmax\(")
FLEXIBLE = re.compile(r"display: (?:inline-)?flex")


def rules(path: Path) -> list[tuple[str, str]]:
    """Selectors and declarations, those inside @media too; without comments."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    return [(" ".join(selectors.split()), declared) for selectors, declared in RULE.findall(text)]


@pytest.mark.parametrize("path", STYLE, ids=lambda path: path.name)
def test_phones_of_2019_lose_nothing(path: Path) -> None:
    """What they lack is not used, or its selector stands in 9_older.css; on paper nothing is asked of them."""
    if path.name == "9_paper.css":
        return
    for selectors, declared in rules(path):
        assert not UNKNOWN.search(selectors + declared), selectors
        assert ":focus-visible" not in selectors or "," not in selectors, f"{selectors}: they drop the whole rule"
        if path.name != "9_older.css" and (LATE.search(declared) or (FLEXIBLE.search(declared) and "gap:" in declared)):
            first = selectors.rpartition("{")[2].split(",")[0].strip()
            assert first in OLDER, f"{path.name}: {first}"
