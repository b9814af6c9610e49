"""How each certificate stands by the ledger, and finding one by name or number."""

import msgspec

from signing.ledger.book import Ledger
from signing.ledger.values import Given, Lines, RecordedChange
from signing.messages import _
from verify.core.certificate import normal_number
from verify.core.identity import name_key
from verify.core.standing import after


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate and how it stands: valid, suspended, revoked, replaced or withdrawn; void where never issued."""

    given: Given
    standing: str
    since: int
    replaced_by: str | None
    releases: tuple[str, ...]
    """The files that hold it or a change of it, in order."""


class History:
    """The ledger's certificates with their changes and lists."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._jobs = {job.id: job for job in ledger.jobs()}
        self._listed: dict[str, set[str]] = {}
        self._exams: dict[str, Lines] = {}
        self._changes: dict[str, list[RecordedChange]] = {}
        for change in ledger.changes():
            self._changes.setdefault(change.number, []).append(change)

    def of(self, given: Given) -> Standing:
        """How ``given`` stands now."""
        changes = self._changes.get(given.number, [])
        last = changes[-1] if changes else None
        standing, since = ("valid", given.issued_at) if last is None else (after(last.action), last.effective_at)
        if given.job is None:
            standing = "void"
        elif not self._named(given.exam).intersection(self._lines(given.exam).all(given.number)):
            standing = "withdrawn"
        jobs = dict.fromkeys([*([] if given.job is None else [given.job]), *(change.job for change in changes)])
        return Standing(
            given=given,
            standing=standing,
            since=since,
            replaced_by=last.replacement if last is not None else None,
            releases=tuple(self._jobs[job].release for job in jobs),
        )

    def _lines(self, exam: str) -> Lines:
        if exam not in self._exams:
            self._exams[exam] = Lines(self._ledger.of_exam(exam))
        return self._exams[exam]

    def _named(self, exam: str) -> set[str]:
        """What the exam's newest final list names."""
        if exam not in self._listed:
            head = self._ledger.newest_list(exam, "final")
            rows = self._ledger.list_rows(exam, head.revision) if head else []
            self._listed[exam] = {row.number for row in rows if row.number is not None}
        return self._listed[exam]

    def find(self, text: str) -> list[Standing]:
        """Certificates of this number, or whose holder's name holds ``text``, however either is written."""
        number = normal_number(text)
        by_number = self._ledger.given(number) if number else None
        if by_number is not None:
            return [self.of(by_number)]
        wanted = name_key(text)
        if not wanted:
            return []
        return [self.of(given) for given in self._ledger.all_given() if wanted in name_key(given.holder)]

    def all(self) -> list[Standing]:
        """Every certificate ever given a number."""
        return [self.of(given) for given in self._ledger.all_given()]


def standing_words(standing: str) -> str:
    """A certificate's standing in the reader's language."""
    return {
        "valid": _("valid"),
        "revoked": _("revoked"),
        "replaced": _("replaced"),
        "suspended": _("suspended"),
        "reinstated": _("reinstated"),
        "withdrawn": _("withdrawn"),
        "void": _("number given, never issued"),
    }[standing]
