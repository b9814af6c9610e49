"""What a release must keep together with what is already registered (2-formats, "What ties a release together").

The release is put behind what is there and folded with it by the core: what the register would not believe, or would
read otherwise than it was meant, is refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec

from keys import forecast
from signing.messages import _
from signing.release.registered import Exam, Registered
from signing.release.release_file import Changed, Entry, Listed, Release, refuse
from signing.release.statement_alone import reason
from verify.core import signed
from verify.core.believed_list import BelievedList, GenuineList
from verify.core.chain import Chain
from verify.core.errors import NotBelieved
from verify.core.keyring import Use
from verify.core.pass_list import PassList
from verify.core.register import Published, Record, Register
from verify.core.standing import CLOCK_SKEW
from verify.core.statement import Kind
from verify.shared.agreement import NotAgreed
from verify.shared.command import joined

_NOTHING = Exam()


def check(release: Release, registered: Registered, now: int) -> tuple[Entry, ...]:
    """The statements to add, in order; none where all stand. Raises ReleaseRefused where a rule is broken."""
    doubts = Register.of(registered.record).doubts
    new = tuple(entry for entry in release.entries if not _stands(entry, registered, doubts))
    for entry in new:
        _check_key(entry, registered, now)
    fresh = {entry.place: registered.size + offset for offset, entry in enumerate(new)}
    for certified in release.certificates.values():
        owner = registered.owners.get(certified.number)
        if owner is not None and owner != certified.entry.digest:
            words = _("number {number} is another certificate's already").format(number=certified.number)
            refuse("number_used", words, certified.entry.place)
    _check_lists(release, registered, fresh)
    register = Register.of(_after(release, registered, fresh))
    _check_changes(release, register, fresh)
    _check_lines(release, registered, register, fresh)
    _check_indexes(release, registered, register, fresh)
    for changed in release.changes:
        if changed.entry.place in fresh and changed.change.replacement is not None:
            _check_person(changed, release, registered, register)
    return new


def _stands(entry: Entry, registered: Registered, doubts: Mapping[int, NotBelieved]) -> bool:
    """Whether the statement is filed where it is believed, or where a list of the release makes it so again.

    A change that lost the one before it to a compromise is filed where it is not believed any more.
    """
    for index in registered.filed.get(entry.digest, ()):
        if entry.kind is Kind.CHANGE and index in doubts:
            continue
        try:
            if entry.kind is Kind.CERTIFICATE and entry.key.state == "compromised":
                # A final release names each of its certificates in a list, which a good key must have signed.
                signed.check_active(entry.key, registered.chain, index)
            else:
                signed.check_place(entry.key, registered.chain, index)
        except NotBelieved:
            continue
        return True
    return False


def _check_key(entry: Entry, registered: Registered, now: int) -> None:
    """The key is active and within its dates, when it signed and now, and it did not sign in time to come.

    What a compromised key had said keeps its time when another says it anew.
    """
    key = entry.key
    if key.state != "active":
        refuse("key_not_active", _("its key is no longer active"), entry.place)
    if entry.issued_at > now + CLOCK_SKEW:
        refuse("issued_ahead", _("it was signed later than now by this machine's clock"), entry.place)
    for time in (now,) if _is_anew(entry, registered) else (entry.issued_at, now):
        if time < key.not_before or (key.not_after is not None and time > key.not_after):
            refuse("key_not_in_term", _("its key's term has not begun or is over"), entry.place)


def _is_anew(entry: Entry, registered: Registered) -> bool:
    """Whether it says again what a compromised key had said; its own rules were kept when that was published."""
    return entry.content in registered.withheld


def _order(count: int) -> str:
    """What to do where the registry has ``count`` revisions and a release brings another than the next."""
    return _("the registry has {count} so far: publish the releases in the order they were made").format(count=count)


def _check_lists(release: Release, registered: Registered, fresh: Mapping[int, int]) -> None:
    newest: dict[str, PassList] = {
        exam: known.lists[-1].content for exam, known in registered.exams.items() if known.lists
    }
    for listed in release.lists:
        made, place = listed.list, listed.entry.place
        if place not in fresh:
            continue
        before = newest.get(made.exam)
        if _is_anew(listed.entry, registered):
            _check_free(made, registered, place)
            if before is None or made.revision > before.revision:
                newest[made.exam] = made
            continue
        if made.revision != (count := before.revision if before else 0) + 1:
            words = _("revision {revision} of the list of {exam} is not the next one; {order}")
            refuse("wrong_revision", words.format(revision=made.revision, exam=made.exam, order=_order(count)), place)
        if before and before.stage == "final" and made.stage == "notice":
            words = _("{exam} has a final list: a notice cannot follow it").format(exam=made.exam)
            refuse("wrong_stage", words, place)
        newest[made.exam] = made


def _check_free(made: PassList, registered: Registered, place: int) -> None:
    """That no other list is believed in the place of one that is signed anew."""
    known = registered.exams.get(made.exam, _NOTHING).lists
    if any(one.content.revision == made.revision for one in known):
        words = _("revision {revision} of the list of {exam} is believed as it stands")
        refuse("wrong_revision", words.format(revision=made.revision, exam=made.exam), place)


def _after(release: Release, registered: Registered, fresh: Mapping[int, int]) -> Record:
    """The record as it would be with the release in."""
    record = registered.record
    certificates = dict(record.certificates)
    for number, certified in release.certificates.items():
        if number in certificates and certified.entry.place in fresh:
            filed = Published(data=certified.entry.data, index=fresh[certified.entry.place])
            certificates[number] = (*certificates[number], filed)
    changes = [
        Published(data=changed.entry.data, index=fresh[changed.entry.place])
        for changed in release.changes
        if changed.entry.place in fresh
    ]
    return msgspec.structs.replace(
        record,
        certificates=certificates,
        changes=(*record.changes, *changes),
        lists=(*record.lists, *_fresh_finals(release, registered, fresh)),
    )


def _fresh_finals(release: Release, registered: Registered, fresh: Mapping[int, int]) -> list[BelievedList]:
    return [
        GenuineList(listed.found).at(fresh[listed.entry.place], registered.chain)
        for listed in release.lists
        if listed.list.stage == "final" and listed.entry.place in fresh
    ]


def _check_changes(release: Release, register: Register, fresh: Mapping[int, int]) -> None:
    """Each new change is believed where it will stand, and of a certificate that a list names."""
    for changed in release.changes:
        place, number = changed.entry.place, changed.change.certificate.number
        if place not in fresh:
            continue
        doubt = register.doubts.get(fresh[place])
        if doubt is not None:
            words = _("the change of {number}: {reason}").format(number=number, reason=reason(doubt))
            refuse(doubt.code, words, place)
        held = register.held(number)
        if held is None or not held.registered:
            refuse("not_registered", _("certificate {number} is not registered").format(number=number), place)


def _check_lines(release: Release, registered: Registered, register: Register, fresh: Mapping[int, int]) -> None:
    """A new final list names, of certificates that replaced one another, the newest alone."""
    names = {certified.short: number for number, certified in release.certificates.items()}
    for listed in release.lists:
        if listed.list.stage != "final" or listed.entry.place not in fresh or _is_anew(listed.entry, registered):
            continue
        lines: dict[frozenset[bytes], str] = {}
        for short in sorted(listed.shorts):
            held = register.held(names[short]) if names[short] in registered.record.certificates else None
            if held is None:
                continue
            number = held.certificate.number
            if held.line in lines:
                words = _("the list of {exam} names {number} and {other}, of which one replaced the other")
                words = words.format(exam=listed.list.exam, number=lines[held.line], other=number)
                refuse("line_twice", words, listed.entry.place)
            lines[held.line] = number
            if any(change.content.action == "replaced" for change in held.changes):
                words = _("the list of {exam} names {number}, which was replaced")
                refuse("line_not_newest", words.format(exam=listed.list.exam, number=number), listed.entry.place)


def _check_indexes(release: Release, registered: Registered, register: Register, fresh: Mapping[int, int]) -> None:
    """A new index is the next one and has one row for each certificate that belongs in it, and no others."""
    finals = {listed.list.exam: listed for listed in release.lists if listed.list.stage == "final"}
    seen: set[str] = set()
    newest = {exam: known.indexes[-1].content.revision for exam, known in registered.exams.items() if known.indexes}
    for index in release.indexes:
        exam, place = index.exam, index.entry.place
        if place not in fresh:
            continue
        known = registered.exams.get(exam, _NOTHING)
        count = newest.get(exam, 0)
        newest[exam] = max(count, index.revision)
        if _is_anew(index.entry, registered) and all(one.content.revision != index.revision for one in known.indexes):
            continue
        if exam in seen:
            words = _("the lookup index of {exam} stands twice in the release").format(exam=exam)
            refuse("indexed_twice", words, place)
        seen.add(exam)
        if index.revision != count + 1:
            words = _("revision {revision} of the lookup index of {exam} is not the next one; {order}")
            refuse("wrong_revision", words.format(revision=index.revision, exam=exam, order=_order(count)), place)
        wanted = set(register.belonging(exam))
        if exam in finals:
            shorts = finals[exam].shorts
            wanted |= {number for number, certified in release.certificates.items() if certified.short in shorts}
        else:
            wanted |= known.listed_numbers
        if index.keys.keys() != wanted:
            words = _("the lookup index of {exam}: certificates lacking {lacking}, not belonging there {unknown}")
            lacking, unknown = len(wanted - index.keys.keys()), len(index.keys.keys() - wanted)
            refuse("index_incomplete", words.format(exam=exam, lacking=lacking, unknown=unknown), place)


def _check_person(changed: Changed, release: Release, registered: Registered, register: Register) -> None:
    """A replacement is the same person's, by what is registered; a correction shows in the exam's newest list."""
    change, place = changed.change, changed.entry.place
    old = register.held(change.certificate.number)
    if old is None or change.replacement is None:
        return
    exam = old.certificate.exam
    known = registered.exams.get(exam, _NOTHING)
    indexes = [dict(one.content.rows) for one in reversed(known.indexes)]
    # Where the old one comes with the same release, or is signed anew with it.
    indexes += [index.keys for index in reversed(release.indexes) if index.exam == exam]
    was = next((keys[old.certificate.number] for keys in indexes if old.certificate.number in keys), None)
    if was is None:
        words = _("no lookup index has {number}, which is to be replaced").format(number=old.certificate.number)
        refuse("index_incomplete", words, place)
    brought = release.index(exam)
    if brought is not None and was == brought.keys.get(change.replacement.number):
        return
    if change.reason != "registration_error":
        words = _("the replacement of {number} is filed under another person")
        refuse("other_person", words.format(number=old.certificate.number), place)
    serials = {row.serial for row in known.final.content.rows if row.certificate in old.line} if known.final else set()
    newest = next((x for x in reversed(release.lists) if x.list.exam == exam and x.list.stage == "final"), None)
    if newest is None or not _corrects(newest, serials, change.replacement.short, old.line):
        words = _("the list of {exam} in the release does not show the correction of {number} in its old place")
        refuse("correction_unlisted", words.format(exam=exam, number=old.certificate.number), place)


def _corrects(listed: Listed, serials: set[int], short: bytes, line: frozenset[bytes]) -> bool:
    """Whether the list names the replacement, or what replaced it again, under the serial of the old one."""
    rows = [row for row in listed.list.rows if row.certificate in line]
    return len(rows) == 1 and (not serials or rows[0].serial in serials) and short in line


async def check_belief_kept(
    connection: Any, chains: tuple[Chain, Chain], release: Release, new: Sequence[Entry], now: int
) -> None:
    """That what a compromise takes from the first of two ``chains`` to the second is made anew by the release.

    ``new`` are the entries of the release that are added. Raises NotAgreed where, with the release in, a certificate is
    worth something else for the compromise, or a list is not believed any more.
    """
    there, placed = chains
    known = {key.public: key.state for key in there.newest.keys}
    declared = [key for key in placed.newest.keys if key.state == "compromised" != known.get(key.public, "compromised")]
    if not declared:
        return
    held = await forecast.read(connection, [key.kid for key in declared])
    numbers = {certified.entry.place: number for number, certified in release.certificates.items()}
    size = held.size + len(placed.versions) - len(there.versions)
    filed: dict[Kind, list[Published]] = {}
    of: dict[int, str] = {}
    for offset, entry in enumerate(new):
        filed.setdefault(entry.kind, []).append(Published(data=entry.data, index=size + offset))
        if entry.place in numbers:
            of[size + offset] = numbers[entry.place]
    sound = forecast.as_if_sound(placed, *get_args(Use))
    seen = forecast.forecast(held.followed_by(filed, of), sound, placed, now)
    if seen.changed:
        kids = joined(key.kid.hex() for key in declared)
        text = _(
            "The keyring that comes with this declares {} compromised, and this release does not make anew all that it "
            "had said. `yinjian-sign resign` does, and what that makes is published first. As it is:"
        )
        raise NotAgreed("\n".join([text.format(kids), *(f"  {line}" for line in seen.lines())]), str(seen.changed))
