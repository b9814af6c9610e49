"""A key's life as the public sees it: rotated, retired, stolen, made anew, the root handed over; nobody is un-revoked.

Among the certificates are a replaced, a corrected, a revoked, a suspended and a reinstated one, and one that was taken
from the list.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from keys import custody
from keys.key_problems import KeyProblem
from keys.life import Life
from keys.passphrase import Known
from keys.root_medium import RootMedium
from migrations import embedded
from signing.ledger import compare
from signing.release import disbelieved, into_registry, release_file
from signing.release.log_state import LogState
from signing.steps import change as status
from signing.steps import publish as publishing
from signing.steps import resign as resigning
from signing.steps import restore, take_snapshot
from signing.steps.change import Order
from signing.steps.making import drawing_up
from signing.steps.making.facts import Facts
from signing.steps.resign import Resigned
from signing.steps.withdraw import withdraw
from signing.workbook import judging
from tests import signing_room
from tests.conftest import execute_as_owner, fresh_registry
from tests.http_service import Time, client
from tests.integration.test_signing_after_http import DAY, PEOPLE, Office
from tests.releases import number
from tests.signing_room import NOW, PASSPHRASE, Place
from tests.workbooks import person, resident, write
from verify.core import verdict
from verify.core.certificate import Certificate
from verify.core.errors import LogRefused
from verify.core.keyring import Key, Use
from verify.core.log import checkpoint
from verify.core.offline import Knowledge
from verify.fsck import whole_registry
from verify.registry.postgres import PostgresRegistry
from verify.shared.agreement import NotAgreed
from verify.shared.command import Refusal

KNOWN = Known(PASSPHRASE.encode())
NUMBERS = FIRST, SECOND, THIRD, FOURTH, FIFTH, SIXTH, SEVENTH, EIGHTH = tuple(number(n) for n in range(1, 9))
"""The sixth was taken from the list; the seventh replaced the first, and the eighth corrects the fifth."""

THIEFS = "CEM2204000099P"


class Centre(Office):
    """An office with its custodian."""

    def life(self, now: int) -> Life:
        """A custodian's step, with the root's medium put in and the registry at hand."""
        keys = self.place.keys
        return Life(keys, RootMedium.find(None, keys), KNOWN, now, url=self.urls.signer)

    def key(self, use: Use, place: int = -1) -> Key:
        """A key of the keyring."""
        return [key for key in self.place.keys.chain().newest.keys if key.use == use][place]

    def resign(self, now: int, *, agreed: bool = True) -> Resigned:
        """What ``yinjian-sign resign`` does."""
        session = self.place.session(now)
        with session.ledger:
            held = disbelieved.read(self.urls.signer, session.unlocked.chain)
            registry = compare.registered(self.urls.signer, session.unlocked.chain.newest, session.ledger)
            return resigning.resign(session, held, registry, agreed=agreed)

    def size(self) -> int:
        """Statements in the registry."""

        async def ask() -> int:
            connection = await asyncpg.connect(self.urls.signer)
            try:
                return int(await connection.fetchval("select count(*) from registry.statement"))
            finally:
                await connection.close()

        return asyncio.run(ask())

    def indexes(self) -> list[int]:
        """Where the log has the certificates of NUMBERS and the keyrings."""

        async def ask() -> list[int]:
            connection = await asyncpg.connect(self.urls.signer)
            query = "select index from registry.certificate where number = any($1)"
            query = f"{query} union select index from registry.keyring"
            try:
                return [row["index"] for row in await connection.fetch(query, NUMBERS)]
            finally:
                await connection.close()

        return asyncio.run(ask())

    def checkpoints(self) -> list[str]:
        """Every note that the log's keys signed, in order."""

        async def ask() -> list[str]:
            connection = await asyncpg.connect(self.urls.signer)
            try:
                return [
                    row["note"] for row in await connection.fetch("select note from registry.checkpoint order by place")
                ]
            finally:
                await connection.close()

        return asyncio.run(ask())

    def states(self, now: int, day: int | None = None) -> list[str]:
        """The outcomes of all numbers, now or as of a day after NOW."""
        return [found["outcome"] for found in self.ask(now, [(number, day) for number in NUMBERS])]

    def ask_qr(self, now: int, qr: str) -> dict[str, Any]:
        """The verdict of a QR text."""

        async def ask() -> dict[str, Any]:
            registry = await PostgresRegistry.open(self.urls.reader, self.place.root)
            try:
                async with client(registry, clock=Time(now), root=self.place.root) as browser:
                    answer: dict[str, Any] = (await browser.post("/api/v1/verify", json={"qr": qr})).json()
                    return answer
            finally:
                await registry.close()

        return asyncio.run(ask())

    def change_unpublished(self, now: int, wanted: str, verb: Any) -> Path:
        """A change whose release is not published."""
        session = self.place.session(now)
        with session.ledger:
            return status.change(session, Order(number=wanted, verb=verb), agreed=True).path

    def certified(self, people: list[dict[str, Any]], now: int) -> Path:
        """The next list of these people, whose release is not published."""
        session = self.place.session(now)
        with session.ledger:
            judged = judging.read(write(self.place.folder / "b.xlsx", people), session.room.centre, {})
            return drawing_up.issue(session, judged, "2022-04", "test", agreed=True).path

    def file(self, data: bytes) -> None:
        """Files a statement past publish, as whoever has the signer's password can."""

        async def file() -> None:
            connection = await asyncpg.connect(self.urls.signer)
            try:
                await connection.execute(
                    "insert into registry.statement (index, bytes) select count(*), $1 from registry.statement", data
                )
            finally:
                await connection.close()

        asyncio.run(file())

    def remembered(self, place: Place) -> list[object]:
        """What a ledger knows of numbers, lists, indexes and changes, whatever jobs they came of."""
        with place.session(NOW + 100 * DAY).ledger as ledger:
            given = [msgspec.structs.replace(one, job=None) for one in ledger.all_given() if one.statement]
            rows = [ledger.list_rows(head.exam, head.revision) for head in ledger.lists()]
            changes = [msgspec.structs.replace(one, job=0) for one in ledger.changes()]
            heads = [
                sorted((one.exam, one.revision, one.kid) for one in ledger.lists()),
                sorted((one.exam, one.revision, one.kid) for one in ledger.indexes()),
            ]
            return [sorted(given, key=lambda one: one.number), heads, rows, changes]

    @contextlib.contextmanager
    def lost(self, server: embedded.Database) -> Iterator[None]:
        """What is published meanwhile, the registry has lost afterwards: a copy from before takes its place."""
        name = self.urls.owner.rpartition("/")[2]
        execute_as_owner(server, f"create database {name}_before template {name}")
        yield
        execute_as_owner(server, f"drop database {name}")
        execute_as_owner(server, f"alter database {name}_before rename to {name}")
        execute_as_owner(server, f"grant connect on database {name} to yinjian_signer, yinjian_reader")

    def give_back(self, now: int) -> tuple[str, ...]:
        """What ``yinjian-sign publish --lost`` does."""
        keyring = (self.place.folder / "keys" / "keyring.cbor").read_bytes()
        log = self.place.log_at(now)
        return into_registry.give_back(self.urls.signer, keyring=keyring, root=self.place.root, log=log, now=now)

    def rebuilt(self, folder: Path) -> None:
        """Makes the ledger anew from the releases alone: it knows what the old one knows, and the registry agrees."""
        place = self.place.copy(folder)
        (folder / "ledger.sqlite").unlink()
        restore.rebuild_(place.room, place.keys, NOW + 100 * DAY)
        assert self.remembered(place) == self.remembered(self.place)
        assert self.unpublished(place) == self.unpublished(self.place)

    def unpublished(self, place: Place) -> list[str]:
        """What the registry lacks of what a ledger knows; beyond that it has nothing but what the thief filed."""
        with place.session(NOW + 100 * DAY).ledger as ledger:
            registry = compare.registered(self.urls.signer, place.keys.chain().newest, ledger)
            found = compare.differences(ledger, registry)
        assert {one.subject for one in found if one.is_fault} <= {THIEFS}
        return [one.subject for one in found if not one.is_fault]

    def waiting(self) -> list[str]:
        """What is to be published, in order."""
        return [one.path.name for one in publishing.waiting(self.place.room, NOW)]


@pytest.fixture(scope="module")
def centre(server: embedded.Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A centre whose exam has everything that can happen to a certificate, by the first keys."""
    place = signing_room.make(tmp_path_factory.mktemp("life") / "centre")
    with pytest.MonkeyPatch.context() as patch, fresh_registry(server) as urls:
        patch.setenv("YINJIAN_VAR", str(place.folder / "var"))
        patch.setattr("keys.pkcs8.COST", 1 << 10)
        made = Centre(place, urls)
        made.certify([*PEOPLE, person(5)], NOW - DAY)
        made.certify(PEOPLE, NOW)
        made.change(NOW + DAY, FIRST, "replace")
        made.change(NOW + 2 * DAY, SECOND, "revoke", reason="misconduct")
        made.change(NOW + 3 * DAY, THIRD, "suspend")
        made.change(NOW + 4 * DAY, FOURTH, "suspend")
        made.change(NOW + 5 * DAY, FOURTH, "reinstate")
        facts = Facts(name="欧阳娜", id_type="resident", id_key=resident(4))
        made.change(NOW + 6 * DAY, FIFTH, "replace", facts=facts)
        yield made


BEFORE = ["replaced", "revoked", "suspended", "valid", "replaced", "withdrawn", "valid", "valid"]
DAY_FOUR = ["replaced", "revoked", "suspended", "suspended", "valid", "withdrawn", "valid", "not_yet_valid"]


def test_a_stolen_status_key_unrevokes_nobody(centre: Centre, server: embedded.Database) -> None:
    """Declared, it would make revoked ones valid: that is told, refused at publishing, and made anew first."""
    now = NOW + 10 * DAY
    assert centre.states(now) == BEFORE
    old = centre.key("status")
    session = centre.place.session(now)
    with session.ledger:
        snapshot = take_snapshot.take(session, centre.urls.signer).path
    with pytest.raises(Refusal, match="rotate status"):
        centre.life(now).compromise(old.kid.hex(), 1, agreed=True)
    centre.life(now).rotate("status", (), agreed=True)
    size = centre.size()
    with pytest.raises(Refusal, match=f"is of size {size}"):
        centre.life(now).compromise(old.kid.hex(), size + 1, agreed=True)
    with pytest.raises(NotAgreed) as told:
        centre.life(now).compromise(old.kid.hex(), 1, agreed=False)
    assert f"  valid again though they are not now, 2: {SECOND}, {THIRD}" in str(told.value).splitlines()
    done = centre.life(now).compromise(old.kid.hex(), 1, agreed=True)
    assert done.forecast is not None
    assert done.forecast.exams["CEM-2022-04"] == {
        ("revoked", "valid"): 1, ("suspended", "valid"): 1, ("valid", "valid"): 3, ("replaced", "withdrawn"): 2,
        ("withdrawn", "withdrawn"): 1,
    }  # fmt: skip
    # Any other release would bring the keyring alone.
    session = centre.place.session(now)
    with session.ledger:
        release = session.room.releases / session.ledger.jobs()[0].release
    with pytest.raises(NotAgreed, match="resign"):
        centre.publish(release, now)
    assert centre.states(now) == BEFORE
    with pytest.raises(NotAgreed, match=f"Withdrawn, since.*{snapshot.name}"):
        centre.resign(now, agreed=False)
    made = centre.resign(now)
    assert (made.withdrawn, made.again, snapshot.exists(), made.strange) == ((snapshot.name,), (), False, 0)
    assert (made.lists, made.changes, made.indexes, made.exams) == (0, 6, 0, ())
    assert made.path is not None
    with centre.lost(server):
        centre.publish(made.path, now)
    # A registry that lost it takes it back, though list and index that it came with were there before it.
    assert centre.give_back(now) == (made.path.name,)
    assert centre.states(now) == BEFORE
    assert centre.states(now, 4) == DAY_FOUR
    again = centre.resign(now + 1)
    assert (again.path, again.changes) == (None, 0)


def test_a_stolen_certificate_key_takes_no_certificate(
    centre: Centre, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Lists, indexes and the next list by a good key hold what stands; a killed command is given again."""
    now = NOW + 20 * DAY
    old = centre.key("certificate")
    centre.life(now).rotate("certificate", (), agreed=True)
    waiting = centre.change_unpublished(now - 60, THIRD, "reinstate")
    centre.life(now).compromise(old.kid.hex(), 1, agreed=True)

    def killed(*_arguments: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:  # what the log's key signed may be out
        patch.setattr(LogState, "has", lambda *_arguments: True)
        with pytest.raises(Refusal, match=f"{waiting.name} was signed for the log"):
            centre.resign(now)
    with monkeypatch.context() as patch:
        patch.setattr(release_file, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            centre.resign(now)
    made = centre.resign(now + 5)
    assert made.path is not None
    first = made.path.read_bytes()
    again = centre.resign(now + 9)
    assert (again.path, made.path.read_bytes()) == (made.path, first)
    assert (made.lists, made.indexes, made.exams, made.strange) == (3, 4, ("CEM-2022-04",), 0)
    # The release that waited touched the exam: it was withdrawn and made again, behind what is made anew.
    assert centre.waiting() == [made.path.name, made.again[0].name]
    assert not waiting.exists()
    centre.rebuilt(tmp_path / "waiting")
    centre.publish(made.path, now + 20)
    centre.rebuilt(tmp_path / "published")
    assert centre.states(now + 20) == BEFORE
    assert centre.states(now + 20, 4) == DAY_FOUR
    centre.publish(made.again[0], now + 30)
    assert centre.states(now + 30)[2] == "valid"
    # The centre goes on with its new keys.
    centre.change(now + 40, FOURTH, "revoke", reason="other")
    assert centre.states(now + 40)[3] == "revoked"
    session = centre.place.session(now + 41)
    with session.ledger:
        given = session.ledger.given(EIGHTH)
    assert given is not None
    assert given.statement is not None
    qr = f"https://VERIFY.EXAMPLE.ORG/Q/{int.from_bytes(given.statement)}"
    assert centre.ask_qr(now + 41, qr)["outcome"] == "valid"
    chain = centre.place.keys.chain()
    seen = verdict.read_qr(qr, chain, now)
    offline = verdict.judge(seen, None, chain=chain, now=now, offline=Knowledge(chain=chain))
    assert offline.outcome == "key_not_trusted"


def test_a_thief_signs_to_no_avail(centre: Centre) -> None:
    """What a compromised key signs, with an old time of issue, is believed of nobody, filed past publish or not."""
    now = NOW + 30 * DAY
    old = centre.key("certificate", 0)
    signer = centre.place.keys.load(old, KNOWN)
    forged = Certificate(number=THIEFS, holder="贼", id_hint="0000", programme="CEM", term="2022-04", issued_at=NOW - 1)
    data = signer.sign(forged.draft(signer.kid))
    path = centre.place.folder / "thief.release"
    path.write_bytes(data)
    with pytest.raises(Refusal):
        centre.publish(path, now)
    qr = f"https://VERIFY.EXAMPLE.ORG/Q/{int.from_bytes(data)}"
    assert centre.ask_qr(now, qr)["outcome"] in ("unregistered", "key_not_trusted")
    centre.file(data)
    assert centre.ask_qr(now, qr)["outcome"] == "key_not_trusted"
    assert centre.resign(now).path is None


def test_a_key_that_was_retired_keeps_what_it_signed_and_waits_for_its_releases(centre: Centre) -> None:
    """Retiring is refused while a release of the key is not in the registry; afterwards all verify as before."""
    now = NOW + 40 * DAY
    centre.life(now).rotate("certificate", (), agreed=True)
    old = centre.key("certificate", 1)
    states = centre.states(now)
    releases = sorted((centre.place.folder / "releases").glob("*.release"))
    unpublished = centre.change_unpublished(now, EIGHTH, "replace")
    middle = centre.key("certificate", -1)
    with pytest.raises(Refusal, match=rf"{unpublished.name}"):
        centre.life(now).retire(middle.kid.hex(), [*releases, unpublished], all_published=False, agreed=True)
    done = centre.life(now).retire(old.kid.hex(), releases, all_published=False, agreed=True)
    assert done.forecast is not None
    assert done.forecast.changed == 0
    session = centre.place.session(now + 1)
    with session.ledger:
        withdraw(session.room, session.ledger, unpublished.name, "not meant", registry=None, now=now + 1)
    centre.change(now + 2, THIRD, "suspend")
    assert [state for n, state in enumerate(centre.states(now + 3)) if n != 2] == [
        s for n, s in enumerate(states) if n != 2
    ]


def test_more_keys_stolen_one_after_another_unrevoke_nobody_either(centre: Centre, tmp_path: Path) -> None:
    """A retired one, then the newest and the status key at once; what waited keeps its numbers.

    Only a suspension that was over cannot be put in before what a good key said behind it: that is told.
    """
    now = NOW + 45 * DAY
    states, day_four = centre.states(now), centre.states(now, 4)
    centre.life(now).compromise(centre.key("certificate", 1).kid.hex(), 1, agreed=True)
    made = centre.resign(now)
    assert made.path is not None
    centre.publish(made.path, now)
    assert (centre.states(now), centre.states(now, 4)) == (states, day_four)
    unpublished = centre.change_unpublished(now + 1, EIGHTH, "replace")
    before = unpublished.read_bytes()
    with centre.place.session(now + 2).ledger as ledger:
        ninth = next(one for one in ledger.all_given() if one.replaces == EIGHTH)
        ledger.add_event(now + 2, "printed", ninth.number)
    waits = centre.certified([*PEOPLE, person(9)], now + 2)
    stolen = [centre.key("certificate"), centre.key("status")]
    for key in stolen:
        centre.life(now + 3).rotate(key.use, (), agreed=True)
    centre.change(now + 3, THIRD, "revoke", reason="other")
    states[2], day_four[2] = "revoked", "valid"
    for key in stolen:
        centre.life(now + 4).compromise(key.kid.hex(), 1, agreed=True)
    made = centre.resign(now + 5)
    assert made.path is not None
    assert (made.strange, made.past, made.reprint) == (1, (THIRD,), (ninth.number,))  # what the thief filed
    again, listed = made.again
    assert not unpublished.exists()
    assert not waits.exists()
    assert again.read_bytes() != before
    with pytest.raises(Refusal, match="not_registered"):
        centre.publish(again, now + 6)
    centre.publish(made.path, now + 6)
    assert (centre.states(now + 6), centre.states(now + 6, 4)) == (states, day_four)
    centre.publish(again, now + 7)
    states[7] = "replaced"
    assert (centre.states(now + 8), centre.states(now + 8, 4)) == (states, day_four)
    centre.publish(listed, now + 9)
    with centre.place.session(now + 10).ledger as ledger:
        (tenth,) = [one.number for one in ledger.all_given() if one.holder == person(9)["name"]]
    verdicts = centre.ask(now + 10, [(ninth.number, None), (tenth, None)])
    assert [found["outcome"] for found in verdicts] == ["valid", "valid"]
    assert centre.states(now + 10) == states
    assert centre.resign(now + 11).path is None
    centre.rebuilt(tmp_path / "second")


def test_a_lost_and_a_stolen_log_key_leave_every_entry_where_it_is(centre: Centre) -> None:
    """The next key goes on with tree, name and file; what the stolen one signed later is believed of nobody."""
    now = NOW + 48 * DAY
    before = centre.checkpoints()
    lost = centre.key("log")
    centre.life(now).rotate("log", (), agreed=True)
    (centre.place.keys.path / custody.file_name("log", lost.kid)).unlink()
    centre.life(now).retire(lost.kid.hex(), (), all_published=True, agreed=True)
    centre.change(now, SEVENTH, "suspend")
    stolen = centre.key("log")
    sure = centre.size()
    centre.change(now + 1, SEVENTH, "reinstate")
    centre.life(now + 2).rotate("log", (), agreed=True)
    session = centre.place.session(now + 2)
    with session.ledger:
        snapshot = take_snapshot.take(session, centre.urls.signer).path
    for size, said in (
        (sure, f"any more: 1, the log's size {sure + 1} to {sure + 1}\n"),
        (sure + 1, "none is doubtful"),
    ):
        with pytest.raises(NotAgreed, match=said):
            centre.life(now + 2).compromise(stolen.kid.hex(), size, agreed=False)
    assert centre.life(now + 2).compromise(stolen.kid.hex(), sure, agreed=True).forecast is None
    # The log's key signed no statement, so that nothing is made anew: no release of nothing stands in others' way.
    made = centre.resign(now + 3)
    assert (made.path, made.withdrawn, snapshot.exists(), centre.waiting()) == (None, (snapshot.name,), False, [])
    centre.change(now + 4, SEVENTH, "suspend")
    notes = centre.checkpoints()
    chain = centre.place.keys.chain()
    assert notes[: len(before)] == before
    kids = [checkpoint.genuine(note, chain).key.kid for note in notes]
    assert kids[-3:] == [stolen.kid, stolen.kid, centre.key("log").kid]
    checkpoint.believed(notes[-3], chain)
    with pytest.raises(LogRefused, match="compromised"):
        checkpoint.believed(notes[-2], chain)
    centre.change(now + 6, SEVENTH, "reinstate")
    (found,) = centre.ask(now + 7, [(SEVENTH, None)])
    assert (found["outcome"], found["checks"][8]["result"]) == ("valid", "pass")
    # Whatever keys came and went, all of the registry is what its statements say.
    looked = asyncio.run(whole_registry.look_through(centre.urls.owner, centre.place.root, processes=1))
    assert looked.differences == ()
    # What a good key's list restored is told of no more than the keyrings are.
    told = {int(one.row.removeprefix("index=")) for one in looked.unbelieved}
    assert told.isdisjoint(centre.indexes())


def test_a_key_that_was_stolen_before_anything_of_it_was_published_leaves_no_release_of_nothing(centre: Centre) -> None:
    """What waits is made again by the good key and published: there is nothing to be made anew before it."""
    now = NOW + 49 * DAY
    centre.life(now).rotate("status", (), agreed=True)
    stolen = centre.key("status")
    waiting = centre.change_unpublished(now, SEVENTH, "suspend")
    centre.life(now + 1).rotate("status", (), agreed=True)
    centre.life(now + 1).compromise(stolen.kid.hex(), centre.size(), agreed=True)
    made = centre.resign(now + 2)
    assert (made.path, made.withdrawn, waiting.exists()) == (None, (), False)
    assert centre.waiting() == [made.again[0].name]
    centre.publish(made.again[0], now + 3)
    assert centre.states(now + 3)[6] == "suspended"


def test_the_root_hands_over_and_everything_stays(centre: Centre, tmp_path: Path) -> None:
    """The service follows the chain from the root that it pinned; the old medium signs nothing more."""
    now = NOW + 50 * DAY
    states = centre.states(now)
    centre.life(now).rotate_root(tmp_path / "new-root", agreed=True)
    with pytest.raises(KeyProblem, match="medium is not here"):
        centre.life(now)
    new = Life(centre.place.keys, RootMedium.find(tmp_path / "new-root", centre.place.keys), KNOWN, now)
    new.rotate("log", (), agreed=True)
    centre.change(now + 1, SEVENTH, "suspend")
    states[6] = "suspended"
    assert centre.states(now + 2) == states
