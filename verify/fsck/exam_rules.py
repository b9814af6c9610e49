"""Each exam's rules, over everything: whom its newest final list names is registered, and its lookup index covers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from verify.core.believed_list import BelievedList
from verify.core.chain import Chain
from verify.core.changes import Change
from verify.core.errors import NotBelieved
from verify.core.lookup_index import LookupIndex
from verify.core.register import Published, Record, Register, revisions
from verify.core.signed import Believed, believed
from verify.fsck.found import Difference, Unbelieved

LISTS: Final = """
select s.index, s.bytes from registry.statement s where s.kind = 3 and s.bytes <> '' order by s.index
"""
INDEXES: Final = """
select s.index, s.bytes from registry.statement s where s.kind = 4 and s.bytes <> '' order by s.index
"""
CHANGES: Final = """
select s.index, s.bytes from registry.statement s where s.kind = 2 and s.bytes <> '' order by s.index
"""
CERTIFICATES: Final = """
select c.number, s.index, s.bytes from registry.certificate c join registry.statement s using (index)
where c.number = any ($1) and s.bytes <> '' order by s.index
"""

Named = tuple[str, str, int]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the stretches found of certificates, by short hash, and whom lists name."""

    certificates: Mapping[bytes, Named]
    """Believed at their place: number, exam, log index."""
    compromised: Mapping[bytes, Named]
    """Those that only a list restores."""
    rows: Mapping[int, Sequence[tuple[int, bytes]]]
    """By a list's log index: serial and short hash of each row that names a certificate."""


class Exams:
    """What is believed of every exam, from the statements."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self.lists: list[BelievedList] = []
        self._indexes: dict[str, dict[int, Believed[LookupIndex]]] = {}
        self.differences: list[Difference] = []
        self.unbelieved: list[Unbelieved] = []

    def take_list(self, index: int, data: bytes) -> None:
        """One pass list, and what its rows name."""
        try:
            listed = BelievedList.of(data, index, self._chain)
        except NotBelieved:
            return
        self.lists.append(listed)

    def take_index(self, index: int, data: bytes) -> None:
        """One lookup index."""
        try:
            found = believed(LookupIndex, data, index, self._chain)
        except NotBelieved:
            return
        self._indexes.setdefault(found.content.exam, {}).setdefault(found.content.revision, found)

    def check(self, record: Record, known: Known) -> None:
        """Every exam; ``record`` has all that changes tie."""
        register = Register.of(record)
        for index, doubt in sorted(register.doubts.items()):
            self.unbelieved.append(Unbelieved(table="statement", row=f"index={index}", code=doubt.code))
        for exam in sorted({listed.head.exam for listed in self.lists}):
            finals = [one for one in revisions(self.lists, exam) if one.head.stage == "final"]
            if finals:
                self._check_exam(finals[-1], register, known)
        registered = {short for listed in self.lists for _, short in known.rows.get(listed.index, ())}
        registered |= {short for number in record.certificates for short in _line(register, number)}
        for short, (_number, _exam, index) in known.certificates.items():
            if short not in registered:
                self.unbelieved.append(Unbelieved(table="statement", row=f"index={index}", code="not_listed"))

    def _check_exam(self, final: BelievedList, register: Register, known: Known) -> None:
        """That the exam's newest final list names believed certificates of it, and its lookup index just those."""
        exam = final.head.exam
        numbers = set(register.belonging(exam))
        for serial, short in known.rows.get(final.index, ()):
            found = known.certificates.get(short) or known.compromised.get(short)
            if found is None or found[1] != exam:
                told = f"serial {serial}: a certificate of {exam} that is believed"
                self._differ("pass_list", f"index={final.index}", "rows", told, short.hex())
            else:
                numbers.add(found[0])
        revisions_of = self._indexes.get(exam, {})
        if not revisions_of:
            self._differ("lookup_index", f"exam={exam}", None, "a lookup index that covers", "none")
            return
        last = revisions_of[max(revisions_of)]
        filed = [number for number, _key in last.content.rows]
        if sorted(filed) != sorted(numbers):
            lacking = ", ".join(sorted(numbers - set(filed))) or "none"
            beyond = ", ".join(sorted(set(filed) - numbers)) or "none"
            told = f"{len(numbers)} lookup keys, one for each certificate that belongs in it"
            have = f"{len(filed)}; lacking {lacking}; not belonging {beyond}"
            self._differ("lookup_index", f"index={last.index}", "rows", told, have)

    def _differ(self, table: str, row: str, column: str | None, expected: str, found: str) -> None:
        self.differences.append(Difference(table=table, row=row, column=column, expected=expected, found=found))


def numbers_tied(chain: Chain, changes: Iterable[tuple[int, bytes]]) -> tuple[set[str], tuple[Published, ...]]:
    """The certificates that believed changes name, and all changes as a Record has them."""
    numbers: set[str] = set()
    published = []
    for index, data in changes:
        published.append(Published(data=data, index=index))
        try:
            change = believed(Change, data, index, chain).content
        except NotBelieved:
            continue
        numbers |= {one.number for one in (change.certificate, change.replacement) if one is not None}
    return numbers, tuple(published)


def record_of(
    chain: Chain, numbers: Iterable[str], certificates: Iterable[Any], changes: tuple[Published, ...], exams: Exams
) -> Record:
    """What a register would hold of all that changes tie."""
    filed: dict[str, list[Published]] = {number: [] for number in numbers}
    for row in certificates:
        filed[row["number"]].append(Published(data=row["bytes"], index=row["index"]))
    return Record(
        number="",
        chain=chain,
        certificates={number: tuple(found) for number, found in filed.items()},
        changes=changes,
        lists=tuple(one for one in exams.lists if one.head.stage == "final"),
    )


def _line(register: Register, number: str) -> frozenset[bytes]:
    held = register.held(number)
    return held.line if held is not None else frozenset()
