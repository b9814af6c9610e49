"""What the ledger knows of paper: which certificate was printed when, and printed again."""

from collections.abc import Iterable
from typing import Final, Literal

from signing.ledger.book import Ledger

Event = Literal["printed", "reprinted", "labelled"]

_BAD: Final = ("suspended", "revoked", "replaced")


def printed(ledger: Ledger) -> dict[str, int]:
    """When each certificate was first printed, by number."""
    rows = ledger.db.execute("SELECT subject, min(at) FROM event WHERE what = 'printed' GROUP BY subject")
    return {row[0]: row[1] for row in rows}


def record(ledger: Ledger, what: Event, numbers: Iterable[str], at: int) -> None:
    """Notes for ever that these certificates were printed, or printed again; on disk when this returns."""
    with ledger.transaction():
        ledger.db.executemany(
            "INSERT INTO event (at, what, subject) VALUES (?, ?, ?)", ((at, what, number) for number in numbers)
        )


def not_in_force(ledger: Ledger) -> dict[str, str]:
    """The certificates that were revoked, replaced or suspended and not reinstated, and which of it, by number."""
    standing = {change.number: change.action for change in ledger.changes()}
    return {number: action for number, action in standing.items() if action in _BAD}
