"""From what the ledger recorded to the release: sign, check what was signed, keep it, write the file.

Ed25519 signatures are functions of key and bytes (RFC 8032), and all that goes into the bytes is recorded, so doing
this twice gives the same file.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from keys.custody import Signer
from signing.centre.room import Session, Unlocked
from signing.ledger.book import Ledger
from signing.ledger.values import Given, Job, RecordedChange
from signing.messages import _
from signing.release import made_anew, release_file
from signing.release.made_anew import Sealed
from signing.spread import spread
from verify.core import certificate as certificates
from verify.core import qr_text, signed, statement, verdict
from verify.core.chain import Chain
from verify.core.changes import Change, Named
from verify.core.errors import NotBelieved
from verify.core.lookup_index import LookupIndex
from verify.core.offline import Knowledge
from verify.core.pass_list import PassList, Row
from verify.core.snapshot import Snapshot, Standing
from verify.core.statement import Draft
from verify.shared.command import Refusal


class CheckFailed(Refusal):
    """What was just signed does not verify; nothing of it leaves the room."""


class _Filed:
    """In place of a signer whose key is no longer active: finds what it signed in a release that lies there."""

    def __init__(self, kid: bytes, chain: Chain, release: bytes) -> None:
        keys = [key.public for key in chain.newest.with_kid(kid)]
        found = (one for one in release_file.parse(release) if one.kid == kid)
        self._there = {one.signed: one.data for one in found if any(statement.signed_by(one, key) for key in keys)}

    def sign(self, draft: Draft) -> bytes:
        """The statement of ``draft`` as it lies there. Raises Refusal where it does not."""
        try:
            return self._there[draft.signed]
        except KeyError:
            raise Refusal(_("The key that was recorded for this release is no longer active, and the file that lies in "
                "its place is another: move it away.")) from None  # fmt: skip


class Bench:
    """Signs and checks; worker processes inherit it whole."""

    def __init__(self, unlocked: Unlocked, kids: set[bytes], host: str, at: int, filed: bytes | None = None) -> None:
        """``filed`` is a release that lies there already: it tells what a key signed that is no longer active."""
        self._chain: Chain = unlocked.chain
        self._host = host
        self._at = at
        active = {key.kid for key in unlocked.chain.newest.keys if key.state == "active"}
        self._signers: dict[bytes, Signer | _Filed] = {
            kid: _Filed(kid, unlocked.chain, filed) if filed is not None and kid not in active else unlocked.signer(kid)
            for kid in kids
        }

    def certificates(self, given: Sequence[Given]) -> list[bytes]:
        """The signed certificates, each checked as a verifier without a network would."""
        return [self._certificate(one) for one in given]

    def _certificate(self, given: Given) -> bytes:
        wanted = given.certificate
        data = self._signers[given.kid].sign(wanted.draft(given.kid))
        seen = verdict.read_qr(qr_text.write(data, self._host), self._chain, self._at)
        found = verdict.judge(seen, None, chain=self._chain, now=self._at, offline=Knowledge(chain=self._chain))
        if found.outcome != "valid" or certificates.read(statement.decode(data)) != wanted:
            raise CheckFailed(_("Certificate {} does not verify: {}. Nothing was released.").format(
                given.number, found.outcome))  # fmt: skip
        return data

    def other(self, draft: Draft, kid: bytes, wanted: PassList | LookupIndex | Change | Snapshot) -> bytes:
        """A signed list, index or change, read back and compared."""
        data = self._signers[kid].sign(draft)
        try:
            same = signed.genuine(type(wanted), data, self._chain.newest).content == wanted
        except NotBelieved:
            same = False
        if not same:
            raise CheckFailed(_("A list or change does not verify. Nothing was released."))
        return data


class Produced(msgspec.Struct, frozen=True, kw_only=True):
    """A release that is there now."""

    path: Path
    aside: Path | None = None
    """Where a file is kept that lay in its place and had been altered."""


def produce(session: Session, job: Job) -> Produced:
    """Makes the job's release, or finds it made. Raises Refusal."""
    room, ledger = session.room, session.ledger
    path = room.releases / job.release
    if job.digest is not None and path.is_file() and file_digest(path) == job.digest:
        return Produced(path=path)
    lists, indexes, changed = ledger.lists(job.id), ledger.indexes(job.id), ledger.changes(job.id)
    fresh = [given for given in ledger.of_job(job.id) if given.statement is None]
    anew = _anew(session, job)
    kids = {one.kid for group in (lists, indexes, changed, fresh, anew) for one in group if one.kid is not None}
    if job.kind == "snapshot":
        kids.add(bytes.fromhex(job.notes["kid"]))
    filed = path.read_bytes() if job.digest is None and path.is_file() else None
    bench = Bench(session.unlocked, kids, room.centre.host, job.recorded_at, filed)
    if fresh:
        with session.progress(_("Signing and checking"), len(fresh)) as advance:
            signed = spread(bench.certificates, fresh, advance)
        ledger.keep_statements({given.number: data for given, data in zip(fresh, signed, strict=True)})
    data = b"".join(_statements(ledger, bench, job, anew))
    digest = hashlib.sha256(data).digest()
    if job.digest is not None and job.digest != digest:
        raise Refusal(_("{} would differ from what was released under this name.").format(job.release))
    aside = release_file.write(path, [data], recorded=job.digest is not None)
    if job.digest is None:
        ledger.mark_released(job.id, digest)
    return Produced(path=path, aside=aside)


def _anew(session: Session, job: Job) -> list[Sealed]:
    """What the job says again that compromised keys had said."""
    if "anew" not in job.notes:
        return []
    ledger, keyring = session.ledger, session.unlocked.chain.newest
    return made_anew.sealed(session.room.releases, ledger.jobs(), keyring, job.notes["anew"])


def _statements(ledger: Ledger, bench: Bench, job: Job, anew: Sequence[Sealed]) -> list[bytes]:
    """Certificates in row order, lists, changes, indexes, what is said again before what is new; or a snapshot."""
    if job.kind == "snapshot":
        kid, made_snapshot = recorded_snapshot(job)
        return [bench.other(made_snapshot.draft(kid), kid, made_snapshot)]
    certified = made_anew.certificates(ledger, anew)
    again = [(one.content, one.data if one.kid is None else bench.other(one.draft(one.kid), one.kid, one.content))
             for one in anew]  # fmt: skip
    lists = [data for content, data in again if isinstance(content, PassList)]
    for head in ledger.lists(job.id):
        rows = ledger.list_rows(head.exam, head.revision)
        statements = {g.number: g.statement for g in ledger.of_exam(head.exam) if g.statement is not None}
        for row in rows:
            if row.number is not None:
                certified[row.number] = statements[row.number]
        made = head.made
        made = msgspec.structs.replace(
            made,
            rows=tuple(
                Row(
                    serial=row.serial,
                    name=row.name,
                    id=row.id,
                    certificate=None if row.number is None else short(statements[row.number]),
                )
                for row in rows
            ),
        )
        lists.append(bench.other(made.draft(head.kid), head.kid, made))
    for given in ledger.of_job(job.id):
        if given.statement is not None:
            certified.setdefault(given.number, given.statement)
    changed = [data for content, data in again if isinstance(content, Change)]
    changed += [bench.other(made.draft(kid), kid, made) for made, kid in _changes(ledger, job)]
    indexes = [data for content, data in again if isinstance(content, LookupIndex)]
    for index in ledger.indexes(job.id):
        index_made = LookupIndex(
            exam=index.exam,
            revision=index.revision,
            secret_id=index.secret_id,
            rows=tuple(ledger.index_rows(index.exam, job.id)),
            issued_at=job.recorded_at,
        )
        indexes.append(bench.other(index_made.draft(index.kid), index.kid, index_made))
    return [*certified.values(), *lists, *changed, *indexes]


def snapshot_notes(snapshot: Snapshot, kid: bytes) -> dict[str, str]:
    """What the ledger keeps of a snapshot: its map as words and hex, which is all that a release of it holds."""
    held = {prefix.hex(): standing for prefix, standing in snapshot.standings.items()}
    return {
        "kid": kid.hex(),
        "taken_at": str(snapshot.taken_at),
        "log_size": str(snapshot.log_size),
        "standings": msgspec.json.encode(held).decode(),
    }


def recorded_snapshot(job: Job) -> tuple[bytes, Snapshot]:
    """The key and the snapshot that a job recorded."""
    held = msgspec.json.decode(job.notes["standings"], type=dict[str, Standing])
    snapshot = Snapshot(
        taken_at=int(job.notes["taken_at"]),
        log_size=int(job.notes["log_size"]),
        standings={bytes.fromhex(prefix): standing for prefix, standing in held.items()},
        issued_at=job.recorded_at,
    )
    return bytes.fromhex(job.notes["kid"]), snapshot


def _changes(ledger: Ledger, job: Job) -> list[tuple[Change, bytes]]:
    return [(_change(ledger, recorded, job.recorded_at), recorded.kid) for recorded in ledger.changes(job.id)]


def _change(ledger: Ledger, recorded: RecordedChange, at: int) -> Change:
    return msgspec.convert(
        {
            "certificate": _named(ledger, recorded.number),
            "action": recorded.action,
            "effective_at": recorded.effective_at,
            "reason": recorded.reason,
            "replacement": None if recorded.replacement is None else _named(ledger, recorded.replacement),
            "note": recorded.note,
            "issued_at": at,
        },
        Change,
        from_attributes=True,
    )


def _named(ledger: Ledger, number: str) -> Named:
    given = ledger.given(number)
    if given is None or given.statement is None:
        raise Refusal(_("Certificate {} is not in the ledger as issued.").format(number))
    return Named(number=number, short=short(given.statement))


def short(data: bytes) -> bytes:
    """The 16 bytes by which lists and changes name a certificate."""
    return hashlib.sha256(data).digest()[:16]


def file_digest(path: Path) -> bytes:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
