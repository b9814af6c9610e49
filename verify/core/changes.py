"""Changes of a certificate's status, one statement each. Which may follow which is for verify.core.standing."""

from typing import Literal, cast, get_args

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
