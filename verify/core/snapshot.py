"""The snapshot: every certificate that is not simply valid, for verifiers without a network."""

from typing import Final, Literal, cast, get_args

import msgspec

from verify.core import fields
from verify.core.statement import IAT, Draft, Kind, Statement, draft

_WHAT: Final = "snapshot"
Standing = Literal["suspended", "revoked", "replaced", "withdrawn"]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Every certificate that is not simply valid, at one moment and log size."""

    taken_at: int
    log_size: int
    standings: dict[bytes, Standing]
    """By the first 8 bytes of the certificate's SHA-256."""
    issued_at: int

    def draft(self, kid: bytes) -> Draft:
        """The statement to be signed by the status key ``kid``."""
        content: dict[int, object] = {1: self.taken_at, 2: self.log_size, 3: self.standings}
        return draft(Kind.SNAPSHOT, kid, {IAT: self.issued_at}, content)


_standing = fields.one_of(*get_args(Standing))
_key = fields.octets(8)


def _standings(value: object, what: str) -> dict[bytes, Standing]:
    if not isinstance(value, dict):
        fields.refuse(f"{_WHAT}: not a map")
    return {_key(key, what): cast(Standing, _standing(item, what)) for key, item in value.items()}


def read(statement: Statement) -> Snapshot:
    """The snapshot that ``statement`` holds. Raises Malformed for any breach of statements.cddl."""
    if statement.kind is not Kind.SNAPSHOT:
        fields.refuse(f"{_WHAT}: a statement of another kind")
    content = fields.content(statement, _WHAT, (1, 2, 3))
    return Snapshot(
        taken_at=content.get(1, "time", fields.time),
        log_size=content.get(2, "log size", fields.uint),
        standings=content.get(3, "standings", _standings),
        issued_at=fields.issued_at(statement, _WHAT),
    )
