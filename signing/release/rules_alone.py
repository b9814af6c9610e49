"""What a release must keep by itself, before any register is asked (2-formats, "What ties a release together").

Every signature, who may sign what, and that certificates, lists, lookup indexes and changes fit together. What
has to fit the register too is signing.register_rules.
"""

from collections.abc import Callable, Iterable
from typing import NoReturn

import msgspec

from signing.messages import _
from signing.release.release_file import ReleaseRefused
from verify.core import certificate as certificates
from verify.core import changes, kinds, lookup_index, pass_list, statement
from verify.core.changes import Change
from verify.core.errors import Malformed
from verify.core.keyring import Key, Keyring
from verify.core.statement import Kind, Statement


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One statement of a release, its signature checked."""

    place: int
    """Counted from 1."""
    kind: Kind
    data: bytes
    digest: bytes
    key: Key
    issued_at: int


class Certified(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A certificate of the release, as the rules need it."""

    entry: Entry
    number: str
    exam: str
    short: bytes


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A pass list of the release; ``shorts`` is empty for a notice."""

    entry: Entry
    exam: str
    stage: pass_list.Stage
    revision: int
    shorts: frozenset[bytes]


class Indexed(msgspec.Struct, frozen=True, kw_only=True):
    """A lookup index of the release: lookup keys by number. Its repr shows none."""

    entry: Entry
    exam: str
    revision: int
    keys: dict[str, bytes]

    def __repr__(self) -> str:
        return f"Indexed(exam={self.exam!r}, revision={self.revision})"


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the release."""

    entry: Entry
    change: Change


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A release whose statements are genuine and fit together."""

    entries: tuple[Entry, ...]
    certificates: dict[str, Certified]
    """By number."""
    lists: tuple[Listed, ...]
    indexes: dict[str, Indexed]
    """By exam."""
    changes: tuple[Changed, ...]


class _Reading:
    """The parts of a release as they are read."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring
        self.entries: list[Entry] = []
        self.certificates: dict[str, Certified] = {}
        self.lists: list[Listed] = []
        self.indexes: dict[str, Indexed] = {}
        self.changes: list[Changed] = []

    def take(self, place: int, source: Statement) -> None:
        """Checks one statement by itself and files it."""
        key = _signer(source, self.keyring, place)
        if key.use != kinds.of(source).use(source):
            refuse("key_wrong_use", _("its key may not sign statements of this kind"), place)
        entry = Entry(
            place=place,
            kind=source.kind,
            data=source.data,
            digest=source.digest,
            key=key,
            issued_at=source.claims.get(statement.IAT, 0),
        )
        try:
            if source.kind is Kind.CERTIFICATE:
                self._certificate(entry, certificates.read(source))
            elif source.kind is Kind.PASS_LIST:
                self._list(entry, pass_list.read(source))
            elif source.kind is Kind.LOOKUP_INDEX:
                self._index(entry, lookup_index.read(source))
            elif source.kind is Kind.CHANGE:
                self.changes.append(Changed(entry=entry, change=changes.read(source)))
            else:
                refuse("wrong_kind", _("no release holds statements of this kind"), place)
        except Malformed as error:
            refuse(error.code, error.detail, place)
        self.entries.append(entry)

    def _may_sign(self, entry: Entry, exam: str) -> str:
        """The exam's programme, which the entry's key must be allowed to sign for."""
        programme = exam.partition("-")[0]
        if self.keyring.programme(programme) is None:
            refuse(
                "unknown_programme", _("the keyring does not name programme {name}").format(name=programme), entry.place
            )
        if not entry.key.may_sign_for(programme):
            reason = _("its key may not sign for programme {name}").format(name=programme)
            refuse("key_wrong_programme", reason, entry.place)
        return programme

    def _certificate(self, entry: Entry, certificate: certificates.Certificate) -> None:
        programme = self._may_sign(entry, certificate.exam)
        number = certificate.number
        _check_number(certificate, programme, self.keyring, entry.place)
        if number in self.certificates:
            refuse("number_used", _("number {number} stands twice in the release").format(number=number), entry.place)
        self.certificates[number] = Certified(
            entry=entry, number=number, exam=certificate.exam, short=entry.digest[:16]
        )

    def _list(self, entry: Entry, listed: pass_list.PassList) -> None:
        self._may_sign(entry, listed.exam)
        shorts = frozenset(row.certificate for row in listed.rows if row.certificate is not None)
        if listed.stage == "final" and len(shorts) < len(listed.rows):
            refuse(
                "named_twice", _("the list of {exam} names a certificate twice").format(exam=listed.exam), entry.place
            )
        self.lists.append(
            Listed(entry=entry, exam=listed.exam, stage=listed.stage, revision=listed.revision, shorts=shorts)
        )

    def _index(self, entry: Entry, index: lookup_index.LookupIndex) -> None:
        self._may_sign(entry, index.exam)
        keys = dict(index.rows)
        if index.exam in self.indexes or len(keys) < len(index.rows):
            refuse(
                "indexed_twice", _("the lookup index of {exam} has a number twice").format(exam=index.exam), entry.place
            )
        self.indexes[index.exam] = Indexed(entry=entry, exam=index.exam, revision=index.revision, keys=keys)


def check(statements: Iterable[Statement], keyring: Keyring, advance: Callable[[], None]) -> Release:
    """Checks ``statements`` against the newest keyring; ``advance`` is called after each.

    Raises ReleaseRefused at the first breach.
    """
    reading = _Reading(keyring)
    for place, source in enumerate(statements, start=1):
        reading.take(place, source)
        advance()
    _check_named(reading)
    _check_indexes(reading)
    return Release(
        entries=tuple(reading.entries),
        certificates=reading.certificates,
        lists=tuple(reading.lists),
        indexes=reading.indexes,
        changes=tuple(reading.changes),
    )


def refuse(code: str, reason: str, place: int | None = None) -> NoReturn:
    """Raises ReleaseRefused."""
    raise ReleaseRefused(code, reason, place)


def _signer(source: Statement, keyring: Keyring, place: int) -> Key:
    keys = keyring.with_kid(source.kid)
    if not keys:
        refuse("unknown_key", _("the keyring does not hold its key"), place)
    for key in keys:
        if statement.signed_by(source, key.public):
            return key
    refuse("signature_bad", _("its signature does not fit: it was altered, or not signed by the centre"), place)


def _check_number(certificate: certificates.Certificate, code: str, keyring: Keyring, place: int) -> None:
    """A default number is its programme's and term's own; a centre's own number has not that shape."""
    number = certificate.number
    programme = keyring.programme(code)
    if certificates.is_slip(number, keyring.default_numbered):
        refuse("number_check", _("number {number} has a wrong check character").format(number=number), place)
    default = certificates.has_default_shape(number, keyring.default_numbered)
    if programme is not None and programme.numbering == "default":
        term = certificate.term
        if not default or not number.startswith(f"{code}{term[2:4]}{term[5:7]}"):
            refuse("number_shape", _("number {number} is not of the programme's scheme").format(number=number), place)
    elif default:
        reason = _("number {number} has the shape of the default scheme, and its programme has its own")
        refuse("number_shape", reason.format(number=number), place)


def _check_named(reading: _Reading) -> None:
    """The release's final lists and replacements name its certificates, each of them and no others."""
    by_short = {certified.short: certified for certified in reading.certificates.values()}
    named: set[bytes] = set()
    for listed in reading.lists:
        missing = listed.shorts - by_short.keys()
        if missing:
            reason = _("the list of {exam} names {count} certificates that are not in the release")
            refuse("certificate_missing", reason.format(exam=listed.exam, count=len(missing)), listed.entry.place)
        for short in listed.shorts:
            if by_short[short].exam != listed.exam:
                reason = _("the list of {exam} names a certificate of another exam")
                refuse("wrong_exam", reason.format(exam=listed.exam), listed.entry.place)
        named |= listed.shorts
    for changed in reading.changes:
        replacement = changed.change.replacement
        if (changed.change.action == "replaced") is (replacement is None):
            refuse(
                "replacement", _("a replacement belongs to the change “replaced”, and to no other"), changed.entry.place
            )
        if replacement is not None:
            certified = reading.certificates.get(replacement.number)
            if certified is None or certified.short != replacement.short:
                reason = _("the replacement {number} is not in the release").format(number=replacement.number)
                refuse("certificate_missing", reason, changed.entry.place)
            named.add(replacement.short)
    for short, certified in by_short.items():
        if short not in named:
            reason = _("no final list and no replacement in the release names certificate {number}")
            refuse("not_listed", reason.format(number=certified.number), certified.entry.place)


def _check_indexes(reading: _Reading) -> None:
    """Each final list comes with its lookup index, and so does each replacement."""
    for listed in reading.lists:
        if listed.stage != "final":
            continue
        index = reading.indexes.get(listed.exam)
        if index is None:
            refuse("index_missing", _("the lookup index of {exam} is not in the release").format(exam=listed.exam))
        numbers = {number for number, c in reading.certificates.items() if c.short in listed.shorts}
        if not numbers <= index.keys.keys():
            refuse("index_incomplete", _("the lookup index of {exam} lacks certificates").format(exam=listed.exam))
    for changed in reading.changes:
        change = changed.change
        if change.replacement is None:
            continue
        exam = reading.certificates[change.replacement.number].exam
        index = reading.indexes.get(exam)
        if index is None:
            refuse("index_missing", _("the lookup index of {exam} is not in the release").format(exam=exam))
        old, new = index.keys.get(change.certificate.number), index.keys.get(change.replacement.number)
        if old is None or new is None:
            refuse("index_incomplete", _("the lookup index of {exam} lacks certificates").format(exam=exam))
        if old != new and change.reason != "registration_error":
            reason = _("the replacement of {number} is filed under another person")
            refuse("other_person", reason.format(number=change.certificate.number), changed.entry.place)
