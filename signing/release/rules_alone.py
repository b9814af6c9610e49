"""What a release must keep by itself, before any register is asked (2-formats, "What ties a release together").

Every signature, who may sign what, and that certificates, lists, lookup indexes and changes fit together. What
has to fit the register too is signing.release.rules_registered.
"""

import contextlib
import functools
from typing import cast

from signing.messages import _
from signing.release.release_file import (
    Certified,
    Changed,
    Entry,
    Indexed,
    Listed,
    Release,
    ReleaseRefused,
    cut,
    refuse,
)
from signing.release.statement_alone import Alone, Item, Looked, kept, look
from signing.spread import streamed
from verify.core.certificate import Certificate
from verify.core.changes import Change
from verify.core.fields import is_day
from verify.core.keyring import Keyring
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList
from verify.core.signed import Genuine
from verify.core.snapshot import Snapshot
from verify.core.statement import Kind, Statement
from verify.shared.progress import Progress, silent


class _Reading:
    """The parts of a release as they are read."""

    def __init__(self, keyring: Keyring) -> None:
        self._alone = Alone(keyring)
        self._keys = {key.public: key for key in keyring.keys}
        self._exams: dict[str, str] = {}
        self.entries: list[Entry] = []
        self.certificates: dict[str, Certified] = {}
        self.lists: list[Listed] = []
        self.indexes: list[Indexed] = []
        self.changes: list[Changed] = []
        self.snapshot: Snapshot | None = None

    def take(self, item: Item, looked: Looked | ReleaseRefused | None) -> None:
        """Files one statement, of which ``looked`` is what a worker found where it is a small certificate."""
        if isinstance(looked, ReleaseRefused):
            raise looked
        if looked is None:
            source, found = self._alone.read(item)
            if isinstance(found.content, Certificate):
                self._certificate(item, kept(found))
            else:
                self._other(item[0], source, found)
        else:
            self._certificate(item, looked)
        if self.snapshot is not None and len(self.entries) > 1:
            refuse("snapshot_alone", _("a snapshot is a release of its own"), item[0])

    def _certificate(self, item: Item, looked: Looked) -> None:
        place, data = item
        number = looked.number
        entry = Entry(
            place=place,
            kind=Kind.CERTIFICATE,
            data=data,
            digest=looked.digest,
            key=self._keys[looked.key],
            issued_at=looked.issued_at,
        )
        if number in self.certificates:
            refuse("number_used", _("number {number} stands twice in the release").format(number=number), place)
        exam = self._exams.setdefault(looked.exam, looked.exam)  # one text for all that are of it
        self.certificates[number] = Certified(entry=entry, number=number, exam=exam)
        self.entries.append(entry)

    def _other(self, place: int, source: Statement, found: Genuine[object]) -> None:
        content = cast(PassList | LookupIndex | Change | Snapshot, found.content)
        entry = Entry(
            place=place,
            kind=source.kind,
            data=source.data,
            digest=found.digest,
            key=found.key,
            issued_at=content.issued_at,
            content=content,
        )
        if isinstance(content, PassList):
            self._list(Listed(entry=entry, found=cast(Genuine[PassList], found)))
        elif isinstance(content, LookupIndex):
            self._index(entry, content)
        elif isinstance(content, Change):
            self.changes.append(Changed(entry=entry, change=content))
        else:
            self.snapshot = content
        self.entries.append(entry)

    def _list(self, made: Listed) -> None:
        listed = made.list
        if listed.stage == "final" and len(made.shorts) < len(listed.rows):
            words = _("the list of {exam} names a certificate twice").format(exam=listed.exam)
            refuse("named_twice", words, made.entry.place)
        for field, day in (("held_on", listed.held_on), ("planned_on", listed.planned_on)):
            if day is not None and not is_day(day):
                words = _("the list of {exam}: {field}, {day}, is no day of the calendar")
                refuse("no_day", words.format(exam=listed.exam, field=field, day=day), made.entry.place)
        self.lists.append(made)

    def _index(self, entry: Entry, index: LookupIndex) -> None:
        keys = dict(index.rows)
        twice = any((index.exam, index.revision) == (one.exam, one.revision) for one in self.indexes)
        if twice or len(keys) < len(index.rows):
            words = _("the lookup index of {exam} has a number twice").format(exam=index.exam)
            refuse("indexed_twice", words, entry.place)
        self.indexes.append(Indexed(entry=entry, exam=index.exam, revision=index.revision, keys=keys))


def check(data: bytes, keyring: Keyring, progress: Progress = silent) -> Release:
    """Checks a release's bytes against the newest keyring, certificates over the processors.

    Raises ReleaseRefused at the first breach, the same whether spread or not; Refusal where a worker ends early.
    """
    statements, refusal = cut(data)
    items = list(enumerate(statements, start=1))
    reading = _Reading(keyring)
    with (
        progress(_("checking"), len(items)) as advance,
        contextlib.closing(streamed(functools.partial(look, keyring), items, advance, sendable=True)) as looked,
    ):
        for item, found in zip(items, looked, strict=True):
            reading.take(item, found)
    if refusal is not None:
        raise refusal
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


def _check_named(reading: _Reading) -> None:
    """The release's final lists and replacements name its certificates, each of them and no others."""
    by_short = {certified.short: certified for certified in reading.certificates.values()}
    named: set[bytes] = set()
    for listed in reading.lists:
        exam = listed.list.exam
        missing = listed.shorts - by_short.keys()
        if missing:
            words = _("certificates that the list of {exam} names and that are not in the release: {count}")
            refuse("certificate_missing", words.format(exam=exam, count=len(missing)), listed.entry.place)
        if any(by_short[short].exam != exam for short in listed.shorts):
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
            refuse("not_listed", words.format(number=certified.number), certified.entry.place)


def _check_indexes(release: Release) -> None:
    """Each exam's newest final list comes with its lookup index, and so does each replacement."""
    numbers = {certified.short: number for number, certified in release.certificates.items()}
    newest = {listed.list.exam: listed for listed in release.lists if listed.list.stage == "final"}
    for listed in newest.values():
        _check_indexed(release, listed.list.exam, {numbers[short] for short in listed.shorts})
    for changed in release.changes:
        replacement = changed.change.replacement
        if replacement is not None:
            exam = release.certificates[replacement.number].exam
            _check_indexed(release, exam, {replacement.number})


def _check_indexed(release: Release, exam: str, numbers: set[str]) -> None:
    index = release.index(exam)
    if index is None:
        refuse("index_missing", _("the lookup index of {exam} is not in the release").format(exam=exam))
    if not numbers <= index.keys.keys():
        refuse("index_incomplete", _("the lookup index of {exam} lacks certificates").format(exam=exam))
