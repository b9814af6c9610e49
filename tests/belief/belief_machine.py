"""Random histories of a registry, filed by publish's rules and past them, for the core and for the model beside it."""

import itertools
from typing import Any, Final, Literal

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.belief.belief_model import Alteration, Indexing, KeyEntry, Listing, Model, Paper, Said
from tests.invented import CEM, ISSUED_AT, ROOT, SECRET, TestKey, keyring
from verify.core import cbor, identity, statement
from verify.core.certificate import Certificate, default_number
from verify.core.changes import Change, Named
from verify.core.fields import Names
from verify.core.keyring import Key, Keyring
from verify.core.lookup_index import LookupIndex
from verify.core.pass_list import PassList, Row
from verify.core.statement import Draft

NOW: Final = ISSUED_AT + 1_000
ID_TYPE: Final = "other"
ID_NUMBER: Final = "ID00000000"
"""Everybody's: who is looked up is told by name alone."""
EXAMS: Final = ("CEM-2022-04", "CEM-2022-05", "CAM-2022-04")
NUMBERS: Final = tuple(default_number("CEM", "2022-04", serial) for serial in range(1, 5))
KEYS: Final = {
    "c": ("certificate", ()),
    "c2": ("certificate", ()),
    "c-cem": ("certificate", ("CEM",)),
    "c-cam": ("certificate", ("CAM",)),
    "s": ("status", ()),
    "s-cam": ("status", ("CAM",)),
}
_GOOD: Final = KeyEntry("certificate", ())
NOBODY: Final = "某某"
"""A name on no certificate."""
LATER: Final = "later"
"""A certificate key that only a later keyring names."""
SIGNERS: Final = {name: TestKey(f"belief {name}") for name in (*KEYS, LATER, "stranger")}
PROGRAMMES: Final = (CEM, msgspec.structs.replace(CEM, code="CAM"))

Flaw = Literal["none", "forged", "malformed"]
flaws = st.sampled_from(["none"] * 14 + ["forged", "malformed"])
certificate_keys = st.sampled_from(["c"] * 8 + ["c2"] * 5 + ["c-cem", "c-cam", LATER, "s", "stranger"])
status_keys = st.sampled_from(["s"] * 9 + ["s-cam", "s-cam", "c", "stranger"])
moments = st.sampled_from([0, 0, 100, 200, 300, 400])


def sealed(draft: Draft, kind_claim: int, signer: str, flaw: str) -> bytes:
    """The statement, signed by ``signer``; malformed by a field that no kind has, or with a signature that is none."""
    key = SIGNERS[signer]
    if flaw == "malformed":
        claims = cbor.decode(draft.payload, _NAMES)
        claims[kind_claim][15] = 0
        draft = Draft(protected=draft.protected, payload=cbor.encode(claims))
    data = key.sign(draft)
    return data[:-1] + bytes([data[-1] ^ 1]) if flaw == "forged" else data


_NAMES: Final[dict[cbor.Path, cbor.type_of_key]] = {(-65539, 9, 1): str}


class Histories(RuleBasedStateMachine):
    """One history; what is asked of it at its end is for the subclasses."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.statements: list[bytes] = []
        self.bytes_of: dict[Said, bytes] = {}
        self.papers: list[Paper] = []
        self.ring: Keyring | None = None
        self.bytes_of_ring = b""
        self.count = itertools.count(1)

    # Keyrings.

    @initialize()
    def begin(self) -> None:
        """The first keyring."""
        self._publish_ring({name: KeyEntry(use, programmes) for name, (use, programmes) in KEYS.items()})
        for place, number in enumerate(NUMBERS[:3]):
            self.certify(number, EXAMS[0], "c", "none", 100 * place, None, True)

    @initialize(signer=st.sampled_from(["c", "c", "c2"]), people=st.integers(1, 3))
    def list_them(self, signer: str, people: int) -> None:
        """The first final list, of some of the first certificates."""
        if not self.papers:
            return
        self.publish_exam_list(EXAMS[0], 1, frozenset(self.papers[:people]), signer)

    def _publish_ring(self, entries: dict[str, KeyEntry]) -> None:
        keys = [ROOT.entry("root")]
        for name, entry in entries.items():
            below = entry.below if entry.state == "compromised" else None
            signer = SIGNERS[name]
            key: Key = signer.entry(entry.use, *entry.programmes, state=entry.state, believed_below=below)  # type: ignore[arg-type]  # uses are the keyring's own words
            keys.append(key)
        previous = statement.decode(self.bytes_of_ring).digest if self.ring else None
        version = self.ring.version + 1 if self.ring else 1
        self.ring = keyring(keys, version=version, previous=previous, programmes=PROGRAMMES)
        self.bytes_of_ring = ROOT.sign(self.ring.draft(ROOT.kid))
        self.model.add(entries)
        self.statements.append(self.bytes_of_ring)

    @precondition(lambda self: len(self.statements) > 8)
    @rule(data=st.data())
    def rekey(self, data: st.DataObject) -> None:
        """A key is retired, declared compromised below some size, or named for the first time."""
        entries = dict(self.model.now)
        if LATER not in entries and data.draw(st.booleans()):
            entries[LATER] = KeyEntry("certificate", ())
        else:
            name = data.draw(st.sampled_from(["c", "c", "s", *sorted(entries)]))
            old = entries[name]
            if old.state == "compromised":
                return
            if old.state == "active" and data.draw(st.integers(0, 3)) == 0:
                entries[name] = KeyEntry(old.use, old.programmes, "retired")
            else:
                below = data.draw(st.integers(0, len(self.statements)))
                entries[name] = KeyEntry(old.use, old.programmes, "compromised", below)
        self._publish_ring(entries)

    # What is said.

    takes_malformed = True
    """Whether the registry files what breaks its kind's own rules; the database does not."""

    def _file(self, said: Said, data: bytes) -> None:
        self.bytes_of[said] = data
        if said.malformed and not self.takes_malformed:
            return
        self.model.add(said)
        self.statements.append(data)

    @rule(
        number=st.sampled_from(NUMBERS),
        exam=st.sampled_from([EXAMS[0]] * 4 + list(EXAMS)),
        signer=certificate_keys,
        flaw=flaws,
        begins=moments,
        term=st.sampled_from([None, None, None, 300, 2_000]),
        filed=st.sampled_from([True] * 9 + [False]),
    )
    def certify(  # noqa: PLR0917 - hypothesis names what it draws
        self, number: str, exam: str, signer: str, flaw: str, begins: int, term: int | None, filed: bool
    ) -> None:
        """A certificate, published or only printed."""
        programme, _, month = exam.partition("-")
        serial = next(self.count)
        issued = ISSUED_AT + begins
        holder = f"某{serial}"
        made = Certificate(
            number=number, holder=holder, id_hint=ID_NUMBER[-4:], programme=programme, term=month,
            issued_at=issued, expires_at=None if term is None else issued + term,
        )  # fmt: skip
        paper = Paper(
            number, programme, exam, signer, issued, made.expires_at, holder, flaw == "forged", flaw == "malformed"
        )
        data = sealed(made.draft(SIGNERS[signer].kid), -65537, signer, flaw)
        self.papers.append(paper)
        if filed:
            self._file(paper, data)
        else:
            self.bytes_of[paper] = data

    @precondition(lambda self: self.papers)
    @rule(
        data=st.data(), final=st.sampled_from([True] * 5 + [False]), signer=certificate_keys, flaw=flaws, issued=moments
    )
    def publish_list(self, data: st.DataObject, final: bool, signer: str, flaw: str, issued: int) -> None:
        """A list of some of the certificates, mostly the next revision of its exam."""
        exam = data.draw(st.sampled_from([EXAMS[0]] * 4 + list(EXAMS)))
        known = self.model.lists(exam, ("notice", "final"))
        following = known[-1].revision + 1 if known else 1
        revision = data.draw(st.sampled_from([following] * 5 + [1, 2, 3]))
        likely = [paper for paper in self.papers if paper.exam == exam] or self.papers
        named = (
            frozenset(data.draw(st.lists(st.sampled_from(likely), min_size=1, max_size=6))) if final else frozenset()
        )
        self.publish_exam_list(exam, revision, named, signer, final=final, flaw=flaw, issued=issued)

    def publish_exam_list(
        self,
        exam: str,
        revision: int,
        named: frozenset[Paper],
        signer: str,
        *,
        final: bool = True,
        flaw: str = "none",
        issued: int = 0,
    ) -> None:
        """One list, filed."""
        rows = [
            Row(serial=place, name="某", id="＊", certificate=statement_short(self.bytes_of[paper]))
            for place, paper in enumerate(sorted(named, key=lambda paper: self.bytes_of[paper]), start=1)
        ]
        programme = exam.partition("-")[0]
        made = PassList(
            exam=exam, programme=programme, stage="final" if final else "notice", revision=revision,
            objections_until=None, contact=f"{next(self.count)}", public_until=None, rows=tuple(rows),
            title=Names(zh="考试"), held_on="2022-04-23", issued_at=ISSUED_AT + issued,
        )  # fmt: skip
        said = Listing(
            exam, programme, made.stage, revision, named, signer, made.issued_at, flaw == "forged", flaw == "malformed"
        )
        self._file(said, sealed(made.draft(SIGNERS[signer].kid), -65539, signer, flaw))

    @precondition(lambda self: any(entry.state == "compromised" for entry in self.model.now.values()))
    @rule(data=st.data(), revision=st.integers(1, 3), following=st.booleans())
    def say_again(self, data: st.DataObject, revision: int, following: bool) -> None:
        """A list by another key that names what a compromised one signed, in its old place or as the next."""
        lost = [paper for paper in self.papers if self.model.now.get(paper.signer, _GOOD).state == "compromised"]
        if not lost:
            return
        exam = data.draw(st.sampled_from(lost)).exam
        lists = self.model.lists(exam, ("notice", "final"))
        next_one = lists[-1].revision + 1 if lists else 1
        named = frozenset(paper for paper in lost if paper.exam == exam)
        self.publish_exam_list(exam, next_one if following else revision, named, "c2", issued=revision)

    @precondition(lambda self: self.papers)
    @rule(
        data=st.data(),
        action=st.sampled_from(["suspended", "reinstated", "revoked", "replaced", "replaced"]),
        signer=status_keys,
        flaw=flaws,
        effective=moments,
        later=st.sampled_from([0, 0, 100, -50]),
        odd=st.sampled_from([False] * 9 + [True]),
    )
    def change(  # noqa: PLR0917 - hypothesis names what it draws
        self, data: st.DataObject, action: Any, signer: str, flaw: str, effective: int, later: int, odd: bool
    ) -> None:
        """A change of one certificate, perhaps by another."""
        of = data.draw(st.sampled_from(self.papers[:3] + self.papers))
        same = [paper for paper in self.papers if paper.exam == of.exam and paper is not of] or self.papers
        by = data.draw(st.sampled_from(same + self.papers)) if (action == "replaced") is not odd else None
        made = Change(
            certificate=self._named(of), action=action, effective_at=ISSUED_AT + effective, reason="other",
            replacement=None if by is None else self._named(by), note=f"{next(self.count)}",
            issued_at=ISSUED_AT + effective + later,
        )  # fmt: skip
        said = Alteration(
            of, action, made.effective_at, made.issued_at, signer, by, flaw == "forged", flaw == "malformed"
        )
        self._file(said, sealed(made.draft(SIGNERS[signer].kid), -65538, signer, flaw))

    def _named(self, paper: Paper) -> Named:
        return Named(number=paper.number, short=statement_short(self.bytes_of[paper]))

    @rule(data=st.data(), exam=st.sampled_from(EXAMS), right=st.sampled_from([True, True, False]), flaw=flaws)
    def file_index(self, data: st.DataObject, exam: str, right: bool, flaw: str) -> None:
        """A lookup index: of what belongs in it, or of something else; each row under the name of some certificate."""
        belonging = self.model.belonging(exam)
        if not right or belonging is None:
            belonging = set(data.draw(st.lists(st.sampled_from(NUMBERS), unique=True)))
        people = []
        for number in sorted(belonging):
            likely = [paper.holder for paper in self.papers if paper.number == number]
            people.append((number, data.draw(st.sampled_from(likely + likely + [NOBODY]))))
        made = LookupIndex(
            exam=exam, revision=next(self.count), secret_id=identity.secret_id(SECRET),
            rows=tuple((number, identity.lookup_key(SECRET, name, ID_TYPE, ID_NUMBER)) for number, name in people),
            issued_at=ISSUED_AT,
        )  # fmt: skip
        # Whether anybody signed it does not matter to who is looked up.
        data_ = sealed(made.draft(SIGNERS["c"].kid), -65540, "c", flaw)
        self._file(Indexing(exam, tuple(people), flaw == "malformed"), data_)

    @precondition(lambda self: self.bytes_of)
    @rule(data=st.data())
    def file_again(self, data: st.DataObject) -> None:
        """The same bytes once more, or for the first time."""
        said = data.draw(st.sampled_from(list(self.bytes_of)))
        self._file(said, self.bytes_of[said])


def statement_short(data: bytes) -> bytes:
    """How lists and changes name a statement, forged or not."""
    return statement.decode(data).short
