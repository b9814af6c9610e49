"""Events can be chained: what was said of people can be emptied, and no event is another for that."""

import contextlib
import hashlib
import sqlite3
from pathlib import Path

import pytest

from tests import signing_room
from tests.signing_room import Place
from tests.workbooks import person, write

FIRST = "CEM2204000001I"
PEOPLE = [person(n) for n in range(3)]


@pytest.fixture
def busy(tmp_path: Path) -> Place:
    """A room in which a release was withdrawn, and the ledger restored from a copy that is named for somebody."""
    place = signing_room.make(tmp_path / "centre")
    write(place.folder / "b.xlsx", PEOPLE)
    copy = f"{PEOPLE[1]['name']}.copy"
    for order in (
        ("announce", "b.xlsx", "--exam", "2022-04"),
        ("objections", "2022-04", "--strike", f"{PEOPLE[2]['name']}=冒名", "--yes"),
        ("issue", "b.xlsx", "--exam", "2022-04", "--early", "因病提前"),
        ("status", FIRST, "suspend", "--reason", "investigation", "--yes"),
        ("withdraw", "STATUS", "--reason", f"{PEOPLE[0]['name']}无过错", "--never-left"),
        ("ledger", "backup", copy),
        ("ledger", "restore", copy),
    ):
        made = [path.name for path in (place.folder / "releases").glob("status-*")]
        done = place.run(*(made[0] if word == "STATUS" else word for word in order))
        assert done.returncode == 0, (order, done.stderr)
    return place


def test_what_was_said_can_be_forgotten_and_every_event_stays_what_it_was(busy: Place) -> None:
    """A chain over all events is the same before and after, and says nobody's name and nothing that was said."""
    with contextlib.closing(sqlite3.connect(busy.folder / "ledger.sqlite")) as ledger:
        before = [repr(row) for row in ledger.execute("SELECT * FROM event ORDER BY id")]
        assert len(before) >= 2
        said = [text for (text,) in ledger.execute("SELECT text FROM said")]
        assert any(PEOPLE[0]["name"] in text for text in said)
        assert any(PEOPLE[1]["name"] in text for text in said)
        personal = [*said, *(str(one[field]) for one in PEOPLE for field in ("name", "id_number"))]
        assert [row for row in before if any(text in row for text in personal)] == []
        ledger.execute("UPDATE said SET text = NULL")
        ledger.commit()
        after = [repr(row) for row in ledger.execute("SELECT * FROM event ORDER BY id")]
    assert chained(after) == chained(before)
    with busy.session().ledger as book:
        assert [event.reason or "" for event in book.events()] == [""] * len(before)


def chained(rows: list[str]) -> bytes:
    """The last link of a chain over them."""
    link = bytes(32)
    for row in rows:
        link = hashlib.sha256(link + row.encode()).digest()
    return link
