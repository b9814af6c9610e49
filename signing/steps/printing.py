"""Printing what is issued: which certificates, and what the ledger says against printing them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from signing.centre.exam_names import ExamName
from signing.centre.room import Session
from signing.ledger.book import Ledger
from signing.ledger.values import Given
from signing.messages import _
from signing.print import desk as desks
from signing.print import photos, printed
from signing.print.desk import Desk, Printed, some
from signing.workbook.cell_texts import written
from signing.workbook.judging import Judged
from verify.core import identity
from verify.core.china_time import local_text
from verify.shared.command import Refusal, joined
from verify.shared.progress import Advance


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be printed, and how."""

    numbers: tuple[str, ...] = ()
    exams: tuple[str, ...] = ()
    """Everybody of their final lists, in order; either these or ``numbers``."""
    photos: Path | None = None
    some_photos: bool = False
    reprint: bool = False
    even_revoked: bool = False
    batch: Path | None = None
    """One file for the printer."""
    labels: Path | None = None
    """A sheet of QR labels instead."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What was printed, and what is to be said of those that were not."""

    printed: Printed
    left: tuple[str, ...]


def print_(desk: Desk, order: Order) -> Done:
    """Prints what ``order`` asks for. Raises Refusal."""
    ledger = desk.ledger
    before = {} if order.reprint or order.labels is not None else printed_before(ledger, batch=order.batch is not None)
    wanted = given(ledger, order.numbers)
    known = sorted({head.exam for head in ledger.lists() if head.stage == "final"})
    for exam in order.exams:
        for code in ExamName.read(exam).among(known) or [exam]:
            wanted += of_exam(ledger, code)
    left: list[str] = []
    if order.numbers:
        refuse(ledger, wanted, before, even_revoked=order.even_revoked)
    else:
        wanted, left = sift(ledger, wanted, before, even_revoked=order.even_revoked)
        if not wanted:
            raise Refusal(" ".join([*left, _("There is nothing to print.")]))
    sources = desks.printables(ledger, wanted, order.photos, some_missing=order.some_photos)
    numbers = [one.number for one in wanted]
    if order.labels is not None:
        made = desks.print_labels(desk, sources, numbers, order.labels)
    else:
        made = desks.print_certificates(desk, sources, numbers, order.batch)
    return Done(printed=made, left=tuple(left))


def given(ledger: Ledger, numbers: Sequence[str]) -> list[Given]:
    """The issued certificates of these numbers. Raises Refusal where one was never issued."""
    found = []
    for number in numbers:
        one = ledger.given(number)
        if one is None or one.statement is None:
            raise Refusal(_("No certificate {} was issued here.").format(number))
        found.append(one)
    return found


def of_exam(ledger: Ledger, exam: str) -> list[Given]:
    """Everybody's on the exam's final list, in its order. Raises Refusal where there is none."""
    head = ledger.newest_list(exam, "final")
    if head is None:
        raise Refusal(_("The exam {} has no final list.").format(exam))
    rows = ledger.list_rows(exam, head.revision)
    return given(ledger, [row.number for row in rows if row.number is not None])


def printed_before(ledger: Ledger, *, batch: bool) -> dict[str, int]:
    """When certificates were printed before, by number: a file for the printer does not make a paper a reprint."""
    return printed.printed(ledger) if batch else printed.single(ledger)


def unprinted(ledger: Ledger, certificates: Sequence[Given], *, batch: bool = False) -> list[Given]:
    """Those of ``certificates`` that were never printed."""
    before = printed_before(ledger, batch=batch)
    return [one for one in certificates if one.number not in before]


def refuse(ledger: Ledger, certificates: Sequence[Given], before: Mapping[str, int], *, even_revoked: bool) -> None:
    """Raises Refusal where one of these is not in force, unless that was asked for, or was printed ``before``."""
    standing = {} if even_revoked else printed.not_in_force(ledger)
    bad = [f"{one.number} ({standing[one.number]})" for one in certificates if one.number in standing]
    if bad:
        raise Refusal(_("Not in force: {}. --even-revoked prints them all the same.").format(some(bad)))
    twice = [f"{one.number} ({local_text(before[one.number])})" for one in certificates if one.number in before]
    if twice:
        raise Refusal(_("Printed before: {}. --reprint prints again, and records it.").format(some(twice)))


def sift(
    ledger: Ledger, certificates: Sequence[Given], before: Mapping[str, int], *, even_revoked: bool
) -> tuple[list[Given], list[str]]:
    """Those of an exam that are to be printed, and what is to be said of the others."""
    standing = {} if even_revoked else printed.not_in_force(ledger)
    bad = [one.number for one in certificates if one.number in standing]
    left = [one for one in certificates if one.number not in standing]
    twice = [one for one in left if one.number in before]
    said = []
    if bad:
        said.append(_("Not in force, and not printed: {}.").format(some(bad)))
    if twice:
        text = _("{} were printed before; `yinjian-sign print --reprint` prints again.")
        said.append(text.format(len(twice)))
    return [one for one in left if one.number not in before], said


def check_photos(session: Session, judged: Judged, folder: Path) -> None:
    """Looks at the photos named by 准考证号 before anything is signed; others' names are not known yet.

    Raises PhotoRefused with every one that cannot be printed.
    """
    values = {number: row.get("admission") for number, row in judged.table.rows()}
    names = [text for one in judged.candidates if one.outcome == "passed" and (text := written(values.get(one.row)))]
    with session.progress(_("Looking at the photos"), len(names)) as advance:
        photos.check(photos.listed(folder), _told(names, advance))


def _told(names: Sequence[str], advance: Advance) -> Iterator[str]:
    for name in names:
        yield name
        advance()


def admissions(session: Session, judged: Judged) -> tuple[dict[bytes, str], tuple[str, ...]]:
    """The workbook's 准考证号, by which photos may be named, by lookup key; and what is wrong with some.

    Where two people have one, neither gets its photo until it is put right.
    """
    values = {number: row.get("admission") for number, row in judged.table.rows()}
    rows: dict[str, list[int]] = {}
    for one in judged.candidates:
        if text := written(values.get(one.row)):
            rows.setdefault(text.casefold(), []).append(one.row)
    found: dict[bytes, str] = {}
    for one in judged.candidates:
        text = written(values.get(one.row))
        if text and len(rows[text.casefold()]) == 1:
            for secret in session.unlocked.secrets:
                found[identity.lookup_key(secret, one.name, one.id_type, one.id_key)] = text
    told = _("准考证号 {} stands in rows {}: nobody gets the photo of that name until it is put right.")
    shared = ((text, found_in) for text, found_in in rows.items() if len(found_in) > 1)
    return found, tuple(told.format(text, joined(found_in)) for text, found_in in shared)
