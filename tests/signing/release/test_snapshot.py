"""Snapshots on a real registry: what it says at its size, published alone, never behind, never otherwise."""

import asyncio
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from migrations import embedded
from signing.ledger import compare
from signing.release import into_registry, produce
from signing.release.release_file import ReleaseRefused
from signing.steps import restore, take_snapshot
from signing.steps.making import drawing_up
from signing.workbook import judging
from tests import releases, signing_room
from tests.conftest import Publish, Urls, execute_as_owner, fresh_registry
from tests.invented import CERTIFICATE, ISSUED_AT, STATUS, TestKey, keyring
from tests.signing_room import NOW
from tests.workbooks import person, write
from verify.core import signed, statement
from verify.core.changes import Named
from verify.core.offline import Knowledge
from verify.core.snapshot import Snapshot, Standing
from verify.registry.postgres import PostgresRegistry
from verify.shared.command import Refusal

PEOPLE = range(1, 7)
BY = Named(number=releases.number(7), short=releases.short(releases.certify(7)))


def prefix(serial: int) -> bytes:
    """How a snapshot names a certificate."""
    return statement.decode(releases.certify(serial)).digest[:8]


def made(standings: dict[bytes, Standing], size: int, key: TestKey = STATUS, **other: Any) -> bytes:
    """A snapshot of the invented centre."""
    fields: dict[str, Any] = {"taken_at": releases.NOW, "log_size": size, "issued_at": releases.NOW}
    return key.sign(Snapshot(standings=standings, **fields | other).draft(key.kid))


async def history(publishing: Publish) -> dict[bytes, Standing]:
    """Six certificates, of which one is suspended, one revoked, one replaced and one withdrawn; one is reinstated."""
    await publishing(releases.final(PEOPLE))
    for serial, action, at in ((1, "suspended", 0), (2, "revoked", 0), (5, "suspended", 0), (5, "reinstated", 1)):
        times = {"effective_at": ISSUED_AT + 100 + at, "issued_at": ISSUED_AT + 100 + at}
        await publishing([releases.change(serial, action, **times)])  # type: ignore[arg-type]  # one of the words
    rows = [(releases.number(serial), releases.lookup_key(serial)) for serial in PEOPLE]
    seventh = (BY.number, releases.lookup_key(3))
    replaced = releases.change(3, "replaced", reason="reissued", replacement=BY)
    await publishing([releases.certify(7), replaced, releases.index([*rows, seventh], revision=2)])
    left = [serial for serial in PEOPLE if serial not in (3, 4)]
    listed = [releases.row(serial, releases.certify(serial)) for serial in left] + [
        releases.row(3, releases.certify(7))
    ]
    index = releases.index([row for row in rows if row[0] not in (releases.number(3), releases.number(4))] + [seventh],
                           revision=3)  # fmt: skip
    again = [releases.certify(serial) for serial in (*left, 7)]
    await publishing([*again, releases.pass_list(listed, revision=2, issued_at=ISSUED_AT + 300), index])
    return {prefix(1): "suspended", prefix(2): "revoked", prefix(3): "replaced", prefix(4): "withdrawn"}


async def test_a_snapshot_says_what_the_register_says(
    publishing: Publish, registry: PostgresRegistry, registry_urls: Urls, owner: Any
) -> None:
    """Every word once, the reinstated one not; published alone, served as it was signed, and due again after more."""
    wanted = await history(publishing)
    assert {*wanted.values()} == {*get_args(Standing)}
    taken = await asyncio.to_thread(
        take_snapshot.by_registry, registry_urls.signer, releases.ROOT_THUMBPRINT, releases.NOW
    )
    assert taken.standings == wanted
    assert await registry.snapshot() is None
    size = taken.log_size
    data = STATUS.sign(taken.draft(STATUS.kid))
    for wrong, code in (
        (made(wanted | {prefix(6): "revoked"}, size), "snapshot_differs"),
        (made({k: v for k, v in wanted.items() if v != "withdrawn"}, size), "snapshot_differs"),
        (made(wanted | {prefix(1): "revoked"}, size), "snapshot_differs"),
        (made(wanted, 9), "snapshot_differs"),
        (made(wanted, size - 1), "snapshot_unproven"),
        (made(wanted, size + 1), "snapshot_unproven"),
        (made(wanted, size, taken_at=releases.NOW + 1), "snapshot_ahead"),
        (made(wanted, size, CERTIFICATE), "key_wrong_use"),
    ):
        with pytest.raises(ReleaseRefused) as refused:
            await publishing([wrong])
        assert refused.value.code == code
    later = msgspec.structs.replace(
        keyring(), version=2, previous=statement.decode(releases.keyrings()).digest, issued_at=releases.NOW + 1
    )
    with pytest.raises(ReleaseRefused, match="snapshot_before_keyring"):
        await publishing([data], keyring=releases.keyrings(keyring(), later))
    with pytest.raises(ReleaseRefused, match="snapshot_alone"):
        await publishing([data, releases.change(6, "suspended")])
    done = await publishing([data])
    assert (done.added, done.snapshot_due) == (1, False)
    assert await registry.snapshot() == data
    assert (await publishing([data])).added == 0
    junk = made({}, size, TestKey("stranger"))
    await owner.execute("insert into registry.statement (index, bytes) values ($1, $2)", size + 1, junk)
    assert await registry.snapshot() == data
    known = Knowledge.of(await registry.chain(), data)
    assert known.snapshot == signed.genuine(Snapshot, data, keyring()).content
    with pytest.raises(ReleaseRefused, match="snapshot_rolled_back"):
        await publishing([made(wanted, size, taken_at=releases.NOW - 1)])
    assert (await publishing([releases.change(6, "suspended")])).snapshot_due


def test_no_snapshot_is_signed_of_a_registry_that_lost_what_was_signed(
    tmp_path: Path, server: embedded.Database, registry_urls: Urls
) -> None:
    """It would give out as valid what the lost release revoked; it is named, all of it or the last, and is not signed.

    A machine that does not publish has no file to hold the registry to; one that publishes just then is let finish.
    """
    place = signing_room.make(tmp_path / "room")
    told: dict[str, Any] = {
        "keyring": (place.folder / "keys" / "keyring.cbor").read_bytes(),
        "root": place.root,
        "log": place.log,
    }
    session = place.session(NOW)
    with session.ledger, fresh_registry(server) as empty:
        judged = judging.read(write(place.folder / "b.xlsx", [person(0)]), session.room.centre, {})
        notice = drawing_up.announce(session, judged, "2022-04")
        into_registry.publish(notice.path, registry_urls.signer, now=NOW, **told)
        name = registry_urls.owner.rpartition("/")[2]
        execute_as_owner(server, f"create database {name}_saved template {name}")
        execute_as_owner(server, f"grant connect on database {name}_saved to yinjian_signer")
        final = drawing_up.issue(session, judged, "2022-04", "test", agreed=True)
        into_registry.publish(final.path, registry_urls.signer, now=NOW, **told)
        saved = registry_urls.signer.replace(name, f"{name}_saved")
        try:
            for url, names in ((saved, final.path.name), (empty.signer, f"{notice.path.name}, {final.path.name}")):
                with pytest.raises(ReleaseRefused, match=f"signed: {names}\\. .*--lost") as refused:
                    take_snapshot.take(session, url)
                assert refused.value.code == "log_ahead"
            assert "snapshot" not in {job.kind for job in session.ledger.jobs()}
            with place.log.opened(place.keys.chain(), NOW), pytest.raises(Refusal, match="is publishing"):
                take_snapshot.take(session, registry_urls.signer)
            assert take_snapshot.take(session, registry_urls.signer).snapshot.log_size == 5
            place.keys.log_state.rename(tmp_path / "elsewhere")
            assert take_snapshot.take(session, saved).snapshot.log_size == 2
        finally:
            execute_as_owner(server, f"drop database {name}_saved with (force)")


def test_the_signing_room_makes_one_and_knows_when_it_is_published(tmp_path: Path, registry_urls: Urls) -> None:
    """Recorded, signed and written; the comparison tells it unpublished, then published; a lost ledger has it again."""
    place = signing_room.make(tmp_path / "room")
    keyring_bytes = (place.folder / "keys" / "keyring.cbor").read_bytes()

    def publish(release: Path) -> None:
        into_registry.publish(
            release, registry_urls.signer, keyring=keyring_bytes, root=place.root, log=place.log, now=NOW
        )

    session = place.session(NOW)
    with session.ledger as ledger:
        with pytest.raises(Refusal, match="Nothing is published yet"):
            take_snapshot.take(session, registry_urls.signer)
        judged = judging.read(write(place.folder / "b.xlsx", [person(0)]), session.room.centre, {})
        made_list = drawing_up.issue(session, judged, "2022-04", "test", agreed=True)
        publish(made_list.path)
        ledger.mark_published(made_list.path.name, NOW)
        done = take_snapshot.take(session, registry_urls.signer)
        assert (done.snapshot.log_size, done.snapshot.standings) == (4, {})
        chain = place.keys.chain()
        before = compare.registered(registry_urls.signer, chain.newest, ledger)
        assert [one.subject for one in compare.differences(ledger, before)] == [done.path.name]
        publish(done.path)
        after = compare.registered(registry_urls.signer, chain.newest, ledger)
        assert compare.differences(ledger, after) == []
        told = [(job.kind, job.digest) for job in ledger.jobs()]
    place.room.ledger_path.unlink()
    restore.rebuild_(place.room, place.keys, NOW)
    with place.room.ledger(NOW, place.keys) as again:
        assert [(job.kind, job.digest) for job in again.jobs()] == told
        snapshot_job = next(job for job in again.jobs() if job.kind == "snapshot")
    done.path.unlink()
    session = place.session(NOW)
    with session.ledger:
        assert produce.file_digest(produce.produce(session, snapshot_job).path) == snapshot_job.digest
