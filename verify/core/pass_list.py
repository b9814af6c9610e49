"""Pass lists: an exam's notice, for objections, and its final list, which names each certificate by hash."""

from typing import Final, Literal, cast

import msgspec

from verify.core import fields
from verify.core.fields import Names
from verify.core.statement import IAT, Draft, Kind, Statement, draft

Stage = Literal["notice", "final"]

_WHAT: Final = "pass list"
_ROW: Final = 4
"""Elements of a row."""


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One person on a list, as shown to everybody."""

    serial: int
    name: str
    id: str
    certificate: bytes | None = None
    """The first 16 bytes of the certificate's SHA-256; None on a notice."""


class PassList(msgspec.Struct, frozen=True, kw_only=True):
    """One revision of an exam's pass list. Times are seconds since 1970, dates ``YYYY-MM-DD``."""

    exam: str
    programme: str
    stage: Stage
    revision: int
    objections_until: int | None
    contact: str
    public_until: int | None
    rows: tuple[Row, ...]
    title: Names
    held_on: str
    planned_on: str | None = None
    """The date first planned, where the exam was moved."""
    issued_at: int

    def draft(self, kid: bytes) -> Draft:
        """The statement to be signed by the certificate key ``kid``."""
        content: dict[int, object] = {
            1: self.exam,
            2: self.programme,
            3: self.stage,
            4: self.revision,
            5: self.objections_until,
            6: self.contact,
            7: self.public_until,
            8: [[row.serial, row.name, row.id, row.certificate] for row in self.rows],
            9: {1: self.title.cbor(), 2: self.held_on, 3: self.planned_on},
        }
        return draft(Kind.PASS_LIST, kid, {IAT: self.issued_at}, content)


def _row(value: object, what: str) -> Row:
    if not isinstance(value, list) or len(value) != _ROW:
        fields.refuse(f"{what}: not an array of {_ROW}")
    serial, name, shown, certificate = value
    return Row(
        serial=fields.uint(serial, what),
        name=fields.text(name, what),
        id=fields.text(shown, what),
        certificate=None if certificate is None else fields.short(certificate, what),
    )


def read(statement: Statement) -> PassList:
    """The pass list that ``statement`` holds. Raises Malformed for any breach of statements.cddl."""
    if statement.kind is not Kind.PASS_LIST:
        fields.refuse(f"{_WHAT}: a statement of another kind")
    content = fields.content(statement, _WHAT, range(1, 10))
    event = fields.Map(statement.content.get(9), f"{_WHAT}: exam", (1, 2, 3))
    read_list = PassList(
        exam=content.get(1, "exam", fields.exam),
        programme=content.get(2, "programme", fields.code),
        stage=cast(Stage, content.get(3, "stage", fields.one_of("notice", "final"))),
        revision=content.get(4, "revision", fields.uint),
        objections_until=content.get(5, "objections until", fields.or_null(fields.time)),
        contact=content.get(6, "contact", fields.text),
        public_until=content.get(7, "public until", fields.or_null(fields.time)),
        rows=content.get(8, "rows", fields.array(_row)),
        title=event.get(1, "title", fields.names),
        held_on=event.get(2, "date", fields.date),
        planned_on=event.get(3, "planned date", fields.or_null(fields.date)),
        issued_at=fields.issued_at(statement, _WHAT),
    )
    if not read_list.exam.startswith(read_list.programme + "-"):
        fields.refuse(f"{_WHAT}: an exam of another programme")
    if read_list.revision < 1:
        fields.refuse(f"{_WHAT}: revisions count from 1")
    if any((row.certificate is None) is not (read_list.stage == "notice") for row in read_list.rows):
        fields.refuse(f"{_WHAT}: a final list names every certificate, a notice none")
    return read_list
