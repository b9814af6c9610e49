"""Workbooks of certificates from before: papers of earlier years, judged row by row as any workbook is.

Name and certificate number are wanted, with the date on the paper; an ID number where the centre knows it. Nothing
else of the row counts: whoever stands here has passed long ago.
"""

import datetime
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from signing.centre.centre_toml import Centre
from signing.messages import _
from signing.workbook import cell_texts, corrections, headers, sheets, words
from signing.workbook.headers import Column, Table, blank
from signing.workbook.judged import Finding, corrected, refused
from signing.workbook.judging import Candidate, Draft, Judged, finished, programme_words
from signing.workbook.strikes import Strikes
from verify.core.keyring import default_numbered
from verify.shared.command import Refusal, joined
from verify.shared.progress import Progress, silent
from verify.shared.spreadsheet import Formatted, Value, cell_name, headings

PERSON: Final[tuple[Column, ...]] = ("name", "number")
_HEADINGS: Final = """
    发证日期 发证时间 颁证日期 颁发日期 签发日期 证书日期 证书签发日期 取证日期 获证日期 领证日期 批准日期
    date issued issuedon issuedate dateofissue issuedat paperdate certificatedate
"""
_DATES: Final = frozenset(key for name in re.split(r"\s+", _HEADINGS.strip()) for key in headings.keys(name)[:1])
_WRITTEN: Final = re.compile(
    r"([12][0-9]{3})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?|([12][0-9]{3})([0-9]{2})([0-9]{2})"
)
_EARLIEST: Final = datetime.date(1949, 10, 1)


def read(
    path: Path,
    centre: Centre,
    strikes: Strikes,
    today: datetime.date,
    *,
    programmes: Iterable[str],
    dated: datetime.date | None = None,
    progress: Progress = silent,
) -> Judged:
    """The workbook of old papers at ``path``; ``strikes`` maps rows to why they are left out.

    ``programmes`` are those that have the exam: with several, each row says which. ``dated`` is the date on every
    paper whose row says none. Raises Refusal where that cannot be, or the workbook cannot be read at all.
    """
    if dated is not None and not _EARLIEST <= dated <= today:
        raise Refusal(_("--date: {} is no date on a paper from before.").format(dated.isoformat()))
    with progress(_("Reading {}").format(path.name)):
        table = _with_date(headers.find(sheets.read(path), PERSON))
    judge_row = _Judge(table, centre, today, tuple(programmes), dated)
    drafts = []
    with progress(_("Judging rows"), sum(row > table.header for row in table.sheet.cells.rows)) as advance:
        for number, values in table.rows():
            drafts.append(judge_row(number, values))
            advance()
    return finished(drafts, table, strikes, centre)


def _with_date(table: Table) -> Table:
    """The table with the first of its columns that is headed as a date of issue."""
    found = [place for place, heading in table.unread.items() if _DATES & set(headings.keys(heading))]
    return msgspec.structs.replace(table, also_read=frozenset(found[:1]))


class _Judge:
    """Judges single rows of one table."""

    def __init__(
        self,
        table: Table,
        centre: Centre,
        today: datetime.date,
        programmes: tuple[str, ...],
        dated: datetime.date | None,
    ) -> None:
        self._table = table
        self._today = today
        self._dated = dated
        self._programmes = programmes
        self._words = programme_words(centre)
        # Never of the default shape, whatever the programme's own numbering.
        self._reserved = default_numbered(centre.programmes)
        self._date_column = next(iter(table.also_read), None)

    def __call__(self, row: int, written: dict[Column, Value]) -> Draft:
        values, findings = cell_texts.read(self._table, row, written)
        spoilt = {finding.column for finding in findings if finding.refuses}

        def take(found: tuple[str | None, list[Finding]]) -> str | None:
            findings.extend(finding for finding in found[1] if finding.column not in spoilt)
            return found[0]

        name = take(corrections.name(values.get("name")))
        number = take(corrections.own_number(values.get("number"), self._reserved))
        code = take(self._programme(values.get("programme")))
        paper_date = take(self._date(row))
        id_type: str | None = "other"
        id_key: str | None = ""
        if "id_number" in spoilt:
            id_key = None
        elif not blank(values.get("id_number")):
            id_type = take(corrections.id_type(values.get("id_type")))
            id_key = (
                None if id_type is None else take(corrections.id_number(id_type, values.get("id_number"), self._today))
            )
        candidate = None
        if None not in (name, number, code, paper_date, id_type, id_key):
            candidate = Candidate(
                row=row,
                name=name or "",
                id_type=id_type or "",
                id_key=id_key or "",
                programme=code or "",
                outcome="passed",
                number=number,
                paper_date=paper_date,
            )
        identity = (id_type, id_key) if id_type and id_key else None
        return Draft(row=row, findings=findings, id=identity, candidate=candidate, number=number)

    def _programme(self, value: Value) -> tuple[str | None, list[Finding]]:
        """The row's programme: one of those that have the exam; where there is one alone, rows need not say it."""
        if value is None and len(self._programmes) == 1:
            return self._programmes[0], []
        code = self._words.get(words.plain(value))
        if code in self._programmes:
            return code, []
        message = (
            _("There is no programme.")
            if value is None
            else _("This is none of the exam's programmes ({}).").format(joined(self._programmes))
        )
        return None, [refused("programme", "programme_unknown", message)]

    def _date(self, row: int) -> tuple[str | None, list[Finding]]:
        """The date on the paper, as it is signed: ``YYYY-MM-DD``."""
        value = None if self._date_column is None else self._table.sheet.cells.value(row, self._date_column)
        if blank(value):
            if self._dated is not None:
                return self._dated.isoformat(), []
            message = _("There is no date on the paper: give the column 发证日期, or --date for all rows.")
            return None, [refused(None, "date_missing", message)]
        day = _day(value)
        if day is None or not _EARLIEST <= day <= self._today:
            place = cell_name(row, self._date_column or 0)
            message = _("{}: this is no date on a paper from before: 2019-06-30, 2019年6月30日 and 20190630 are.")
            return None, [refused(None, "date_unreadable", message.format(place))]
        found = (
            []
            if not isinstance(value, str) or value.strip() == day.isoformat()
            else [corrected(None, "date_writing", _("The date on the paper was read as {}.").format(day.isoformat()))]
        )
        return day.isoformat(), found


def _day(value: Value) -> datetime.date | None:
    match value:
        case datetime.datetime():
            return value.date()
        case datetime.date():
            return value
        case Formatted():
            return _day(value.shown)
        case int() | float() if not isinstance(value, bool) and value == int(value):
            return _day(str(int(value)))
        case str():
            found = _WRITTEN.fullmatch("".join(cell_texts.written(value).split()).translate(_WIDTHS))
            if found is None:
                return None
            year, month, day = (int(part) for part in found.groups() if part is not None)
            try:
                return datetime.date(year, month, day)
            except ValueError:
                return None
    return None


_WIDTHS: Final = {0xFF10 + digit: 48 + digit for digit in range(10)} | {ord("．"): ".", ord("／"): "/", ord("－"): "-"}
