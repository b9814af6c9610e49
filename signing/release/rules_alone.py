"""What a release must keep by itself, before any register is asked (2-formats, "What ties a release together").

Every signature, who may sign what, and that certificates, lists, lookup indexes and changes fit together. What
has to fit the register too is signing.release.rules_registered.
"""

from collections.abc import Callable, Iterable
from typing import cast

from signing.messages import _
from signing.release.release_file import RELEASED, Certified, Changed, Entry, Indexed, Listed, Release, refuse
from verify.core import certificate as certificates
from verify.core import kinds, signed
from verify.core.certificate import Certificate
from verify.core.changes import Change
from verify.core.errors import NotBelieved
from verify.core.keyring import Keyring
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList
from verify.core.snapshot import Snapshot
from verify.core.statement import Statement


class _Reading:
    """The parts of a release as they are read."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring
        self.entries: list[Entry] = []
        self.certificates: dict[str, Certified] = {}
        self.lists: list[Listed] = []
        self.indexes: list[Indexed] = []
        self.changes: list[Changed] = []
        self.snapshot: Snapshot | None = None

    def take(self, place: int, source: Statement) -> None:
        """Checks one statement by itself and files it."""
        try:
            found = signed.genuine(object, source, self.keyring)
        except NotBelieved as error:
            refuse(error.code, reason(error), place)
        if source.kind not in RELEASED:
            refuse("wrong_kind", _("no release holds statements of this kind"), place)
        content = found.content
        said = kinds.of(source).programme
        if said is not None and self.keyring.programme(str(said(source))) is None:
            words = _("the keyring does not name programme {name}").format(name=said(source))
            refuse("unknown_programme", words, place)
        issued_at = cast(Certificate | PassList | LookupIndex | Change | Snapshot, content).issued_at
        entry = Entry(place=place, kind=source.kind, data=source.data, found=found, issued_at=issued_at)
        if isinstance(content, Certificate):
            self._certificate(entry, content)
        elif isinstance(content, PassList):
            self._list(entry, content)
        elif isinstance(content, LookupIndex):
            self._index(entry, content)
        elif isinstance(content, Change):
            self.changes.append(Changed(entry=entry, change=content))
        elif isinstance(content, Snapshot):
            self.snapshot = content
        self.entries.append(entry)
        if self.snapshot is not None and len(self.entries) > 1:
            refuse("snapshot_alone", _("a snapshot is a release of its own"), place)

    def _certificate(self, entry: Entry, certificate: Certificate) -> None:
        number = certificate.number
        _check_number(certificate, self.keyring, entry.place)
        if number in self.certificates:
            refuse("number_used", _("number {number} stands twice in the release").format(number=number), entry.place)
        self.certificates[number] = Certified(entry=entry, certificate=certificate)

    def _list(self, entry: Entry, listed: PassList) -> None:
        made = Listed(entry=entry, list=listed)
        if listed.stage == "final" and len(made.shorts) < len(listed.rows):
            refuse(
                "named_twice", _("the list of {exam} names a certificate twice").format(exam=listed.exam), entry.place
            )
        self.lists.append(made)

    def _index(self, entry: Entry, index: LookupIndex) -> None:
        keys = dict(index.rows)
        twice = any((index.exam, index.revision) == (one.exam, one.revision) for one in self.indexes)
        if twice or len(keys) < len(index.rows):
            refuse(
                "indexed_twice", _("the lookup index of {exam} has a number twice").format(exam=index.exam), entry.place
            )
        self.indexes.append(Indexed(entry=entry, exam=index.exam, revision=index.revision, keys=keys))


def check(statements: Iterable[Statement], keyring: Keyring, advance: Callable[[], None]) -> Release:
    """Checks ``statements`` against the newest keyring; ``advance`` is called after each.

    Raises ReleaseRefused at the first breach.
    """
    reading = _Reading(keyring)
    for place, source in enumerate(statements, start=1):
        reading.take(place, source)
        advance()
    _check_named(reading)
    release = Release(
        entries=tuple(reading.entries),
        certificates=reading.certificates,
        lists=tuple(reading.lists),
        indexes=tuple(reading.indexes),
        changes=tuple(reading.changes),
        snapshot=reading.snapshot,
    )
    _check_indexes(release)
    return release


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
    return usual.get(error.code, error.detail)


def _check_number(certificate: Certificate, keyring: Keyring, place: int) -> None:
    """A default number is its programme's and term's own; a centre's own, as papers from before have, not its shape."""
    number, code = certificate.number, certificate.programme
    programme = keyring.programme(code)
    if certificates.is_slip(number, keyring.default_numbered):
        refuse("number_check", _("number {number} has a wrong check character").format(number=number), place)
    default = certificates.has_default_shape(number, keyring.default_numbered)
    if programme is not None and programme.numbering == "default" and certificate.paper_date is None:
        term = certificate.term
        if not default or not number.startswith(f"{code}{term[2:4]}{term[5:7]}"):
            refuse("number_shape", _("number {number} is not of the programme's scheme").format(number=number), place)
    elif default:
        words = _("number {number} has the shape of the default scheme, and its programme has its own")
        refuse("number_shape", words.format(number=number), place)


def _check_named(reading: _Reading) -> None:
    """The release's final lists and replacements name its certificates, each of them and no others."""
    by_short = {certified.short: certified for certified in reading.certificates.values()}
    named: set[bytes] = set()
    for listed in reading.lists:
        exam = listed.list.exam
        missing = listed.shorts - by_short.keys()
        if missing:
            words = _("the list of {exam} names {count} certificates that are not in the release")
            refuse("certificate_missing", words.format(exam=exam, count=len(missing)), listed.entry.place)
        if any(by_short[short].certificate.exam != exam for short in listed.shorts):
            words = _("the list of {exam} names a certificate of another exam")
            refuse("wrong_exam", words.format(exam=exam), listed.entry.place)
        named |= listed.shorts
    for changed in reading.changes:
        replacement = changed.change.replacement
        if replacement is not None:
            certified = reading.certificates.get(replacement.number)
            if certified is None or certified.short != replacement.short:
                words = _("the replacement {number} is not in the release").format(number=replacement.number)
                refuse("certificate_missing", words, changed.entry.place)
            named.add(replacement.short)
    for short, certified in by_short.items():
        if short not in named:
            words = _("no final list and no replacement in the release names certificate {number}")
            refuse("not_listed", words.format(number=certified.certificate.number), certified.entry.place)


def _check_indexes(release: Release) -> None:
    """Each exam's newest final list comes with its lookup index, and so does each replacement."""
    numbers = {certified.short: number for number, certified in release.certificates.items()}
    newest = {listed.list.exam: listed for listed in release.lists if listed.list.stage == "final"}
    for listed in newest.values():
        _check_indexed(release, listed.list.exam, {numbers[short] for short in listed.shorts})
    for changed in release.changes:
        replacement = changed.change.replacement
        if replacement is not None:
            exam = release.certificates[replacement.number].certificate.exam
            _check_indexed(release, exam, {replacement.number})


def _check_indexed(release: Release, exam: str, numbers: set[str]) -> None:
    index = release.index(exam)
    if index is None:
        refuse("index_missing", _("the lookup index of {exam} is not in the release").format(exam=exam))
    if not numbers <= index.keys.keys():
        refuse("index_incomplete", _("the lookup index of {exam} lacks certificates").format(exam=exam))
