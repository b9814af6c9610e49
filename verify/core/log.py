"""The transparency log's entries: one for each published statement, without personal data."""

from verify.core.statement import Statement


def entry(statement: Statement) -> bytes:
    """The 33 bytes logged for ``statement``: its kind and its SHA-256 (2-formats, Transparency log)."""
    return bytes([statement.kind]) + statement.digest
