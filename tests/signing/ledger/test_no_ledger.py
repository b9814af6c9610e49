"""Files that are no ledger."""

import functools
import sqlite3
from pathlib import Path

import pytest

from signing.ledger.book import Ledger
from signing.ledger.ledger_file import Origin, make
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


def test_a_ledger_that_another_program_changes_is_said_to_be_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clerk who left it open in a browser of databases is told what to close, in the clerk's language."""
    path = tmp_path / "ledger.sqlite"
    make(path, Origin(root=bytes(32), begun_at=0))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, timeout=0.0))
    with pytest.raises(Refusal, match="另一个程序打开了它"):
        Ledger(path)
    other.close()
    Ledger(path).close()
