"""Revoke, suspend, reinstate, replace and a corrected list, as the public sees them before and after."""

import asyncio
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from migrations import embedded
from signing.release import into_registry
from signing.steps import change as status
from signing.steps.change import Order
from signing.steps.making import drawing_up
from signing.steps.making.facts import Facts
from signing.workbook import judging
from tests import auditor, signing_room
from tests.conftest import Urls, fresh_registry
from tests.http_service import Time, client
from tests.signing_room import NOW, Place
from tests.workbooks import person, resident, write
from verify.registry.postgres import PostgresRegistry

DAY = 86_400
FIRST, SECOND, THIRD, FOURTH, FIFTH = (
    "CEM2204000001I", "CEM2204000002G", "CEM2204000003E", "CEM2204000004C", "CEM2204000005A",
)  # fmt: skip
LOST, CORRECTED = "CEM22040000068", "CEM22040000076"
PEOPLE = [person(n) for n in range(5)]


class Office:
    """A centre and its registry, at times of the test's choosing."""

    def __init__(self, place: Place, urls: Urls) -> None:
        self.place = place
        self.urls = urls

    def publish(self, release: Path, now: int) -> None:
        """Publishes one release."""
        keyring = (self.place.folder / "keys" / "keyring.cbor").read_bytes()
        log = self.place.log_at(now)
        into_registry.publish(release, self.urls.signer, keyring=keyring, root=self.place.root, log=log, now=now)

    def certify(self, people: list[dict[str, Any]], now: int) -> None:
        """Issues and publishes."""
        session = self.place.session(now)
        with session.ledger:
            judged = judging.read(write(self.place.folder / "b.xlsx", people), session.room.centre, {})
            made = drawing_up.issue(session, judged, "2022-04", "test", agreed=True)
        self.publish(made.path, now)

    def change(self, now: int, number: str, verb: Any, **other: Any) -> None:
        """Changes and publishes."""
        session = self.place.session(now)
        with session.ledger:
            done = status.change(session, Order(number=number, verb=verb, **other), agreed=True)
        self.publish(done.path, now)

    def ask(self, now: int, questions: list[tuple[str, int | None]]) -> list[dict[str, Any]]:
        """The verdicts of these numbers at these days after NOW."""
        return asyncio.run(self._ask(now, questions))

    async def _ask(self, now: int, questions: list[tuple[str, int | None]]) -> list[dict[str, Any]]:
        registry = await PostgresRegistry.open(self.urls.reader, self.place.root)
        try:
            async with client(registry, clock=Time(now), root=self.place.root) as browser:
                verdicts = []
                for number, day in questions:
                    body: dict[str, Any] = {"number": number}
                    if day is not None:
                        moment = datetime.datetime.fromtimestamp(NOW + day * DAY, datetime.UTC)
                        body["as_of"] = moment.isoformat()
                    answer = await browser.post("/api/v1/verify", json=body)
                    assert answer.status_code == 200, answer.text
                    verdicts.append(answer.json())
                return verdicts
        finally:
            await registry.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, server: embedded.Database) -> Iterator[Office]:
    """A centre that has issued five certificates, then for two years changed this and that, one change a day."""
    place = signing_room.make(tmp_path_factory.mktemp("after") / "centre")
    with fresh_registry(server) as urls:
        made = Office(place, urls)
        made.certify(PEOPLE, NOW)
        made.change(NOW + 10 * DAY, FIRST, "suspend", reason="investigation")
        made.change(NOW + 20 * DAY, FIRST, "reinstate")
        made.change(NOW + 30 * DAY, SECOND, "revoke", reason="misconduct", effective_at=NOW + 25 * DAY)
        made.change(NOW + 40 * DAY, THIRD, "replace")
        made.change(
            NOW + 50 * DAY, FOURTH, "replace", facts=Facts(name="周更正", id_type="resident", id_key=resident(3))
        )
        made.certify(PEOPLE[:4], NOW + 700 * DAY)
        yield made


def test_the_register_is_what_the_ledger_gave(office: Office) -> None:
    """After two years of changes the register, its tables and the ledger say the same, by the auditor's reading."""
    place = office.place
    account = auditor.audit(office.urls.owner, place.root, place.folder / "ledger.sqlite")
    assert account.line_after(THIRD) == [THIRD, LOST]
    assert FIFTH in account.certificates


@pytest.mark.parametrize(
    ("number", "outcomes", "now"),
    [
        (FIRST, {5: "valid", 15: "suspended", 21: "valid", 720: "valid"}, "valid"),
        (SECOND, {5: "valid", 24: "valid", 26: "revoked", 720: "revoked"}, "revoked"),
        (THIRD, {39: "valid", 41: "replaced", 720: "replaced"}, "replaced"),
        (LOST, {39: "not_yet_valid", 41: "valid", 720: "valid"}, "valid"),
        (FOURTH, {49: "valid", 51: "replaced", 720: "replaced"}, "replaced"),
        (CORRECTED, {49: "not_yet_valid", 51: "valid", 720: "valid"}, "valid"),
        (FIFTH, {5: "valid", 699: "valid", 701: "withdrawn"}, "withdrawn"),
    ],
)
def test_each_certificate_as_of_each_time(office: Office, number: str, outcomes: dict[int, str], now: str) -> None:
    """``as_of`` gives the day's answer, ``status_now`` today's; who replaces whom is said."""
    verdicts = office.ask(NOW + 730 * DAY, [(number, day) for day in outcomes] + [(number, None)])
    assert [verdict["outcome"] for verdict in verdicts] == [*outcomes.values(), now]
    assert {verdict["status_now"] for verdict in verdicts} == {now}
    shown = verdicts[-1]["certificate"]
    assert shown["replaced_by"] == {THIRD: LOST, FOURTH: CORRECTED}.get(number)


def test_the_reason_is_told(office: Office) -> None:
    """In the words of the format, from the day that the change took effect."""
    (revoked, corrected) = office.ask(NOW + 730 * DAY, [(SECOND, None), (FOURTH, None)])
    assert revoked["certificate"]["reason"] == "misconduct"
    assert corrected["certificate"]["reason"] == "registration_error"
    since = datetime.datetime.fromisoformat(revoked["certificate"]["status_since"])
    assert since.timestamp() == NOW + 25 * DAY
