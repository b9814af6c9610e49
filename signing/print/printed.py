"""What the ledger knows of paper: which certificate was printed when, and printed again."""

from typing import Final

from signing.ledger.book import Ledger

_BAD: Final = ("suspended", "revoked", "replaced")


def printed(ledger: Ledger) -> dict[str, int]:
    """When each certificate was first printed, on a paper of its own or in one file for the printer, by number."""
    return ledger.first_printed("printed", "in_batch")


def single(ledger: Ledger) -> dict[str, int]:
    """When each certificate was first printed on a paper of its own, by number."""
    return ledger.first_printed("printed")


def not_in_force(ledger: Ledger) -> dict[str, str]:
    """The certificates that were revoked, replaced or suspended and not reinstated, and which of it, by number."""
    standing = {change.number: change.action for change in ledger.changes()}
    return {number: action for number, action in standing.items() if action in _BAD}
