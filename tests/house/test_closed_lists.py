"""What may stand in a field is declared once, in the core; what another language must say too is held to it here.

A new status reason, key use or standing is one entry of the core's, and this names every other place that lacks it.
"""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from keys.commands import looking
from tests import PROJECT
from verify.core.changes import Action, Reason
from verify.core.keyring import Numbering, State, Use
from verify.core.kinds import KINDS
from verify.core.pass_list import Stage
from verify.core.snapshot import Standing
from verify.core.statement import Kind

LISTS: dict[str, Any] = {
    "action": Action,
    "reason": Reason,
    "use": Use,
    "state of a key": State,
    "numbering": Numbering,
    "stage": Stage,
    "standing": Standing,
}
PLACES = {
    "migrations/sql/*.sql": (r"'\^\([a-z_|]+\)\$'", {"action", "reason", "stage"}),
    "verify/web/src/verifier/*.ts": (r'(?:"[a-z_]+",\s*)+"[a-z_]+"', set(LISTS)),
    "docs/spec/statements.cddl": (r'(?:"[a-z_]+"\s*/\s*)+"[a-z_]+"', set(LISTS)),
}
"""How a list is written there, and which of them stand there."""


def said(pattern: str, written: str) -> set[frozenset[str]]:
    """Every list that stands in some files."""
    texts = [path.read_text("utf-8") for path in Path(PROJECT).glob(pattern)]
    return {frozenset(re.findall(r"[a-z_]+", found)) for text in texts for found in re.findall(written, text)}


@pytest.mark.parametrize("pattern", PLACES)
def test_every_language_has_the_cores_lists(pattern: str) -> None:
    """The database, the browser's verifier and the specification allow what the core allows, and nothing else."""
    written, expected = PLACES[pattern]
    there = said(pattern, written)
    assert [name for name in sorted(expected) if frozenset(get_args(LISTS[name])) not in there] == []


def test_each_kind_of_statement_and_each_use_of_a_key_is_one_entry() -> None:
    """Of the table of kinds, and of the words by which the custodian is told of a key."""
    assert set(KINDS) == set(Kind)
    assert set(looking.uses()) == set(get_args(Use))
