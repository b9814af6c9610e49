"""A year's certificates as a spreadsheet, for the centre's own files."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from signing.centre.centre_toml import Centre
from signing.centre.exam_names import ExamName
from signing.centre.room import Room
from signing.ledger.book import Ledger
from signing.ledger.history import History, Standing, standing_words
from signing.ledger.values import Given
from signing.messages import _
from signing.workbook.fresh import fit_to_page, put, save
from verify.core import exam_code
from verify.core.china_time import local_day
from verify.shared import whole_files
from verify.shared.command import Refusal
from verify.shared.progress import Progress
from verify.shared.spreadsheet import harmless

_WIDTHS: Final = (20, 24, 10, 24, 14, 12, 12, 12, 20, 40)


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which certificates; all that is set must hold."""

    year: int | None = None
    """Of issue, in Asia/Shanghai."""
    exam_year: int | None = None
    """Of the exam's term."""
    exams: tuple[ExamName, ...] = ()

    def takes(self, given: Given) -> bool:
        """Whether an issued certificate is one of these."""
        return (
            self.year in (None, local_day(given.issued_at).year)
            and self.exam_year in (None, int(given.certificate.term[:4]))
            and (not self.exams or any(exam.among([given.exam]) for exam in self.exams))
        )


def export(room: Room, ledger: Ledger, path: Path, choice: Choice, progress: Progress) -> int:
    """Writes the certificates of ``choice`` to ``path``; how many. Raises Refusal."""
    with progress(_("Writing {}").format(path.name)):
        return write(path, room.centre, chosen(History(ledger).all(), choice))


def chosen(standings: Iterable[Standing], choice: Choice) -> list[Standing]:
    """Those that were issued and that ``choice`` takes, by time and number."""
    found = [one for one in standings if one.given.job is not None and choice.takes(one.given)]
    return sorted(found, key=lambda one: (one.given.issued_at, one.given.number))


def write(path: Path, centre: Centre, standings: Iterable[Standing]) -> int:
    """Writes .xlsx or .csv by the name of ``path``; how many rows. Raises Refusal for another kind of file."""
    kind = path.suffix.lower()
    if kind not in (".xlsx", ".csv"):
        raise Refusal(_("{}: an export is an .xlsx or .csv file.").format(path.name))
    rows = [_row(centre, standing) for standing in standings]
    header = [
        _("Number"), _("Name"), _("ID ends with"), _("Programme"), _("Exam"), _("Issued"), _("Expires"),
        _("Status"), _("Replaced by"), _("Releases"),
    ]  # fmt: skip
    if kind == ".xlsx":
        _xlsx(path, [header, *rows])
    else:
        _csv(path, [header, *rows])
    return len(rows)


def _row(centre: Centre, standing: Standing) -> list[str]:
    given = standing.given
    code = exam_code.programme_of(given.exam)
    programme = centre.programme(code)
    return [
        given.number,
        given.holder,
        given.id_hint,
        programme.name.zh if programme else code,
        given.exam,
        local_day(given.issued_at).isoformat(),
        local_day(given.expires_at).isoformat() if given.expires_at is not None else "",
        standing_words(standing.standing),
        standing.replaced_by or "",
        " ".join(standing.releases),
    ]


def _xlsx(path: Path, rows: list[list[str]]) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            put(sheet, number, column, value)
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.cell(row=1, column=column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    fit_to_page(sheet)
    save(book, path)


def _csv(path: Path, rows: list[list[str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([[harmless(value) for value in row] for row in rows])
    whole_files.write(path, text.getvalue().encode("utf-8-sig"))
