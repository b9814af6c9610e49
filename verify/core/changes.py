"""Changes of a certificate's status, and the snapshot that carries all statuses to verifiers without a network."""

from typing import Final, Literal, cast, get_args

import msgspec

from verify.core import fields
from verify.core.statement import IAT, Draft, Kind, Statement, draft

Action = Literal["suspended", "reinstated", "revoked", "replaced"]
Reason = Literal[
    "registration_error",
    "misconduct",
    "false_materials",
    "holder_request",
    "reissued",
    "investigation",
    "key_compromise",
    "other",
]
Standing = Literal["suspended", "revoked", "replaced", "withdrawn"]

FINAL_ACTIONS: Final = ("revoked", "replaced")
"""What no later change can undo."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as a change names it."""

    number: str
    short: bytes


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one certificate's status. Times are seconds since 1970."""

    certificate: Named
    action: Action
    effective_at: int
    reason: Reason
    replacement: Named | None = None
    note: str | None = None
    issued_at: int

    def draft(self, kid: bytes) -> Draft:
        """The statement to be signed by the status key ``kid``."""
        content: dict[int, object] = {
            1: [self.certificate.number, self.certificate.short],
            2: self.action,
            3: self.effective_at,
            4: self.reason,
        }
        if self.replacement is not None:
            content[5] = [self.replacement.number, self.replacement.short]
        if self.note is not None:
            content[6] = self.note
        return draft(Kind.CHANGE, kid, {IAT: self.issued_at}, content)


def _named(value: object, what: str) -> Named:
    number, short = fields.fixed(fields.number, fields.short)(value, what)
    return Named(number=number, short=short)


def read(statement: Statement) -> Change:
    """The change that ``statement`` holds. Raises Malformed for any breach of statements.cddl."""
    what = "change"
    if statement.kind is not Kind.CHANGE:
        fields.refuse(f"{what}: a statement of another kind")
    content = fields.content(statement, what, (1, 2, 3, 4, 5, 6))
    return Change(
        certificate=content.get(1, "certificate", _named),
        action=cast(Action, content.get(2, "action", fields.one_of(*get_args(Action)))),
        effective_at=content.get(3, "effective time", fields.time),
        reason=cast(Reason, content.get(4, "reason", fields.one_of(*get_args(Reason)))),
        replacement=content.find(5, "replacement", _named),
        note=content.find(6, "note", fields.text),
        issued_at=fields.issued_at(statement, what),
    )


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
        fields.refuse(f"{what}: not a map")
    return {_key(key, what): cast(Standing, _standing(item, what)) for key, item in value.items()}


def read_snapshot(statement: Statement) -> Snapshot:
    """The snapshot that ``statement`` holds. Raises Malformed for any breach of statements.cddl."""
    what = "snapshot"
    if statement.kind is not Kind.SNAPSHOT:
        fields.refuse(f"{what}: a statement of another kind")
    content = fields.content(statement, what, (1, 2, 3))
    return Snapshot(
        taken_at=content.get(1, "time", fields.time),
        log_size=content.get(2, "log size", fields.uint),
        standings=content.get(3, "standings", _standings),
        issued_at=fields.issued_at(statement, what),
    )
