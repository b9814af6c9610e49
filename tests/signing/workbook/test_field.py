"""Workbooks of the kinds that offices reported as broken in tools like ours, each row as it must be judged."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from signing.centre.centre_toml import Centre
from signing.workbook import judging
from tests import PROJECT
from verify.shared.command import Refusal

FIELD = PROJECT / "tests" / "field" / "workbooks"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FIELD / "expected.json").read_text("utf-8"))
# The file names its second row, which has nothing to correct; the variation selector stands in the third.
EXPECTED["invisible-ivs.xlsx"] = {"2": "accepted", "3": "corrected"}
TODAY = datetime.date(2026, 11, 26)
CENTRE = Centre.load(FIELD / "centre.toml")


def verdicts(path: Path) -> dict[int, tuple[str, str | None, bool]]:
    """Of each row its result, its outcome, and whether anything is said of it."""
    return {row.row: (row.result, row.outcome, bool(row.reasons)) for row in judging.read(path, CENTRE, {}, TODAY).rows}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_row_is_judged_as_the_field_expects(name: str) -> None:
    """Accepted, corrected or refused; flagged: never taken without a word; the same: all rows alike, or refused."""
    wanted = EXPECTED[name]
    if "all" in wanted:
        try:
            rows = verdicts(FIELD / name)
        except Refusal:
            return
        assert {result for result, _outcome, _said in rows.values()} == {wanted["all"]}
        return
    rows = verdicts(FIELD / name)
    if "same" in wanted:
        found = {rows[row][:2] for row in wanted["same"]}
        assert len(found) == 1 or {result for result, _outcome in found} == {"refused"}
        return
    for row, result in wanted.items():
        is_result, _outcome, said = rows[int(row)]
        if result == "flagged":
            assert is_result != "accepted" or said, row
        else:
            assert is_result == result, (row, is_result)
