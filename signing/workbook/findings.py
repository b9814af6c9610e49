"""One remark on one row of a workbook: a correction, a refusal, or what decided the outcome."""

import msgspec

from signing.workbook.headers import Column


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Never holds a name or an ID number."""

    column: Column | None
    code: str
    message: str
    refuses: bool = False
    corrects: bool = False
    cell: str | None = None
    """Where it stands, if not in the row's cell of ``column``."""


def refused(column: Column | None, code: str, message: str) -> Finding:
    """A finding that keeps the row from being signed."""
    return Finding(column=column, code=code, message=message, refuses=True)


def corrected(column: Column | None, code: str, message: str) -> Finding:
    """A finding of something that was put right."""
    return Finding(column=column, code=code, message=message, corrects=True)


def remarked(column: Column | None, code: str, message: str) -> Finding:
    """A finding that changes nothing and is said."""
    return Finding(column=column, code=code, message=message)
