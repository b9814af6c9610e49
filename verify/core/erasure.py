"""Erasures: which statements' bodies are no longer kept, and why; their hashes and places in the log stay."""

from typing import Final

import msgspec

from verify.core import fields
from verify.core.statement import IAT, Draft, Kind, Statement, draft

_WHAT: Final = "erasure"


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What is erased: statements by SHA-256, and the certificate numbers that they were of."""

    digests: tuple[bytes, ...]
    numbers: tuple[str, ...]
    reason: str
    issued_at: int

    def draft(self, kid: bytes) -> Draft:
        """The statement to be signed by the status key ``kid``."""
        content: dict[int, object] = {1: list(self.digests), 2: list(self.numbers), 3: self.reason}
        return draft(Kind.ERASURE, kid, {IAT: self.issued_at}, content)


def read(statement: Statement) -> Erasure:
    """The erasure that ``statement`` holds. Raises Malformed for any breach of statements.cddl."""
    if statement.kind is not Kind.ERASURE:
        fields.refuse(f"{_WHAT}: a statement of another kind")
    content = fields.content(statement, _WHAT, (1, 2, 3))
    return Erasure(
        digests=content.get(1, "digests", fields.array(fields.digest, 1)),
        numbers=content.get(2, "numbers", fields.array(fields.number, 1)),
        reason=content.get(3, "reason", fields.text),
        issued_at=fields.issued_at(statement, _WHAT),
    )
