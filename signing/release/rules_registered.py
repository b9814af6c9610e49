"""What a release must keep together with what is already registered (2-formats, "What ties a release together")."""

from collections.abc import Iterable, Mapping

import msgspec

from signing.messages import _
from signing.release.rules_alone import Changed, Entry, Listed, Release, refuse
from verify.core import pass_list, standing
from verify.core.changes import Change


class RegisteredList(msgspec.Struct, frozen=True, kw_only=True):
    """The newest pass list of an exam in the register."""

    revision: int
    stage: pass_list.Stage


class RegisteredCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate in the register, with every change of it that is believed, in order."""

    short: bytes
    exam: str
    changes: tuple[Change, ...] = ()


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """As much of the register as bears on one release."""

    present: frozenset[bytes]
    """The digests of those of the release's statements that are there already."""
    numbers_used: frozenset[str]
    """Those of the release's certificate numbers that are there already."""
    lists: Mapping[str, RegisteredList]
    """By exam, of the exams that the release touches."""
    index_revisions: Mapping[str, int]
    """By exam."""
    listed_numbers: Mapping[str, frozenset[str]]
    """By exam: the numbers that its newest final list names."""
    replacements: Mapping[str, frozenset[str]]
    """By exam: its certificates that replace another."""
    certificates: Mapping[str, RegisteredCertificate]
    """By number: those that the release's changes name, replacements too."""


def check(release: Release, register: Register, now: int) -> tuple[Entry, ...]:
    """The statements to add, in order; none where all are there. Raises ReleaseRefused where a rule is broken."""
    new = tuple(entry for entry in release.entries if entry.digest not in register.present)
    for entry in new:
        _check_key(entry, now)
    fresh = frozenset(entry.place for entry in new)
    for certified in release.certificates.values():
        if certified.entry.place in fresh and certified.number in register.numbers_used:
            reason = _("number {number} is another certificate's already").format(number=certified.number)
            refuse("number_used", reason, certified.entry.place)
    _check_lists((listed for listed in release.lists if listed.entry.place in fresh), register)
    _check_indexes(release, register, fresh)
    _check_changes((changed for changed in release.changes if changed.entry.place in fresh), release, register)
    return new


def _check_key(entry: Entry, now: int) -> None:
    """The key is active and within its dates, when it signed and now."""
    key = entry.key
    if key.state != "active":
        refuse("key_not_active", _("its key is no longer active"), entry.place)
    for time in (entry.issued_at, now):
        if time < key.not_before or (key.not_after is not None and time > key.not_after):
            refuse("key_not_in_term", _("its key's term has not begun or is over"), entry.place)


def _order(count: int) -> str:
    """What to do where the registry has ``count`` revisions and a release brings another than the next."""
    return _("the registry has {count} so far: publish the releases in the order they were made").format(count=count)


def _check_lists(lists: Iterable[Listed], register: Register) -> None:
    newest = dict(register.lists)
    for listed in lists:
        before = newest.get(listed.exam)
        if listed.revision != (count := before.revision if before else 0) + 1:
            reason = _("revision {revision} of the list of {exam} is not the next one; {order}")
            named = reason.format(revision=listed.revision, exam=listed.exam, order=_order(count))
            refuse("wrong_revision", named, listed.entry.place)
        if before and before.stage == "final" and listed.stage == "notice":
            reason = _("{exam} has a final list: a notice cannot follow it").format(exam=listed.exam)
            refuse("wrong_stage", reason, listed.entry.place)
        newest[listed.exam] = RegisteredList(revision=listed.revision, stage=listed.stage)


def _check_indexes(release: Release, register: Register, fresh: frozenset[int]) -> None:
    """A new index is the next one and has one row for each certificate of its exam, and no others."""
    finals = {listed.exam: listed for listed in release.lists if listed.stage == "final"}
    for exam, index in release.indexes.items():
        if index.entry.place not in fresh:
            continue
        if index.revision != (count := register.index_revisions.get(exam, 0)) + 1:
            reason = _("revision {revision} of the lookup index of {exam} is not the next one; {order}")
            named = reason.format(revision=index.revision, exam=exam, order=_order(count))
            refuse("wrong_revision", named, index.entry.place)
        wanted = set(register.replacements.get(exam, ()))
        if exam in finals:
            wanted |= {number for number, c in release.certificates.items() if c.short in finals[exam].shorts}
        else:
            wanted |= register.listed_numbers.get(exam, frozenset())
        for changed in release.changes:
            replacement = changed.change.replacement
            if replacement is not None and release.certificates[replacement.number].exam == exam:
                wanted.add(replacement.number)
        if index.keys.keys() != wanted:
            lacking, unknown = len(wanted - index.keys.keys()), len(index.keys.keys() - wanted)
            reason = _(
                "the lookup index of {exam} lacks {lacking} certificates and has {unknown} that are not registered"
            )
            reason = reason.format(exam=exam, lacking=lacking, unknown=unknown)
            refuse("index_incomplete", reason, index.entry.place)


def _check_changes(changed: Iterable[Changed], release: Release, register: Register) -> None:
    """Each change is of a registered certificate and follows from the one before it."""
    histories: dict[str, list[Change]] = {}
    for item in changed:
        change, place = item.change, item.entry.place
        number = change.certificate.number
        certificate = _registered(number, release, register)
        if certificate is None or certificate.short != change.certificate.short:
            refuse("not_registered", _("certificate {number} is not registered").format(number=number), place)
        programme = certificate.exam.partition("-")[0]
        if not item.entry.key.may_sign_for(programme):
            reason = _("its key may not sign for programme {name}").format(name=programme)
            refuse("key_wrong_programme", reason, place)
        history = histories.setdefault(number, list(certificate.changes))
        _check_follows(change, history, place)
        history.append(change)
        if change.replacement is not None:
            replacement = release.certificates[change.replacement.number]
            if replacement.number == number or replacement.exam != certificate.exam:
                reason = _("the replacement of {number} is of another exam, or itself").format(number=number)
                refuse("wrong_exam", reason, place)
            known = register.certificates.get(replacement.number)
            past = histories.get(replacement.number) or (known.changes if known else ())
            if any(earlier.action in standing.FINAL for earlier in past):
                reason = _("the replacement {number} is itself revoked or replaced").format(number=replacement.number)
                refuse("change_after_final", reason, place)


def _registered(number: str, release: Release, register: Register) -> RegisteredCertificate | None:
    if number in register.certificates:
        return register.certificates[number]
    if number in release.certificates:
        certified = release.certificates[number]
        return RegisteredCertificate(short=certified.short, exam=certified.exam)
    return None


def _check_follows(change: Change, history: list[Change], place: int) -> None:
    number = change.certificate.number
    before = history[-1] if history else None
    if before and before.action in standing.FINAL:
        reason = _("certificate {number} is {action}, which is final").format(number=number, action=before.action)
        refuse("change_after_final", reason, place)
    suspended = before is not None and before.action == "suspended"
    if (change.action == "reinstated" and not suspended) or (change.action == "suspended" and suspended):
        reason = _("certificate {number} cannot be {action} as it stands").format(number=number, action=change.action)
        refuse("change_out_of_turn", reason, place)
    if before and change.effective_at < before.effective_at:
        reason = _("the change of {number} takes effect before the one before it").format(number=number)
        refuse("change_order", reason, place)
    if change.effective_at > change.issued_at:
        reason = _("the change of {number} takes effect after it was signed").format(number=number)
        refuse("change_ahead", reason, place)
