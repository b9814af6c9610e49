"""Each exam's rules, over everything: whom its newest final list names is registered, and its lookup index covers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from verify.core.believed_list import BelievedList
from verify.core.chain import Chain
from verify.core.changes import Change
from verify.core.errors import NotBelieved
from verify.core.register import Published, Record, Register, revisions
from verify.core.signed import believed
from verify.fsck.found import FILED_KEYS, LOOKUP_KEYS, SERIAL, Difference, Unbelieved

_CHANGES: Final = "select index, bytes from registry.statement where kind = 2 and bytes <> '' order by index"
_CERTIFICATES: Final = """
select c.number, s.index, s.bytes from registry.certificate c join registry.statement s using (index)
where c.number = any ($1) and s.bytes <> '' order by s.index
"""
Named = tuple[str, str, int]
"""Of a certificate: number, exam, log index."""


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A believed lookup index."""

    index: int
    """Its log index."""
    exam: str
    revision: int
    numbers: tuple[str, ...]


class Exam(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed of one exam that has a final list."""

    exam: str
    final: int
    """The newest final list's log index."""
    later: frozenset[str]
    """Numbers that belong in its lookup index by a replacement."""
    index: int | None
    """The newest lookup index, by its place in the log."""
    filed: tuple[str, ...]
    """Whom that files."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is believed of all exams."""

    exams: list[Exam]
    named: dict[int, list[tuple[int, bytes]]]
    """By a believed list's log index: serial and short hash of each row that names a certificate."""
    tied: frozenset[bytes]
    """Certificates that changes tie to others, by short hash."""
    unbelieved: list[Unbelieved]


async def facts(
    connection: Any,
    chain: Chain,
    lists: Sequence[BelievedList],
    named: dict[int, list[tuple[int, bytes]]],
    filed: Iterable[Filed],
) -> Facts:
    """What the believed ``lists`` and lookup indexes, in their order, and the changes that are filed make of exams."""
    indexes: dict[str, dict[int, Filed]] = {}
    for found in filed:
        indexes.setdefault(found.exam, {}).setdefault(found.revision, found)
    changes = [Published(data=row["bytes"], index=row["index"]) for row in await connection.fetch(_CHANGES)]
    touched: dict[str, list[Published]] = {number: [] for number in _numbers(chain, changes)}
    for row in await connection.fetch(_CERTIFICATES, sorted(touched)):
        touched[row["number"]].append(Published(data=row["bytes"], index=row["index"]))
    register = Register.of(
        Record(
            number="",
            chain=chain,
            certificates={number: tuple(found) for number, found in touched.items()},
            changes=tuple(changes),
            lists=tuple(one for one in lists if one.head.stage == "final"),
        )
    )
    exams = []
    for exam in sorted({listed.head.exam for listed in lists}):
        finals = [one for one in revisions(lists, exam) if one.head.stage == "final"]
        if finals:
            of_exam = indexes.get(exam, {})
            last = of_exam[max(of_exam)] if of_exam else None
            exams.append(
                Exam(
                    exam=exam,
                    final=finals[-1].index,
                    later=register.belonging(exam),
                    index=last.index if last else None,
                    filed=last.numbers if last else (),
                )
            )
    held = [register.held(number) for number in touched]
    return Facts(
        exams=exams,
        named=named,
        tied=frozenset(short for one in held if one is not None for short in one.line),
        unbelieved=[
            Unbelieved(table="statement", row=f"index={index}", code=doubt.code)
            for index, doubt in sorted(register.doubts.items())
        ],
    )


def _numbers(chain: Chain, changes: Iterable[Published]) -> set[str]:
    """The certificates that believed changes name."""
    numbers: set[str] = set()
    for published in changes:
        try:
            change = believed(Change, published.data, published.index, chain).content
        except NotBelieved:
            continue
        numbers |= {one.number for one in (change.certificate, change.replacement) if one is not None}
    return numbers


def check(
    facts: Facts, certificates: Mapping[bytes, Named], compromised: Mapping[bytes, Named]
) -> tuple[list[Difference], list[Unbelieved], set[int]]:
    """Whom lists name against the certificates that the stretches found, by short hash.

    ``certificates`` are believed at their place, ``compromised`` those that only a list restores: of these, whom one
    does restore comes last, by log index.
    """
    differences = [one for exam in facts.exams for one in _of_exam(exam, facts, certificates, compromised)]
    registered = facts.tied | {short for rows in facts.named.values() for _serial, short in rows}
    lost = [index for short, (_number, _exam, index) in certificates.items() if short not in registered]
    unlisted = [Unbelieved(table="statement", row=f"index={index}", code="not_listed") for index in lost]
    restored = {index for short, (_number, _exam, index) in compromised.items() if short in registered}
    return differences, [*facts.unbelieved, *unlisted], restored


def _of_exam(
    exam: Exam, facts: Facts, certificates: Mapping[bytes, Named], compromised: Mapping[bytes, Named]
) -> list[Difference]:
    differences = []
    numbers = set(exam.later)
    for serial, short in facts.named.get(exam.final, ()):
        found = certificates.get(short) or compromised.get(short)
        if found is None or found[1] != exam.exam:
            told = SERIAL.format(serial=serial, exam=exam.exam)
            differences.append(_differ("pass_list", f"index={exam.final}", told, short.hex()))
        else:
            numbers.add(found[0])
    if exam.index is None:
        differences.append(_differ("lookup_index", f"exam={exam.exam}", "a lookup index that covers", "none"))
    elif sorted(exam.filed) != sorted(numbers):
        lacking = ", ".join(sorted(numbers - set(exam.filed))) or "none"
        beyond = ", ".join(sorted(set(exam.filed) - numbers)) or "none"
        told = LOOKUP_KEYS.format(count=len(numbers))
        have = FILED_KEYS.format(count=len(exam.filed), lacking=lacking, beyond=beyond)
        differences.append(_differ("lookup_index", f"index={exam.index}", told, have))
    return differences


def _differ(table: str, row: str, expected: str, found: str) -> Difference:
    return Difference(table=table, row=row, column="rows", expected=expected, found=found)
