"""What objections came to: names of a notice struck out of the final list, or taken in again."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from signing.centre.exam_names import ExamName
from signing.ledger.book import Ledger
from signing.ledger.values import ListedRow, ListHead, Objection
from signing.messages import _
from signing.workbook import strikes as workbook_strikes
from signing.workbook.strikes import Strikes
from verify.shared.command import Refusal

_ROW: Final = re.compile(r"(?:row|第)\s*([0-9]{1,9})\s*行?", re.IGNORECASE)
"""Somebody whom a row of the workbook struck out before any notice, who has no serial."""


class StruckOut(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is struck out of an exam, or is to be."""

    serial: int | None
    """On the newest notice; None for somebody whom a row of the workbook struck out before it."""
    name: str
    reason: str
    row: int | None = None
    """Of the workbook, where it was struck out with that."""

    def __repr__(self) -> str:
        return f"StruckOut({self.serial})"


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be recorded, to be looked at first."""

    exam: str
    strike: tuple[StruckOut, ...]
    restore: tuple[StruckOut, ...]
    found: tuple[Objection, ...]


def intent(ledger: Ledger, exam: ExamName, strikes: Strikes, restored: Strikes, now: int) -> Intent:
    """Whom ``strikes`` and ``restored`` mean, by the notice's serials or by name. Records nothing. Raises Refusal."""
    code = exam.one_of(sorted({head.exam for head in ledger.lists()}))
    head = ledger.newest_list(code, "notice") or ledger.newest_list(code)
    if head is None:
        raise Refusal(_("{} has no list yet.").format(code))
    rows = {row.serial: row for row in ledger.list_rows(code, head.revision)}
    names = {serial: row.holder for serial, row in rows.items()}
    by_row = {int(match[1]): why for named, why in restored.items() if (match := _ROW.fullmatch(str(named)))}
    others = {named: why for named, why in restored.items() if not _ROW.fullmatch(str(named))}
    to_strike, to_restore = (workbook_strikes.by_number(named, names) for named in (strikes, others))
    if both := to_strike.keys() & to_restore.keys():
        raise Refusal(_("Number {} is to be struck out and restored at once.").format(min(both)))
    found: list[Objection] = []
    shown: list[tuple[bool, StruckOut]] = []
    for struck, asked in ((True, to_strike), (False, to_restore)):
        for serial, reason in asked.items():
            found.append(_objection(ledger, head, rows.get(serial), serial, struck=struck, reason=reason, now=now))
            shown.append((struck, StruckOut(serial=serial, name=names[serial], reason=reason)))
    for row, reason in by_row.items():
        back = [one for one in ledger.struck(code).values() if one.row == row]
        if not back:
            raise Refusal(_("No row {} of {} is struck out.").format(row, code))
        found += [msgspec.structs.replace(one, struck=False, reason=reason, recorded_at=now, row=None) for one in back]
        shown.append((False, StruckOut(serial=None, name="", reason=reason, row=row)))
    return Intent(
        exam=code,
        strike=tuple(one for struck, one in shown if struck),
        restore=tuple(one for struck, one in shown if not struck),
        found=tuple(found),
    )


def record(ledger: Ledger, wanted: Intent) -> tuple[StruckOut, ...]:
    """Records it, all or none; who is struck out then."""
    ledger.add_objections(wanted.found)
    return tuple(_standing(ledger, wanted.exam))


def _standing(ledger: Ledger, exam: str) -> Iterator[StruckOut]:
    head = ledger.newest_list(exam, "notice") or ledger.newest_list(exam)
    rows: Sequence[ListedRow] = ledger.list_rows(exam, head.revision) if head is not None else ()
    standing = dict(ledger.struck(exam))
    for row in rows:
        if (one := standing.pop(row.lookup_key, None)) is not None:
            yield StruckOut(serial=row.serial, name=row.holder, reason=one.reason, row=one.row)
    for one in standing.values():
        yield StruckOut(serial=None, name="", reason=one.reason, row=one.row)


def _objection(
    ledger: Ledger, head: ListHead, row: ListedRow | None, serial: int, *, struck: bool, reason: str, now: int
) -> Objection:
    if row is None:
        raise Refusal(_("The list of {} has no number {}: numbers are those on the notice.").format(head.exam, serial))
    if not row.lookup_key:
        text = _(
            "The ledger was rebuilt, and no release says who number {} of {} is: announce the same workbook again."
        )
        raise Refusal(text.format(serial, head.exam))
    if struck is (row.lookup_key in ledger.struck(head.exam)):
        text = _("Number {} of {} is struck out already.") if struck else _("Number {} of {} is not struck out.")
        raise Refusal(text.format(serial, head.exam))
    return Objection(exam=head.exam, lookup_key=row.lookup_key, struck=struck, reason=reason, recorded_at=now)
