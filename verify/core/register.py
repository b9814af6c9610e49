"""What a register holds of one certificate, and what of it is believed: the fold under every verdict.

A reader of the registry hands out a Record: statements as they were filed, whoever filed them, and lists that are
believed by their type. ``Register.of`` folds it by the rules of 2-formats, What ties a release together: a number
belongs to the first believed statement that has it, and what is not believed counts for nothing.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Final, Self

import msgspec

from verify.core import signed, standing, statement
from verify.core.believed_list import BelievedList
from verify.core.certificate import Certificate
from verify.core.chain import Chain
from verify.core.changes import Change, Named
from verify.core.errors import NotBelieved, RegisterDamaged, Unreadable
from verify.core.fields import Names
from verify.core.log.near import Near
from verify.core.signed import Believed, Genuine
from verify.core.statement import Statement

Signed = tuple[Statement, Genuine[Certificate]]
"""A certificate's statement, and what it says."""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A statement's bytes and its log index."""

    data: bytes
    index: int
    near: Near | None = None
    """What stands near it in the log, where that is told with it."""


class ExamFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the exam's newest final list calls it."""

    title: Names
    held_on: str


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """All that the register has under one number, and under every number that changes tie to it.

    Statements stand in the order of their log indexes; one that was emptied by the owner is left out.
    """

    number: str
    chain: Chain
    """The keyrings of the same moment."""
    certificates: Mapping[str, tuple[Published, ...]]
    """By number: every statement filed as a certificate of it. Every number has an entry, if an empty one."""
    changes: tuple[Published, ...] = ()
    """Every change that names one of these numbers, as the certificate or as its replacement."""
    lists: tuple[BelievedList, ...] = ()
    """Every believed final list of the exams that these certificates say they are of."""
    size: int = 0
    """How many statements the register had; 0 where that is not told."""
    moment: Hashable = None
    """What tells this state of the register from others; None where that is not told."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A believed certificate, with what is believed of it."""

    certificate: Certificate
    index: int
    digest: bytes
    restored: bool
    """Whether it is believed for a final list alone, as its key was compromised before."""
    changes: tuple[Believed[Change], ...]
    """Of it, in the order published; each may follow the one before."""
    line: frozenset[bytes]
    """It and all that changes tie to it, by short hash: what 2-formats calls a chain."""
    finals: tuple[BelievedList, ...]
    """The believed final lists of its exam, by revision."""
    exam: ExamFacts | None
    named: tuple[bool, ...]
    """Of each of these lists, whether it names it, or what it replaces or is replaced by."""

    @property
    def short(self) -> bytes:
        """The 16 bytes by which lists and changes name it."""
        return self.digest[:16]

    @property
    def registered(self) -> bool:
        """Whether a final list ever named it, or what it replaces or is replaced by."""
        return any(self.named)

    @property
    def withdrawn_at(self) -> int | None:
        """When a list left out every certificate of its line that an earlier one named, if the newest still does."""
        at = None
        once = False
        for listed, named in zip(self.finals, self.named, strict=True):
            if named:
                once, at = True, None
            elif once and at is None:
                at = listed.head.issued_at
        return at

    def worth(self, time: int) -> standing.Worth:
        """What it is worth at ``time``, seconds since 1970."""
        history = [change.content for change in self.changes]
        return standing.worth(self.certificate, history, self.withdrawn_at, time)


class _Owner(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that its number belongs to."""

    found: Genuine[Certificate]
    index: int
    restored: bool


class Register:
    """What is believed of a Record. Build it by ``of``."""

    def __init__(self, record: Record, seen: Signed | None = None) -> None:
        self._record: Final = record
        self._seen: Final = seen
        self._finals: dict[str, tuple[BelievedList, ...]] = {}
        self._genuine: dict[bytes, Genuine[Certificate]] = {}
        """Every genuine certificate, believed or not, by short hash."""
        self._signed: dict[int, Signed] = {}
        """The same, by where in the log they stand."""
        self._owners: dict[str, _Owner] = {}
        self._changes: dict[bytes, list[Believed[Change]]] = {}
        self._lines: dict[bytes, frozenset[bytes]] = {}
        self.doubts: dict[int, NotBelieved] = {}
        """Why what stands at a log index is not believed."""
        self.lacking: set[str] = set()
        """Numbers that signed changes tie to the record's own, and that the record has no entry for."""

    @classmethod
    def of(cls, record: Record, seen: Signed | None = None) -> Self:
        """The fold; ``seen`` is a certificate that may be in the record, and need not be read anew.

        Raises RegisterDamaged for a genuine certificate that stands under another number than its own.
        """
        register = cls(record, seen)
        for number, candidates in record.certificates.items():
            register._take_certificates(number, candidates)
        for published in sorted(record.changes, key=lambda one: one.index):
            try:
                register._take_change(published)
            except NotBelieved as error:
                register.doubts[published.index] = error
        return register

    def held(self, number: str) -> Held | None:
        """The certificate that the number belongs to, None where none is believed."""
        owner = self._owners.get(number)
        if owner is None:
            return None
        found = owner.found
        exam = found.content.exam
        line = self._lines.get(found.short, frozenset([found.short]))
        finals = self.finals(exam)
        return Held(
            certificate=found.content,
            index=owner.index,
            digest=found.digest,
            restored=owner.restored,
            changes=tuple(self._changes.get(found.short, ())),
            line=line,
            finals=finals,
            exam=self._facts(exam),
            named=tuple([any(map(listed.names, line)) for listed in finals]),
        )

    def first(self, number: str) -> Signed | None:
        """The statement that the number belongs to; where none is believed, the first that the centre signed."""
        owner = self._owners.get(number)
        if owner is not None:
            return self._signed[owner.index]
        known = self._record.certificates.get(number, ())
        return next((self._signed[one.index] for one in known if one.index in self._signed), None)

    def finals(self, exam: str) -> tuple[BelievedList, ...]:
        """The exam's believed final lists, by revision; of one revision, the first in the log."""
        if exam not in self._finals:
            self._finals[exam] = tuple(revisions(self._record.lists, exam))
        return self._finals[exam]

    def belonging(self, exam: str) -> frozenset[str]:
        """The numbers of its lookup index: whom the newest final list names, and the later ones of their lines."""
        finals = self.finals(exam)
        named = {short for short in self._genuine if finals and finals[-1].names(short)}
        following = {number for short, number in self.later if short in named}
        return frozenset(following | {self._genuine[short].content.number for short in named})

    @property
    def later(self) -> frozenset[tuple[bytes, str]]:
        """Of each line: the short hash of a certificate, and the number of each that comes after it."""
        pairs: set[tuple[bytes, str]] = set()
        for begin in self._changes:
            waiting, found = [begin], {begin}
            while waiting:
                following = (change.content.replacement for change in self._changes.get(waiting.pop(), ()))
                more = {named.short for named in following if named is not None} - found
                found |= more
                waiting += more
            pairs |= {(begin, self._genuine[short].content.number) for short in found if short != begin}
        return frozenset(pairs)

    def _facts(self, exam: str) -> ExamFacts | None:
        finals = self.finals(exam)
        return ExamFacts(title=finals[-1].head.title, held_on=finals[-1].head.held_on) if finals else None

    def _take_certificates(self, number: str, candidates: Iterable[Published]) -> None:
        for published in sorted(candidates, key=lambda one: one.index):
            try:
                pair = self._genuinely(published.data)
                found = pair[1]
                if found.content.number != number:
                    raise RegisterDamaged("register_damaged", "a certificate under a number that is not its own")
                self._genuine.setdefault(found.short, found)
                self._signed[published.index] = pair
                owner = self._owner(found, published.index)
            except NotBelieved as error:
                self.doubts[published.index] = error
                continue
            first = self._owners.setdefault(number, owner)
            if first.found.digest != found.digest:
                self.doubts[published.index] = NotBelieved("number_used", "its number is another certificate's")

    def _genuinely(self, data: bytes) -> Signed:
        """The certificate that a statement holds. Raises NotBelieved."""
        if self._seen is not None and self._seen[0].data == data:
            return self._seen
        try:
            source = statement.decode(data)
        except Unreadable as error:
            raise NotBelieved(error.code, error.detail) from None
        return source, signed.genuine(Certificate, source, self._record.chain.newest)

    def _owner(self, found: Genuine[Certificate], index: int) -> _Owner:
        """The certificate, believed at its place or for a believed final list that names it. Raises NotBelieved."""
        chain = self._record.chain
        try:
            found.at(index, chain)
        except NotBelieved as error:
            if error.code != "key_compromised":
                raise
            # A list restores what the compromise took, and nothing more: the key was active all the same.
            signed.check_active(found.key, chain, index)
            if not any(listed.names(found.short) for listed in self.finals(found.content.exam)):
                raise
            return _Owner(found=found, index=index, restored=True)
        return _Owner(found=found, index=index, restored=False)

    def _take_change(self, published: Published) -> None:
        """Files a change with its certificate, if it is believed. Raises NotBelieved."""
        change = signed.believed(Change, published.data, published.index, self._record.chain)
        named, by = change.content.certificate, change.content.replacement
        tied = {one.number for one in (named, by) if one is not None}
        if not tied <= self._record.certificates.keys():
            self.lacking |= tied - self._record.certificates.keys()
            return
        owner = self._owners.get(named.number)
        if owner is None or owner.found.short != named.short:
            raise NotBelieved("not_registered", "the certificate that it names is not registered")
        signed.check_programme(change.key, owner.found.content.programme)
        history = self._changes.setdefault(named.short, [])
        if any(earlier.digest == change.digest for earlier in history):
            return
        standing.check_follows(change.content, [earlier.content for earlier in history])
        if by is not None:
            self._tie(owner.found, by)
        history.append(change)

    def _tie(self, old: Genuine[Certificate], named: Named) -> None:
        """Makes one line of a certificate and its replacement, of the same exam. Raises NotBelieved."""
        new = self._genuine.get(named.short)
        if new is None or new.content.number != named.number:
            raise NotBelieved("certificate_missing", "the replacement is not in the register")
        belongs = self._owners.get(named.number)
        if belongs is not None and belongs.found.short != named.short:
            raise NotBelieved("number_used", "the replacement's number is another certificate's")
        if new.content.exam != old.content.exam or named.short == old.short:
            raise NotBelieved("wrong_exam", "the replacement is of another exam, or itself")
        ours = self._lines.get(old.short, frozenset([old.short]))
        line = ours | self._lines.get(named.short, frozenset([named.short]))
        self._lines |= dict.fromkeys(line, line)


def revisions(lists: Collection[BelievedList], exam: str) -> Sequence[BelievedList]:
    """The exam's lists of ``lists``, by revision: each revision belongs to the first in the log that has it."""
    if len(lists) == 1:
        return [listed for listed in lists if listed.head.exam == exam]
    first: dict[int, BelievedList] = {}
    for listed in sorted(lists, key=lambda listed: listed.index):
        if listed.head.exam == exam:
            first.setdefault(listed.head.revision, listed)
    return [first[revision] for revision in sorted(first)]
