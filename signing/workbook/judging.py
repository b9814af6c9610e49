"""A workbook judged row by row: who is registered as whom, and with which outcome.

Every row gets a result and the reasons for it, each with its cell; nothing is signed until no row is refused that
was not struck out on purpose.
"""

import datetime
import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from signing.centre.centre_toml import Centre
from signing.messages import _
from signing.workbook import cell_texts, corrections, eligibility, headers, printable, sheets, words
from signing.workbook.eligibility import Subject
from signing.workbook.headers import HEADINGS, Column, Table
from signing.workbook.judged import Candidate, Finding, Judged, Outcome, Reason, Result, Row, refused, remarked
from signing.workbook.strikes import Strikes, by_number
from verify.core.keyring import default_numbered
from verify.shared.command import Refusal, joined
from verify.shared.progress import Progress, silent
from verify.shared.spreadsheet import Value, cell_name

_MOST_NAMED: Final = 10
"""Rows that a row's reason names; a column filled down would else name every row in every row."""


def read(
    path: Path,
    centre: Centre,
    strikes: Strikes,
    today: datetime.date = datetime.date.max,
    progress: Progress = silent,
) -> Judged:
    """The workbook at ``path``, judged by the centre's rules; ``strikes`` maps rows to why they are left out.

    Nobody is born after ``today``, where it is said.

    Raises Refusal where it cannot be read at all, or where a row to strike is not there.
    """
    with progress(_("Reading {}").format(path.name)):
        table = headers.find(sheets.read(path))
    return judge(table, centre, strikes, today, progress)


def judge(
    table: Table,
    centre: Centre,
    strikes: Strikes,
    today: datetime.date = datetime.date.max,
    progress: Progress = silent,
) -> Judged:
    """Every row of ``table``. Raises Refusal for a row to strike that is not there, and for a table without rows."""
    judge_row = _Judge(table, centre, today)
    drafts = []
    with progress(_("Judging rows"), sum(row > table.header for row in table.sheet.cells.rows)) as advance:
        for number, values in table.rows():
            drafts.append(judge_row(number, values))
            advance()
    return finished(drafts, table, strikes, centre)


class Draft(msgspec.Struct, kw_only=True):
    """A row on the way to its result: what was found, and who it is, before it is seen beside the others."""

    row: int
    findings: list[Finding]
    id: tuple[str, str] | None
    candidate: Candidate | None
    number: str | None

    def __repr__(self) -> str:
        return f"Draft({self.row})"


def finished(drafts: Sequence[Draft], table: Table, strikes: Strikes, centre: Centre) -> Judged:
    """The workbook of judged rows, each seen beside the others. Raises Refusal where there are none."""
    if not drafts:
        raise Refusal(_("There are no rows below the header."))
    names = {number: cell_texts.written(values.get("name")) for number, values in table.rows()}
    struck = by_number(strikes, names)
    if missing := sorted(struck.keys() - {draft.row for draft in drafts}):
        raise Refusal(_("There is no row {} to strike out.").format(missing[0]))
    _refuse_shared(drafts, struck)
    _tell_unprintable(drafts, centre)
    rows = (_row(draft, table, struck.get(draft.row), names.get(draft.row)) for draft in drafts)
    by_name = struck.keys() - strikes.keys()
    return Judged(rows=tuple(msgspec.structs.replace(row, by_name=row.row in by_name) for row in rows), table=table)


class _Judge:
    """Judges single rows of one table."""

    def __init__(self, table: Table, centre: Centre, today: datetime.date) -> None:
        self._today = today
        self._table = table
        self._centre = centre
        self._default_numbered = default_numbered(centre.programmes)
        self._programmes = programme_words(centre)
        self._subjects = {
            entry.code: Subject(rules=centre.rules_of(entry.code), full_mark=entry.full_mark, pass_mark=entry.pass_mark)
            for entry in centre.programmes
        }

    def __call__(self, row: int, written: dict[Column, Value]) -> Draft:
        values, findings = cell_texts.read(self._table, row, written)
        spoilt = {finding.column for finding in findings if finding.refuses}
        name = id_type = id_key = None

        def take(found: tuple[str | None, list[Finding]]) -> str | None:
            """Of what is said of a cell that was refused already, nothing is said again."""
            findings.extend(finding for finding in found[1] if finding.column not in spoilt)
            return found[0]

        name = take(corrections.name(values.get("name")))
        id_type = take(corrections.id_type(values.get("id_type")))
        if id_type is not None:
            id_key = take(corrections.id_number(id_type, values.get("id_number"), self._today))
        code = take(self._programme(values.get("programme")))
        outcome: Outcome | None = None
        number = None
        if code is not None:
            outcome, found = eligibility.judge(self._subjects[code], values)
            findings += [finding for finding in found if finding.column not in spoilt]
            number = take(self._number(code, outcome, values.get("number")))
        findings += self._beside(row)
        candidate = None
        if name is not None and id_type is not None and id_key is not None and code is not None and outcome is not None:
            candidate = Candidate(
                row=row, name=name, id_type=id_type, id_key=id_key, programme=code, outcome=outcome, number=number
            )
        identity = (id_type, id_key) if id_type is not None and id_key is not None else None
        return Draft(row=row, findings=findings, id=identity, candidate=candidate, number=number)

    def _beside(self, row: int) -> list[Finding]:
        """What is to be said of a row beside what its columns say."""
        found = []
        if row in self._table.sheet.cells.hidden_rows:
            found.append(remarked(None, "row_hidden", _("The row is hidden in the workbook.")))
        for place in self._table.unread:
            if words.speaks_of_standing(self._table.sheet.cells.value(row, place)):
                message = _(
                    "This speaks of absence or disqualification in a column that is not read: it changes nothing."
                )
                cell = cell_name(row, place)
                found.append(Finding(column=None, code="column_not_read", message=message, cell=cell))
        return found

    def _programme(self, value: Value) -> tuple[str | None, list[Finding]]:
        if value is None and "programme" not in self._table.columns and len(self._subjects) == 1:
            return next(iter(self._subjects)), []
        code = self._programmes.get(words.plain(value))
        if code is not None:
            return code, []
        message = _("There is no programme.") if value is None else _("centre.toml knows no such programme.")
        if near := difflib.get_close_matches(words.plain(value), self._programmes, 1, 0.5):
            message += _(" Is {} meant?").format(self._programmes[near[0]])
        return None, [refused("programme", "programme_unknown", message)]

    def _number(self, code: str, outcome: Outcome | None, value: Value) -> tuple[str | None, list[Finding]]:
        if outcome != "passed":
            return None, []
        if code in self._default_numbered:
            if value is None:
                return None, []
            message = _("This programme's numbers are given here: the one in the workbook is not used.")
            return None, [Finding(column="number", code="number_not_used", message=message)]
        return corrections.own_number(value, self._default_numbered)


def programme_words(centre: Centre) -> dict[str, str]:
    """Every way to write a programme: its code, its name, and its name and level together."""
    known: dict[str, str] = {}
    for entry in centre.programmes:
        for name, level in ((entry.name.zh, entry.level.zh), (entry.name.en or "", entry.level.en or "")):
            if name:
                for written in (name, f"{name}({level})", f"{name}{level}", f"{level}{name}"):
                    known.setdefault(words.plain(written), entry.code)
    return known | {words.plain(entry.code): entry.code for entry in centre.programmes}


def _refuse_shared(drafts: Iterable[Draft], strikes: Mapping[int, str]) -> None:
    """Refuses every row that shares an ID, or a certificate number, with another."""
    people: dict[tuple[str, str], list[Draft]] = {}
    numbers: dict[str, list[Draft]] = {}
    for draft in drafts:
        if draft.row in strikes:
            continue
        if draft.id is not None:
            people.setdefault(draft.id, []).append(draft)
        if draft.number is not None:
            numbers.setdefault(draft.number, []).append(draft)
    faults: tuple[tuple[Iterable[list[Draft]], Column, str, str], ...] = (
        (people.values(), "id_number", "id_shared", _("Row {} has the same ID number.")),
        (numbers.values(), "number", "number_shared", _("Row {} has the same certificate number.")),
    )
    for shared, column, code, text in faults:
        for rows in shared:
            for draft in rows if len(rows) > 1 else ():
                named = [str(other.row) for other in rows[: _MOST_NAMED + 1] if other is not draft][:_MOST_NAMED]
                others = joined(named) + (" …" if len(rows) > _MOST_NAMED + 1 else "")
                draft.findings.append(Finding(column=column, code=code, message=text.format(others), refuses=True))


def _tell_unprintable(drafts: Iterable[Draft], centre: Centre) -> None:
    """Tells of names of those who passed that no font here can print."""
    passed = [draft for draft in drafts if draft.candidate is not None and draft.candidate.outcome == "passed"]
    names = {draft.row: draft.candidate.name for draft in passed if draft.candidate is not None}
    lacking = printable.lacking(names.values(), centre.printing.fonts)
    for draft in passed if lacking else ():
        draft.findings += [lacking[character] for character in dict.fromkeys(names[draft.row]) if character in lacking]


def _row(draft: Draft, table: Table, struck: str | None, name: str | None) -> Row:
    refused = any(finding.refuses for finding in draft.findings)
    corrected = any(finding.corrects for finding in draft.findings)
    reasons = [
        Reason(
            cell=finding.cell or (finding.column and table.cell(draft.row, finding.column)),
            code=finding.code,
            message=finding.message,
            kind="refusal" if finding.refuses else "correction" if finding.corrects else "remark",
        )
        for finding in draft.findings
    ]
    if struck is not None:
        reasons.append(Reason(cell=None, code="struck", message=_("Struck out: {}").format(struck)))
    candidate = None if refused or struck is not None else draft.candidate
    return Row(
        row=draft.row,
        result="refused" if refused else "corrected" if corrected else "accepted",
        outcome=None if refused or draft.candidate is None else draft.candidate.outcome,
        reasons=tuple(reasons),
        candidate=candidate,
        struck=struck is not None,
        why=struck,
        person=draft.candidate if struck is not None else None,
        name=name if struck is not None else None,
    )


__all__ = ["HEADINGS", "Candidate", "Judged", "Reason", "Result", "Row", "judge", "read"]
