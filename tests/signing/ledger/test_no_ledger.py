"""Files that are no ledger."""

import sqlite3
from pathlib import Path

import pytest

from signing.ledger.book import Ledger
from verify.shared.command import Refusal


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    """Nothing is written into somebody's other database."""
    other = sqlite3.connect(tmp_path / "ledger.sqlite")
    other.execute("CREATE TABLE theirs (x)")
    other.close()
    with pytest.raises(Refusal, match="not a ledger"):
        Ledger(tmp_path / "ledger.sqlite")
    (tmp_path / "text.sqlite").write_text("no database at all, but long enough to be looked at" * 40)
    with pytest.raises(Refusal, match="ledger"):
        Ledger(tmp_path / "text.sqlite")
