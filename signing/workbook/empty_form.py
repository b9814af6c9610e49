"""The empty workbook that an office fills in, with drop-down lists and checks, and a filled example behind it."""

from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from signing.centre.centre_toml import Centre
from signing.messages import _
from signing.workbook.fresh import fit_to_page, put, save
from signing.workbook.headers import HEADINGS, Column
from verify.core.tables import ID_TYPES, usual_word
from verify.shared.command import Refusal

ROWS: Final = 2000
"""Rows prepared for people; more can be filled in."""

_WIDTHS: Final[dict[Column, int]] = {
    "name": 18, "id_type": 22, "id_number": 22, "education": 10, "related_major": 10, "years": 10, "hours": 8,
    "programme": 22, "theory": 8, "practice": 8, "score": 8, "remark": 14, "number": 22, "admission": 16,
}  # fmt: skip
_TEXT: Final[tuple[Column, ...]] = ("name", "id_number", "number", "admission")


def write(path: Path, centre: Centre) -> None:
    """Writes the form for the centre's programmes and rules. Raises Refusal."""
    if path.suffix.lower() != ".xlsx":
        raise Refusal(_("{}: the form is an .xlsx file.").format(path.name))
    if path.exists():
        raise Refusal(_("{} is there already.").format(path))
    columns = _columns(centre)
    book = Workbook()
    form = book.worksheets[0]
    form.title = "报名与成绩"
    _header(form, columns)
    _checks(form, columns, centre)
    example = book.create_sheet("填写示例")
    _header(example, columns)
    _fill(example, columns, centre)
    save(book, path)


def _columns(centre: Centre) -> list[Column]:
    own = any(entry.numbering == "own" for entry in centre.programmes)
    first: list[Column] = ["admission"]
    return first + [column for column in HEADINGS if column != "admission" and (column != "number" or own)]


def _header(sheet: Worksheet, columns: list[Column]) -> None:
    edge = Side(style="thin", color="FF999999")
    for place, column in enumerate(columns, start=1):
        cell: Any = sheet.cell(row=1, column=place, value=HEADINGS[column])
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="FFDDEBF7")
        cell.border = Border(bottom=edge)
        cell.alignment = Alignment(horizontal="center", vertical="center")
        note = Comment(_hint(column), _("Yinjian"))
        note.width, note.height = 260, 90
        cell.comment = note
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = _WIDTHS[column]
        if column in _TEXT:
            sheet.column_dimensions[letter].number_format = "@"
            for row in range(2, ROWS + 2):
                sheet.cell(row=row, column=place).number_format = "@"
    sheet.row_dimensions[1].height = 24
    sheet.freeze_panes = "C2"
    fit_to_page(sheet)
    sheet.print_title_rows = "1:1"


def _hint(column: Column) -> str:
    return {
        "name": _("As on the ID document. The dot of minority names is ·"),
        "id_type": _("Left empty: resident identity card."),
        "id_number": _("Kept as text: a number of 18 digits loses its last ones otherwise."),
        "education": _("The highest, in one of the words of the list."),
        "related_major": _("是 or 否"),
        "years": _("Years of related work."),
        "hours": _("Class hours completed."),
        "programme": _("One of the programmes of the list."),
        "theory": _("Marks; left empty where the candidate was absent."),
        "practice": _("Marks; left empty where the candidate was absent."),
        "score": _("The total; may be left empty where both papers are given."),
        "remark": _("缺考 for absent, 违纪 for disqualified."),
        "number": _("The centre's own certificate number, kept as text."),
        "admission": _("Only for photos and the office; never published."),
    }[column]


def _checks(sheet: Worksheet, columns: list[Column], centre: Centre) -> None:
    def area(column: Column) -> str:
        letter = get_column_letter(columns.index(column) + 1)
        return f"{letter}2:{letter}{ROWS + 1}"

    def add(column: Column, check: DataValidation) -> None:
        check.showErrorMessage = True
        check.allow_blank = True
        check.add(area(column))
        sheet.add_data_validation(check)

    def choose(column: Column, words: list[str], strict: bool) -> None:
        listed = f'"{",".join(words)}"'
        if len(listed) > 255:  # what a drop-down list may hold
            return
        check = DataValidation(type="list", formula1=listed, errorStyle="stop" if strict else "warning")
        check.error = _("One of the words of the list is wanted.")
        add(column, check)

    choose("id_type", [usual_word(kind) for kind in ID_TYPES], strict=True)
    words = dict.fromkeys(w for rules in centre.rules for way in rules.eligible for w in way.education)
    if words:
        choose("education", list(words), strict=False)
    choose("related_major", ["是", "否"], strict=True)
    choose("programme", [entry.name.zh for entry in centre.programmes], strict=True)
    choose("remark", ["缺考", "违纪"], strict=False)
    number = get_column_letter(columns.index("id_number") + 1)
    unique = DataValidation(type="custom", formula1=f'COUNTIF({number}:{number},{number}2&"*")<2', errorStyle="stop")
    unique.error = _("This ID number stands in another row already.")
    add("id_number", unique)
    most = max(entry.full_mark for entry in centre.programmes)
    mark_columns: tuple[Column, ...] = ("theory", "practice", "score")
    for column in mark_columns:
        marks = DataValidation(type="decimal", operator="between", formula1="0", formula2=str(most), errorStyle="stop")
        marks.error = _("A number from 0 to {} is wanted.").format(most)
        add(column, marks)
    amounts: tuple[Column, ...] = ("years", "hours")
    for column in amounts:
        whole = DataValidation(type="decimal", operator="between", formula1="0", formula2="10000", errorStyle="stop")
        whole.error = _("A number is wanted.")
        add(column, whole)


def _fill(sheet: Worksheet, columns: list[Column], centre: Centre) -> None:
    """Invented people: one who passes, one who was absent, one with another document."""
    programme = centre.programmes[0]
    half = programme.full_mark // 2
    hours = centre.rules_of(programme.code).hours or None
    shared = {"education": "本科", "related_major": "是", "years": 3, "hours": hours, "programme": programme.name.zh}
    people: list[dict[str, Any]] = [
        {
            "name": "示例一",
            "id_type": "居民身份证",
            "id_number": "990101199002281232",
            "theory": half,
            "practice": half,
        },
        {"name": "买买提·示例", "id_number": "990101198512318889", "remark": "缺考"},
        {"name": "示例三", "id_type": "护照", "id_number": "X00000001", "theory": half, "practice": half - 1},
    ]
    for row, person in enumerate(people, start=2):
        for place, column in enumerate(columns, start=1):
            value = (shared | person).get(column)
            if value is not None:
                put(sheet, row, place, value)
