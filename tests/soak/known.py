"""What is published while the traffic runs, and so what each answer may say: no more and no less."""

import contextlib
import itertools
import random
from collections.abc import Iterator
from typing import Final

import msgspec

from tests import releases
from tests.invented import ISSUED_AT
from verify.core import qr_text
from verify.core.changes import Action, Named

HOST: Final = "VERIFY.EXAMPLE.ORG"
AFTER: Final[dict[Action, str]] = {"suspended": "suspended", "reinstated": "valid", "revoked": "revoked"}


class Person(msgspec.Struct, kw_only=True, eq=False):
    """One certificate, and what it was worth one publishing after the other."""

    term: str
    serial: int
    data: bytes
    outcomes: list[str] = msgspec.field(default_factory=lambda: ["valid"])
    """The last of them may still be under way."""
    told: int = 0
    """Which of them publish acknowledged last."""

    @property
    def number(self) -> str:
        """Its number."""
        return releases.number(self.serial, term=self.term)

    @property
    def name(self) -> str:
        """Whose it is."""
        return f"候选人{self.serial}"

    @property
    def text(self) -> str:
        """Its QR code's text."""
        return qr_text.write(self.data, HOST)


class Question:
    """One question about some people: what was acknowledged when it began, and what came meanwhile."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self._begun = [person.told for person in people]

    def allowed(self, at: int = 0) -> set[str]:
        """What may be answered now of one of them."""
        return set(self.people[at].outcomes[self._begun[at] :])


class Known:
    """The people of all exams that publish acknowledged."""

    def __init__(self, people_each: int, seed: int = 1) -> None:
        self.people: list[Person] = []
        self.exams: list[str] = []
        self.size = 0
        """Statements in the log, as publish said last."""
        self._each = people_each
        self._draw = random.Random(seed)  # noqa: S311 -- whom to ask about
        self._terms = (f"{2022 + month // 12}-{month % 12 + 1:02}" for month in itertools.count(3))
        self._changes = itertools.count(100)

    def some(self, count: int = 1) -> Question:
        """A question about so many, drawn anew."""
        return Question(self._draw.choices(self.people, k=count))

    def nobody(self) -> str:
        """A number under which nothing is ever filed."""
        return releases.number(self._draw.randint(90_000, 99_999))

    @contextlib.contextmanager
    def exam(self) -> Iterator[list[bytes]]:
        """The release of another exam; its people are known where the block ends well."""
        term = next(self._terms)
        code = f"CEM-{term}"
        people = [
            Person(
                term=term,
                serial=serial,
                data=releases.certify(serial, number=releases.number(serial, term=term), term=term),
            )
            for serial in range(1, self._each + 1)
        ]
        rows = [releases.row(person.serial, person.data) for person in people]
        filed = [(person.number, releases.lookup_key(person.serial)) for person in people]
        listed = releases.pass_list(rows, exam=code, held_on=f"{term}-23", planned_on=None)
        yield [*(person.data for person in people), listed, releases.index(filed, exam=code)]
        self.people += people
        self.exams.append(code)

    @contextlib.contextmanager
    def change(self) -> Iterator[list[bytes]]:
        """A change of somebody's status: either is true until the block ends, and then the new alone."""
        person = self._draw.choice([one for one in self.people if one.outcomes[-1] != "revoked"])
        action: Action = "suspended"
        if person.outcomes[-1] == "suspended":
            action = "reinstated"
        elif self._draw.random() < 0.1:
            action = "revoked"
        when = ISSUED_AT + next(self._changes)
        named = Named(number=person.number, short=releases.short(person.data))
        person.outcomes.append(AFTER[action])
        yield [releases.change(person.serial, action, certificate=named, effective_at=when, issued_at=when)]
        person.told = len(person.outcomes) - 1
