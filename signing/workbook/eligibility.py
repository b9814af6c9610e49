"""Who may sit and who passes: pure functions of a row's facts and the rules of centre.toml."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

import msgspec

from signing.centre.centre_toml import Eligible, MarkColumn, Paper, Rules
from signing.messages import _
from signing.workbook.headers import Column
from signing.workbook.judged import Finding, Outcome, remarked
from signing.workbook.words import plain, related, standing
from verify.shared.spreadsheet import Value

_NUMBER: Final = re.compile(r"[0-9]{1,7}(?:[.][0-9]{1,6})?")
MARKS: Final[tuple[MarkColumn, ...]] = ("theory", "practice", "score")


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules are applied to: a programme's rules and its total."""

    rules: Rules
    full_mark: int
    pass_mark: int


def quantity(value: Value, *units: str) -> Decimal | None:
    """A cell as a number, None where it is none; one of ``units`` may stand behind it."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        if not 0 <= value < 1e7:
            return None
        return round(Decimal(str(value)), 6).normalize()
    text = plain(value)
    for unit in units:
        text = text.removesuffix(unit)
    return Decimal(text).normalize() if _NUMBER.fullmatch(text) else None


def judge(subject: Subject, row: Mapping[Column, Value]) -> tuple[Outcome | None, list[Finding]]:
    """The outcome of one row and what was found; None where the row is refused.

    The first that applies of disqualified, absent, ineligible, failed, passed (3-interfaces).
    """
    result, found = _standing(row)
    found += _not_understood(row)
    marks, faults = _marks(subject, row)
    if any(finding.refuses for finding in found):
        return None, found
    if result == "absent" and (marks or faults):
        column = next(column for column in MARKS if row.get(column) is not None)
        message = _("There are marks beside 缺考.")
        return None, [Finding(column=column, code="marks_beside_absent", message=message, refuses=True)]
    if faults:
        return None, faults
    if result is None and not marks:
        message = _("There are no marks, and no remark says why.")
        return None, [Finding(column="score", code="no_marks", message=message, refuses=True)]
    if result is not None:
        return result, found
    barred = _barred(subject.rules, row)
    if barred is not None:
        return "ineligible", [*found, barred]
    failed = _failed(subject, marks)
    if failed is not None:
        return "failed", [*found, failed]
    return "passed", found


def _standing(row: Mapping[Column, Value]) -> tuple[Literal["absent", "disqualified"] | None, list[Finding]]:
    """What the remark says, and a finding where that can be read in two ways or is not understood."""
    meaning, known = standing(row.get("remark"))
    if meaning == "disqualified":
        return meaning, [remarked("remark", "disqualified", _("Disqualified."))]
    if meaning == "absent":
        return meaning, [remarked("remark", "absent", _("Absent."))]
    if known == "unclear":
        message = _("The remark can be read in two ways: begin it with 缺考 or 违纪, or leave the word out.")
        return None, [Finding(column="remark", code="remark_unclear", message=message, refuses=True)]
    if known == "unknown":
        return None, [remarked("remark", "remark_unknown", _("The remark is not understood and changes nothing."))]
    return None, []


def _not_understood(row: Mapping[Column, Value]) -> list[Finding]:
    """Words and numbers of other columns that count as nothing because they are not understood."""
    found = []
    if not related(row.get("related_major"))[1]:
        message = _("Neither yes nor no: this is not understood and counts as nothing.")
        found.append(remarked("related_major", "related_unknown", message))
    if plain(row.get("years")) and quantity(row.get("years"), "年") is None:
        message = _("The years of related work are not a number and count as nothing.")
        found.append(remarked("years", "years_not_number", message))
    return found


def _marks(subject: Subject, row: Mapping[Column, Value]) -> tuple[dict[MarkColumn, Decimal], list[Finding]]:
    """The marks of a row, ``score`` always among them where there are any, and what is wrong with them."""
    marks: dict[MarkColumn, Decimal] = {}
    faults: list[Finding] = []

    def fault(column: MarkColumn, code: str, message: str) -> None:
        faults.append(Finding(column=column, code=code, message=message, refuses=True))

    papers = {paper.column: paper for paper in subject.rules.papers}
    for column in MARKS:
        if row.get(column) is None:
            continue
        mark = quantity(row[column])
        full = _full_mark(subject, papers.get(column))
        if mark is None:
            fault(column, "mark_not_number", _("The mark is not a number."))
        elif mark > full:
            fault(column, "mark_too_high", _("The mark is beyond {}, the most there is.").format(full))
        else:
            marks[column] = mark
    if faults or not marks:
        return marks, faults
    parts: list[MarkColumn] = [column for column in ("theory", "practice") if column in papers or column in marks]
    missing: list[MarkColumn] = [column for column in parts if column not in marks]
    if missing and (len(missing) < len(parts) or any(papers[column].pass_mark is not None for column in missing)):
        for column in missing:
            fault(column, "mark_missing", _("The mark of one paper is missing."))
        return marks, faults
    if parts and not missing:
        total = sum((marks[column] for column in parts), Decimal())
        if marks.setdefault("score", total) != total:
            fault("score", "marks_do_not_add_up", _("The marks of the papers do not add up to the total."))
        elif total > subject.full_mark:
            where: MarkColumn = "score" if row.get("score") is not None else parts[-1]
            fault(
                where,
                "mark_too_high",
                _("The marks add up to more than {}, the most there is.").format(subject.full_mark),
            )
    return marks, faults


def _full_mark(subject: Subject, paper: Paper | None) -> int:
    return paper.full_mark if paper is not None and paper.full_mark is not None else subject.full_mark


def _failed(subject: Subject, marks: Mapping[MarkColumn, Decimal]) -> Finding | None:
    for paper in subject.rules.papers:
        if paper.pass_mark is not None and marks[paper.column] < paper.pass_mark:
            message = _("“{}” is below its pass mark, {}.").format(paper.title.zh, paper.pass_mark)
            return Finding(column=paper.column, code="paper_below_pass", message=message)
    if marks["score"] < subject.pass_mark:
        message = _("The total is below the pass mark, {}.").format(subject.pass_mark)
        return Finding(column="score", code="below_pass", message=message)
    return None


def _barred(rules: Rules, row: Mapping[Column, Value]) -> Finding | None:
    """Why somebody may not sit, None where they may."""
    hours = quantity(row.get("hours"), "学时", "课时", "小时")
    if rules.hours and (hours is None or hours < rules.hours):
        unread = hours is None and bool(plain(row.get("hours")))
        message = _("The class hours are not a number.") if unread else (
            _("Fewer class hours than the {} that are wanted.").format(rules.hours))  # fmt: skip
        return Finding(column="hours", code="hours_short", message=message)
    if not rules.eligible or any(_fits(way, row) for way in rules.eligible):
        return None
    if not plain(row.get("education")):
        return Finding(column="education", code="education_missing", message=_("The education is not given."))
    if not any(_educated(way, row) for way in rules.eligible):
        message = _("No way of admission names this education.")
        return Finding(column="education", code="education_unknown", message=message)
    message = _("Neither the years of related work nor the major that this education takes.")
    return Finding(column="years", code="not_admitted", message=message)


def _educated(way: Eligible, row: Mapping[Column, Value]) -> bool:
    return plain(row.get("education")) in map(plain, way.education)


def _fits(way: Eligible, row: Mapping[Column, Value]) -> bool:
    if not _educated(way, row):
        return False
    if way.related_major is not None and related(row.get("related_major"))[0] is not way.related_major:
        return False
    return way.years == 0 or (quantity(row.get("years"), "年") or 0) >= way.years
