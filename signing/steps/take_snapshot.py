"""The snapshot: what the published register says is not valid, signed for verifiers without a network."""

import asyncio
import contextlib
import hashlib
from pathlib import Path

import msgspec

from signing.centre.room import Session
from signing.ledger.values import Job
from signing.messages import _
from signing.release import produce
from signing.release.into_log import check_whole
from signing.release.log_state import LogState
from verify.core import cbor
from verify.core.keyring import Key
from verify.core.snapshot import Snapshot
from verify.shared import not_valid
from verify.shared.asked_by_keys import BY_KEYS
from verify.shared.command import Refusal
from verify.shared.database_trouble import TROUBLE, connect, told


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A release with the snapshot, made now."""

    job: Job
    path: Path
    snapshot: Snapshot


def take(session: Session, url: str) -> Taken:
    """Records, signs and writes the snapshot of what the registry at ``url`` holds now. Raises Refusal.

    One that was recorded and not finished is forgotten: it was of another moment. On the machine that publishes, a
    registry that lost releases is refused: certificates that they revoked would be given out as valid.
    """
    ledger = session.ledger
    key = _key(session)
    folder = session.unlocked.folder
    state = LogState(folder.log_state)
    with session.progress(_("Reading the registry")), contextlib.ExitStack() as held:
        if state.path.is_file():  # else this machine does not publish, and cannot know
            state.hold()
            held.callback(state.release)
        snapshot = by_registry(url, folder.root, session.now, state)
    request = hashlib.sha256(cbor.encode(["snapshot", snapshot.log_size, snapshot.taken_at])).digest()
    with ledger.transaction():
        for left in ledger.unreleased():
            if left.kind == "snapshot":
                ledger.drop(left.id)
        taken = {job.release for job in ledger.jobs()}
        count = next(n for n in range(1, len(taken) + 2) if f"snapshot-{n}.release" not in taken)
        notes = produce.snapshot_notes(snapshot, key.kid)
        number = ledger.add_job("snapshot", f"snapshot-{count}.release", request, session.now, notes)
    job = next(found for found in ledger.jobs() if found.id == number)
    return Taken(job=job, path=produce.produce(session, job).path, snapshot=snapshot)


def _key(session: Session) -> Key:
    """The newest status key of all programmes that may sign now. Raises Refusal."""
    keys = [
        key
        for key in session.unlocked.chain.newest.keys
        if (key.use, key.state) == ("status", "active") and not key.programmes and key.not_before <= session.now
    ]
    found = max(keys, key=lambda key: key.not_before, default=None)
    if found is None:
        raise Refusal(_("No status key signs for every programme: a snapshot takes one; `yinjian-keys` adds it."))
    return found


def by_registry(url: str, root: bytes, now: int, state: LogState | None = None) -> Snapshot:
    """The snapshot that the registry at ``url`` gives now, of its whole size, not signed yet.

    Raises Refusal; ReleaseRefused, too, where the registry lacks what the log's file ``state`` says was signed.
    """

    async def ask() -> Snapshot:
        connection = await connect(url, server_settings=BY_KEYS)
        try:
            async with connection.transaction(readonly=True, isolation="repeatable_read"):
                said = await not_valid.state(connection, root)
                if state is not None:
                    await check_whole(connection, said.chain if said else None, state)
                if said is None or said.size == 0:
                    raise Refusal(_("Nothing is published yet: there is nothing to take a snapshot of."))
                held = await not_valid.standings(connection, said.chain, said.size, now)
                return Snapshot(taken_at=now, log_size=said.size, standings=held, issued_at=now)
        finally:
            await connection.close(timeout=10)

    try:
        return asyncio.run(ask())
    except TROUBLE as error:
        raise Refusal(_("The registry does not answer ({}).").format(told(error))) from error
