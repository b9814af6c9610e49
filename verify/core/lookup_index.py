"""Lookup indexes: which certificate numbers an exam filed under which lookup key. Never shown to anybody."""

from typing import Final

import msgspec

from verify.core import fields
from verify.core.statement import IAT, Draft, Kind, Statement, draft

_WHAT: Final = "lookup index"


class LookupIndex(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of an exam's lookup index; a later one replaces it whole."""

    exam: str
    revision: int
    secret_id: bytes
    rows: tuple[tuple[str, bytes], ...]
    """Certificate number and lookup key (32 bytes)."""
    issued_at: int

    def draft(self, kid: bytes) -> Draft:
        """The statement to be signed by the certificate key ``kid``."""
        content: dict[int, object] = {1: self.exam, 2: self.revision, 3: self.secret_id, 4: list(self.rows)}
        return draft(Kind.LOOKUP_INDEX, kid, {IAT: self.issued_at}, content)


_row = fields.fixed(fields.number, fields.octets(32))


def read(statement: Statement) -> LookupIndex:
    """The lookup index that ``statement`` holds. Raises Malformed for any breach of statements.cddl."""
    if statement.kind is not Kind.LOOKUP_INDEX:
        fields.refuse(f"{_WHAT}: a statement of another kind")
    content = fields.content(statement, _WHAT, (1, 2, 3, 4))
    index = LookupIndex(
        exam=content.get(1, "exam", fields.exam),
        revision=content.get(2, "revision", fields.uint),
        secret_id=content.get(3, "secret id", fields.octets(4)),
        rows=tuple((number, key) for number, key in content.get(4, "rows", fields.array(_row))),
        issued_at=fields.issued_at(statement, _WHAT),
    )
    if index.revision < 1:
        fields.refuse(f"{_WHAT}: revisions count from 1")
    return index
