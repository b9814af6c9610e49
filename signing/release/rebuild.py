"""The ledger made anew from the centre's own releases, or completed by them.

A release holds all that the ledger keeps but who stands behind the lines of a notice, what objections came to, and
reasons: the same ``announce`` again tells the first, the clerk the others. What a release says is believed only where
its signature is of this centre. What a compromised key had said stays with the release that said it first.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from signing.ledger.book import Ledger
from signing.ledger.values import Given, IndexHead, JobKind, Lines, ListedRow, ListHead, RecordedChange
from signing.messages import _
from signing.release import produce, release_file
from verify.core import certificate as certificates
from verify.core import signed, statement
from verify.core.certificate import Certificate
from verify.core.chain import Chain
from verify.core.changes import Change
from verify.core.errors import NotBelieved
from verify.core.keyring import Keyring
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList
from verify.core.snapshot import Snapshot
from verify.core.statement import Kind, Statement
from verify.shared.command import Refusal, joined, reason
from verify.shared.whole_files import ending

_UNKNOWN: Final = b""
"""The lookup key of somebody on a notice, whom no index names."""


class _Content(msgspec.Struct, kw_only=True):
    """One release, read."""

    path: Path
    digest: bytes
    certificates: list[Statement] = []
    lists: list[tuple[PassList, Statement]] = []
    indexes: list[tuple[LookupIndex, Statement]] = []
    changes: list[tuple[Change, Statement]] = []
    snapshots: list[tuple[Snapshot, Statement]] = []
    issued_at: int = 0
    rank: int = 2
    """Among those of one time: 0 what is said again elsewhere, 1 where it is said again, 2 whatever else."""
    again: dict[bytes, list[str]] = {}
    """By digest what of it is said again, as a job notes it: the older digest, and the key, empty where the same."""

    @property
    def said(self) -> list[Statement]:
        """Lists, changes and indexes, in the order of a release."""
        return [found for group in (self.lists, self.changes, self.indexes) for _content, found in group]

    @property
    def kind(self) -> JobKind:
        """What kind of job made it: a correction is a change, though it brings a list."""
        if self.again:
            return "resign"
        if self.snapshots:
            return "snapshot"
        if self.changes or not self.lists:
            return "status"
        return self.lists[0][0].stage


def rebuild(ledger: Ledger, folder: Path, chain: Chain) -> list[str]:
    """Adds to the ledger what it lacks of the releases in ``folder``; their names, in the order added.

    Raises Refusal for a release that is damaged, that no key of the centre signed, or that contradicts the ledger.
    """
    known = {job.release: job for job in ledger.jobs()}
    found = [_read(path, chain) for path in ending(folder, ".release")]
    _find_said_again(found, chain.newest)
    digests, missing = {job.digest for job in known.values()}, []
    for content in sorted(found, key=_order):
        job = known.get(content.path.name)
        if job is None or job.digest is None:
            if content.digest not in digests:  # a copy under another name says nothing more
                missing.append(content)
            digests.add(content.digest)
        elif job.digest != content.digest:
            raise Refusal(_("{} is not the release that the ledger recorded.").format(content.path.name))
    with ledger.transaction():
        for content in missing:
            if content.path.name in known:
                ledger.drop(known[content.path.name].id)
            _add(ledger, content)
        _check_whole(ledger)
        for path in ending(folder / "withdrawn", ".release"):
            _keep_given(ledger, _read(path, chain))
    return [content.path.name for content in missing]


def _keep_given(ledger: Ledger, withdrawn: _Content) -> None:
    """Numbers of a release that was withdrawn stay given, to the same people."""
    keys = {number: key for index, _found in withdrawn.indexes for number, key in index.rows}
    replaces = {
        c.replacement.number: c.certificate.number for c, _found in withdrawn.changes if c.replacement is not None
    }
    for found in withdrawn.certificates:
        given = msgspec.structs.replace(_given(found, 0, keys, replaces), job=None, statement=None)
        if ledger.given(given.number) is None:
            ledger.give([given])


def _check_whole(ledger: Ledger) -> None:
    """That no revision is missing among those added. Raises Refusal: numbers that it gave would be given again."""
    exams = sorted({head.exam for head in ledger.lists()})
    for exam in exams:
        revisions = {head.revision for head in ledger.lists() if head.exam == exam}
        indexes = {head.revision for head in ledger.indexes() if head.exam == exam}
        for there in (revisions, indexes):
            if lacking := sorted(set(range(1, max(there, default=0) + 1)) - there):
                text = _("Releases of {} are missing here (revision {}): bring them into the releases folder first.")
                raise Refusal(text.format(exam, joined(lacking)))


def _find_said_again(found: Sequence[_Content], keyring: Keyring) -> None:
    """Notes of each release what another said before it by an older key, and what stands there as it was."""
    age = {key.kid: place for place, key in enumerate(keyring.keys)}
    first: dict[bytes, Statement] = {}
    for one in (one for content in found for one in content.said):
        before = first.setdefault(_says(one), one)
        if age[one.kid] < age[before.kid]:
            first[_says(one)] = one
    resigned = [content for content in found if any(first[_says(one)].kid != one.kid for one in content.said)]
    elsewhere = {one.digest for content in found if content not in resigned for one in content.said}
    again = {_says(one) for content in resigned for one in content.said}
    for content in found:
        if any(_says(one) in again for one in content.said):
            content.rank = 1 if content in resigned else 0
    for content in resigned:
        for one in content.said:
            before = first[_says(one)]
            if before.kid != one.kid:
                content.again[one.digest] = [before.digest.hex(), one.kid.hex()]
            elif one.digest in elsewhere:
                content.again[one.digest] = [one.digest.hex(), ""]


def _says(found: Statement) -> bytes:
    """What it says, whoever signed it."""
    return statement.envelope(found.data).payload


def _order(content: _Content) -> tuple[int, int, int, str]:
    revisions = [made.revision for made, _found in content.lists] + [made.revision for made, _found in content.indexes]
    revisions += [snapshot.log_size for snapshot, _found in content.snapshots]  # after what it speaks of
    return content.issued_at, content.rank, max(revisions, default=0), content.path.name


def _read(path: Path, chain: Chain) -> _Content:
    data = path.read_bytes()
    content = _Content(path=path, digest=hashlib.sha256(data).digest())
    for found in release_file.among(path, data):
        try:
            said = signed.genuine(object, found, chain.newest).content
        except NotBelieved as error:
            if error.code in ("unknown_key", "signature_bad"):
                raise Refusal(_("{} holds a statement that no key of this centre signed.").format(path.name)) from None
            raise Refusal(f"{path.name}: {reason(error)}") from None
        _file(content, found, said)
    return content


def _file(content: _Content, found: Statement, said: object) -> None:
    if isinstance(said, Certificate):
        content.certificates.append(found)
        return
    if isinstance(said, PassList):
        content.lists.append((said, found))
    elif isinstance(said, LookupIndex):
        content.indexes.append((said, found))
    elif isinstance(said, Change):
        content.changes.append((said, found))
    elif isinstance(said, Snapshot):
        content.snapshots.append((said, found))
    content.issued_at = max(content.issued_at, int(found.claims[statement.IAT]))


def _add(ledger: Ledger, content: _Content) -> None:
    notes: dict[str, Any] = {"rebuilt": "yes"}
    if content.again:
        known_by = [one.digest.hex() for one in content.said if one.kind is not Kind.LOOKUP_INDEX]
        notes |= {"made": known_by, "anew": [*content.again.values()], "again": [], "withdrawn": [], "reprint": []}
        exams = {one.exam for one, _found in content.lists} | {one.exam for one, _found in content.indexes}
        changed = (ledger.given(one.certificate.number) for one, _found in content.changes)
        notes["exams"] = sorted(exams | {one.exam for one in changed if one is not None})
    if content.indexes:
        notes["secret"] = content.indexes[0][0].secret_id.hex()
    for snapshot, found in content.snapshots:
        notes |= produce.snapshot_notes(snapshot, found.kid)
    job = ledger.add_job(content.kind, content.path.name, content.digest, content.issued_at, notes)
    keys = {number: key for index, _found in content.indexes for number, key in index.rows}
    replaces = {
        c.replacement.number: c.certificate.number for c, _found in content.changes if c.replacement is not None
    }
    given = {found.short: _given(found, job, keys, replaces) for found in content.certificates}
    ledger.give([one for one in given.values() if not _is_known(ledger, one)])
    for made, found in content.lists:
        if found.digest not in content.again:
            _add_list(ledger, made, found.kid, job, given)
    for index, found in content.indexes:
        if found.digest not in content.again:
            head = IndexHead(
                exam=index.exam, revision=index.revision, secret_id=index.secret_id, kid=found.kid, job=job
            )
            ledger.add_index(head)
    for change, found in content.changes:
        if found.digest not in content.again:
            ledger.add_change(_recorded(change, found.kid, job))
    ledger.set_digest(job, content.digest)


def _recorded(change: Change, kid: bytes, job: int) -> RecordedChange:
    return RecordedChange(
        number=change.certificate.number,
        kid=kid,
        action=change.action,
        effective_at=change.effective_at,
        reason=change.reason,
        replacement=None if change.replacement is None else change.replacement.number,
        note=change.note,
        job=job,
    )


def _is_known(ledger: Ledger, wanted: Given) -> bool:
    known = ledger.given(wanted.number)
    if known is None or known.statement is None:
        return False
    if known.statement != wanted.statement:
        raise Refusal(_("Certificate {} differs between the ledger and a release.").format(wanted.number))
    return True


def _given(found: Statement, job: int, keys: dict[str, bytes], replaces: dict[str, str]) -> Given:
    made = certificates.read(found)
    return Given(
        number=made.number,
        exam=made.exam,
        holder=made.holder,
        id_hint=made.id_hint,
        lookup_key=keys.get(made.number, _UNKNOWN),
        issued_at=made.issued_at,
        expires_at=made.expires_at,
        kid=found.kid,
        job=job,
        replaces=replaces.get(made.number),
        statement=found.data,
        paper_date=made.paper_date,
    )


def _add_list(ledger: Ledger, made: PassList, kid: bytes, job: int, given: dict[bytes, Given]) -> None:
    rows = []
    for row in made.rows:
        holder = given[row.certificate] if row.certificate is not None else None
        rows.append(
            ListedRow(
                serial=row.serial,
                name=row.name,
                id=row.id,
                holder=holder.holder if holder else row.name,
                lookup_key=holder.lookup_key if holder else _UNKNOWN,
                number=holder.number if holder else None,
            )
        )
    head = msgspec.structs.replace(made, rows=())
    ledger.add_list(
        ListHead(exam=made.exam, revision=made.revision, stage=made.stage, job=job, kid=kid, made=head), rows
    )


class Unexplained(msgspec.Struct, frozen=True, kw_only=True):
    """A notice of which only the release is known: what objections to it came to, no release says."""

    exam: str
    missing: tuple[int, ...]
    """Numbers on the notice whose people the newest final list lacks; none where there is no final list yet."""


def unexplained(ledger: Ledger) -> list[Unexplained]:
    """The notices whose people a rebuilt ledger does not know; whom their first final list had goes by chains."""
    found = []
    for exam in sorted({head.exam for head in ledger.lists()}):
        head = ledger.newest_list(exam, "notice")
        rows = ledger.list_rows(exam, head.revision) if head else []
        if head is None or all(row.lookup_key for row in rows):
            continue
        final, lines = ledger.list_rows(exam, head.revision + 1), Lines(ledger.of_exam(exam))
        standing = {row.number for row in ledger.list_rows(exam, (ledger.newest_list(exam, "final") or head).revision)}
        there = {(row.name, row.id) for row in final if row.number and standing.intersection(lines.all(row.number))}
        missing = tuple(row.serial for row in rows if (row.name, row.id) not in there) if final else ()
        found.append(Unexplained(exam=exam, missing=missing))
    return found
