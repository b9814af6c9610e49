"""The ledger beside the registry: what nobody signed is passed over there, as every reader passes it over."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from signing.ledger import compare
from signing.release import into_registry, release_file
from signing.steps import issue
from signing.workbook import judging
from tests import signing_room
from tests.conftest import Urls
from tests.signing_room import NOW, Place
from tests.workbooks import person, write
from verify.core.certificate import Certificate
from verify.core.statement import Kind


async def file_past_publish(url: str, statements: list[bytes]) -> None:
    """Adds statements with the signer's rights, and no check of publish's."""
    connection = await asyncpg.connect(url)
    try:
        first = await connection.fetchval("select count(*) from registry.statement")
        await connection.copy_records_to_table(
            "statement", schema_name="registry", columns=["index", "bytes"], records=list(enumerate(statements, first))
        )
    finally:
        await connection.close()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A room with one exam issued."""
    made = signing_room.make(tmp_path / "centre")
    session = made.session()
    with session.ledger:
        judged = judging.read(write(made.folder / "b.xlsx", [person(n) for n in range(3)]), made.room.centre, {})
        issue.issue(session, judged, "2022-04", early="test")
    return made


def test_what_nobody_signed_is_no_difference(registry_urls: Urls, place: Place) -> None:
    """Forged certificates under a number of ours and under one that was never given, a forged list: passed over."""
    (release,) = (place.folder / "releases").glob("*.release")
    keyring = (place.folder / "keys" / "keyring.cbor").read_bytes()
    into_registry.publish(release, registry_urls.signer, keyring=keyring, root=place.root, log=place.log, now=NOW)
    forged = [
        item.data[:-1] + bytes([item.data[-1] ^ 1])
        for item in release_file.parse(release_file.load(release))
        if item.kind in (Kind.CERTIFICATE, Kind.PASS_LIST)
    ]
    stranger = Certificate(
        number="CEM2204000009T", holder="王莉", id_hint="1232", programme="CEM", term="2022-04", issued_at=NOW
    )
    forged.append(stranger.draft(b"\0\1\2\3").seal(bytes(64)))
    asyncio.run(file_past_publish(registry_urls.signer, forged))
    session = place.session()
    with session.ledger:
        there = compare.registered(registry_urls.signer, place.keys.chain().newest, session.ledger)
        assert compare.differences(session.ledger, there) == []
        assert len(there.certificates) == 3


def test_what_the_centre_signed_and_the_ledger_lacks_is_a_difference(registry_urls: Urls, place: Place) -> None:
    """A certificate signed with the centre's own key, and recorded nowhere, is named."""
    (release,) = (place.folder / "releases").glob("*.release")
    keyring = (place.folder / "keys" / "keyring.cbor").read_bytes()
    into_registry.publish(release, registry_urls.signer, keyring=keyring, root=place.root, log=place.log, now=NOW)
    session = place.session()
    with session.ledger:
        signer = session.unlocked.newest_signer("certificate", ["CEM"], NOW)
        hidden = Certificate(
            number="CEM2204000009T", holder="王莉", id_hint="1232", programme="CEM", term="2022-04", issued_at=NOW
        )
        asyncio.run(file_past_publish(registry_urls.signer, [signer.sign(hidden.draft(signer.kid))]))
        there = compare.registered(registry_urls.signer, place.keys.chain().newest, session.ledger)
        found = compare.differences(session.ledger, there)
        assert [(one.kind, one.subject) for one in found] == [("not_in_ledger", "CEM2204000009T")]
