"""One statement of a release by itself: its signature, who may sign what, and a certificate's number."""

from collections.abc import Sequence
from typing import Final, cast

import msgspec

from signing.messages import _
from signing.release.release_file import RELEASED, ReleaseRefused, damaged, refuse
from verify.core import certificate as certificates
from verify.core import kinds, signed, statement
from verify.core.certificate import Certificate
from verify.core.errors import NotBelieved, Unreadable
from verify.core.keyring import Keyring
from verify.core.signed import Genuine
from verify.core.statement import Statement
from verify.shared import command

_SMALL: Final = 1 << 10
"""Bytes of a statement that may be a certificate: what is larger is left to the process that has all of them."""
Item = tuple[int, bytes]
"""A statement and its place, counted from 1."""


class Looked(msgspec.Struct, frozen=True, gc=False):
    """What is kept of a certificate that is in order by itself; a worker process sends it."""

    digest: bytes
    key: bytes
    issued_at: int
    number: str
    exam: str


class Alone:
    """Checks statements one by one."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._default_numbered = tuple(keyring.default_numbered)

    def read(self, item: Item) -> tuple[Statement, Genuine[object]]:
        """The statement. Raises ReleaseRefused."""
        place, data = item
        try:
            source = statement.decode(data)
            found = signed.genuine(object, source, self._keyring)
        except Unreadable as error:
            raise damaged(error, place) from None
        except NotBelieved as error:
            refuse(error.code, reason(error), place)
        if source.kind not in RELEASED:
            refuse("wrong_kind", _("no release holds statements of this kind"), place)
        said = kinds.of(source).programme
        if said is not None and self._keyring.programme(str(said(source))) is None:
            words = _("the keyring does not name programme {name}").format(name=said(source))
            refuse("unknown_programme", words, place)
        if isinstance(found.content, Certificate):
            self._check_number(found.content, place)
        return source, found

    def look(self, item: Item) -> Looked | None:
        """What is kept of a certificate; None where it is none. Raises ReleaseRefused."""
        _source, found = self.read(item)
        return kept(found) if isinstance(found.content, Certificate) else None

    def _check_number(self, certificate: Certificate, place: int) -> None:
        """A default number is its programme's and term's own; a centre's own, as old papers have, not its shape."""
        number, code = certificate.number, certificate.programme
        programme = self._keyring.programme(code)
        default = certificates.has_default_shape(number, self._default_numbered)
        if default and certificates.check_character(number[:-1]) != number[-1]:
            refuse("number_check", _("number {number} has a wrong check character").format(number=number), place)
        if programme is not None and programme.numbering == "default" and certificate.paper_date is None:
            term = certificate.term
            if not default or not number.startswith(f"{code}{term[2:4]}{term[5:7]}"):
                words = _("number {number} is not of the programme's scheme").format(number=number)
                refuse("number_shape", words, place)
        elif default:
            words = _("number {number} has the shape of the default scheme, and its programme has its own")
            refuse("number_shape", words.format(number=number), place)


def kept(found: Genuine[object]) -> Looked:
    """What is kept of a certificate."""
    certificate = cast(Certificate, found.content)
    return Looked(
        digest=found.digest,
        key=found.key.public,
        issued_at=certificate.issued_at,
        number=certificate.number,
        exam=certificate.exam,
    )


def look(keyring: Keyring, items: Sequence[Item]) -> list[Looked | ReleaseRefused | None]:
    """The small certificates among ``items``, or why one is refused; runs in a worker where there are many."""
    alone = Alone(keyring)

    def one(item: Item) -> Looked | ReleaseRefused | None:
        try:
            return alone.look(item) if len(item[1]) <= _SMALL else None
        except ReleaseRefused as refused:
            return refused

    return [one(item) for item in items]


def reason(error: NotBelieved) -> str:
    """Why a statement is not believed, in the reader's language where it is one of the usual things."""
    usual = {
        "unknown_key": _("the keyring does not hold its key"),
        "signature_bad": _("its signature does not fit: it was altered, or not signed by the centre"),
        "key_wrong_use": _("its key may not sign statements of this kind"),
        "key_wrong_programme": _("its key may not sign for this programme"),
        "key_compromised": _("its key is compromised"),
        "key_not_active": _("its key is no longer active"),
        "replacement": _("a replacement belongs to the change “replaced”, and to no other"),
        "not_registered": _("the certificate that it changes is not registered"),
        "change_after_final": _("the certificate is revoked or replaced, which is final"),
        "change_out_of_turn": _("the certificate cannot be suspended or reinstated as it stands"),
        "change_order": _("it takes effect before the change before it"),
        "change_ahead": _("it takes effect after it was signed"),
        "wrong_exam": _("the replacement is of another exam, or itself"),
        "number_used": _("the number is another certificate's already"),
        "certificate_missing": _("the replacement is not in the release"),
    }
    return usual.get(error.code) or command.said(error.detail)
