"""Certificates: their claims, and certificate numbers.

A number's normal form is what is signed, filed and compared (2-formats, Certificate number).
"""

import datetime
import re
from collections.abc import Iterable
from typing import Final

import msgspec

from verify.core import china_time, exam_code, fields
from verify.core.errors import Malformed
from verify.core.identity import compact
from verify.core.statement import CTI, EXP, IAT, Draft, Kind, Statement, draft

MAX_NAME: Final = 50
"""Code points of a holder's name."""

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES: Final = {character: value for value, character in enumerate(_ALPHABET)}
_PRODUCTS: Final = tuple(
    {character: ((product + value) % 36 or 36) * 2 % 37 for character, value in _VALUES.items()}
    for product in range(37)
)
"""What a character makes of each product of MOD 37,36."""
_NUMBER: Final = re.compile(r"[0-9A-Z]{4,32}")
_WHAT: Final = "certificate"


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate says. Times are seconds since 1970."""

    number: str
    holder: str
    id_hint: str
    """The last 4 characters of the ID key, or all of a shorter one; of an older paper perhaps nothing."""
    programme: str
    term: str
    issued_at: int
    expires_at: int | None = None
    paper_date: str | None = None
    """The date on an older paper, ``YYYY-MM-DD``, where this statement was made after it."""

    @property
    def begins_at(self) -> int:
        """From when it says that it holds: its time of issue, or the beginning of an older paper's day."""
        return self.issued_at if self.paper_date is None else china_midnight(self.paper_date)

    @property
    def exam(self) -> str:
        """The exam's code, programme and term: ``CEM-2022-04``."""
        return exam_code.join(self.programme, self.term)

    def draft(self, kid: bytes) -> Draft:
        """The statement to be signed by the certificate key ``kid``."""
        registered: dict[int, object] = {IAT: self.issued_at, CTI: self.number.encode("ascii")}
        if self.expires_at is not None:
            registered[EXP] = self.expires_at
        content: dict[int, object] = {1: self.holder, 2: self.id_hint, 3: self.programme, 4: self.term}
        if self.paper_date is not None:
            content[6] = self.paper_date
        return draft(Kind.CERTIFICATE, kid, registered, content)


def read(statement: Statement) -> Certificate:
    """The certificate that ``statement`` holds. Raises Malformed for any breach of statements.cddl."""
    if statement.kind is not Kind.CERTIFICATE:
        raise Malformed("not_a_certificate", "a statement of another kind than a certificate")
    content = fields.content(statement, _WHAT, (1, 2, 3, 4, 6))
    paper_date = content.find(6, "date on the paper", _date)
    certificate = Certificate(
        number=_number(statement),
        holder=content.get(1, "holder", _holder),
        id_hint=content.get(2, "ID hint", _id_hint if paper_date is None else _perhaps_id_hint),
        programme=content.get(3, "programme", fields.code),
        term=content.get(4, "term", fields.term),
        issued_at=fields.issued_at(statement, _WHAT, (EXP, CTI)),
        expires_at=fields.expires_at(statement, _WHAT),
        paper_date=paper_date,
    )
    if certificate.begins_at > certificate.issued_at:
        fields.refuse(f"{_WHAT}: date on the paper: after the statement was made")
    if certificate.expires_at is not None and certificate.expires_at <= certificate.begins_at:
        raise Malformed("expires_before_issue", "it expires before it was issued")
    return certificate


def _number(statement: Statement) -> str:
    cti = statement.claims.get(CTI)
    if not isinstance(cti, bytes) or not cti.isascii():
        fields.refuse("certificate: number: not ASCII")
    return fields.number(cti.decode("ascii"), "certificate: number")


def _holder(value: object, what: str) -> str:
    name = fields.text(value, what)
    if not 1 <= len(name) <= MAX_NAME or fields.has_control(name):
        fields.refuse(f"{what}: not 1 to {MAX_NAME} characters without control or format characters")
    return name


def _id_hint(value: object, what: str) -> str:
    hint = fields.text(value, what)
    if not 1 <= len(hint) <= 4 or fields.has_control(hint):
        fields.refuse(f"{what}: not 1 to 4 characters")
    return hint


def _perhaps_id_hint(value: object, what: str) -> str:
    """Of an older paper whose holder's ID number is not known, nothing."""
    return "" if value == "" else _id_hint(value, what)


def _date(value: object, what: str) -> str:
    day = fields.date(value, what)
    try:
        china_midnight(day)
    except ValueError:
        fields.refuse(f"{what}: no date of the calendar")
    return day


def china_midnight(day: str) -> int:
    """When ``day`` (``YYYY-MM-DD``) begins in Asia/Shanghai, in seconds since 1970. Raises ValueError for no date."""
    return china_time.start_of(datetime.date.fromisoformat(day))


def normal_number(text: str) -> str | None:
    """``text``, as somebody typed it, in normal form; None when no certificate number can have that form."""
    number = compact(text)
    return number if _NUMBER.fullmatch(number) else None


def check_character(body: str) -> str:
    """The ISO 7064 MOD 37,36 check character of ``body`` (0-9A-Z)."""
    product = 36
    for character in body:
        product = _PRODUCTS[product][character]
    return _ALPHABET[(37 - product) % 36]


def default_number(programme: str, term: str, serial: int) -> str:
    """The number of the default scheme: programme, year and month of the term, serial from 1, check character.

    Raises ValueError when ``serial`` does not fit six digits.
    """
    if not 1 <= serial <= 999_999:
        raise ValueError("a serial of the default scheme runs from 1 to 999999")
    body = f"{programme}{term[2:4]}{term[5:7]}{serial:06d}"
    return body + check_character(body)


def has_default_shape(number: str, programmes: Iterable[str]) -> bool:
    """Whether ``number`` has the default scheme's shape for one of ``programmes`` (those with default numbering)."""
    return any(
        len(number) == len(code) + 11 and number.startswith(code) and number[len(code) : -1].isdecimal()
        for code in programmes
    )


def is_slip(number: str, programmes: Iterable[str]) -> bool:
    """Whether ``number`` (normal form) has the default shape and a check character that is wrong."""
    return check_character(number[:-1]) != number[-1] and has_default_shape(number, programmes)


def default_serial(number: str, programme: str) -> int:
    """The serial of a default number of ``programme``."""
    return int(number[len(programme) + 4 : -1])
