"""The columns of a workbook, found by the names that offices give them.

The header is the row of the first ten that names most columns; titles above it and columns that we have no use for
are left alone. A header in two rows (成绩 over 理论 and 实务) is read as one.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, Literal, get_args

import msgspec

from signing.messages import _
from signing.workbook.sheets import Sheet, Value, cell_name
from verify.shared.command import Refusal

Column = Literal[
    "name",
    "id_type",
    "id_number",
    "education",
    "related_major",
    "years",
    "hours",
    "programme",
    "theory",
    "practice",
    "score",
    "remark",
    "number",
    "admission",
]
COLUMNS: Final[tuple[Column, ...]] = get_args(Column)

HEADINGS: Final[dict[Column, str]] = {
    "name": "姓名",
    "id_type": "证件类型",
    "id_number": "身份证号",
    "education": "学历",
    "related_major": "专业相关",
    "years": "从业年限",
    "hours": "学时",
    "programme": "申报证书类别",
    "theory": "理论",
    "practice": "实务",
    "score": "成绩",
    "remark": "备注",
    "number": "证书编号",
    "admission": "准考证号",
}
"""What the registration form calls each column."""

_ALIASES: Final[dict[Column, tuple[str, ...]]] = {
    "name": ("考生姓名", "学员姓名", "fullname"),
    "id_type": ("证件类别", "证件名称"),
    "id_number": ("身份证号码", "身份证", "证件号码", "证件号", "居民身份证号码", "居民身份证号", "idno", "id"),
    "education": ("文化程度",),
    "related_major": ("专业是否相关", "是否相关专业", "相关专业"),
    "years": ("工作年限", "从事相关工作年限", "相关工作年限", "yearsofwork"),
    "hours": ("课时", "完成学时", "学时数", "classhours"),
    "programme": ("证书类别", "申报类别", "申报证书", "program"),
    "theory": ("理论成绩", "理论分数", "理论得分"),
    "practice": ("实务成绩", "实务分数", "实务得分"),
    "score": ("总成绩", "总分", "考试成绩", "合计", "total"),
    "remark": ("remarks", "说明"),
    "number": ("证书号", "证书号码", "certificatenumber"),
    "admission": ("准考证", "准考证号码", "考号", "admissionnumber"),
}
_PERSON: Final[tuple[Column, ...]] = ("name", "id_number")
HEADER_ROWS: Final = 10


def _key(value: Value) -> str:
    """A heading as it is compared: without width, case, white space, underscores, stars and what is in brackets."""
    text = unicodedata.normalize("NFKC", str(value)).casefold().partition("(")[0]
    return "".join(character for character in text if not character.isspace() and character not in "_*:-")


_NAMED: Final[dict[str, Column]] = {
    _key(name): column for column in COLUMNS for name in (column, HEADINGS[column], *_ALIASES[column])
}


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet's header and the rows below it."""

    sheet: Sheet
    header: int
    """The header's row, from 1; of a header in two rows, the lower."""
    columns: dict[Column, int]
    """Where each column stands, from 0."""

    def rows(self) -> Iterator[tuple[int, dict[Column, Value]]]:
        """Each row that holds anything in a known column, with its number as Excel has it.

        A name or ID number that is an error, or a formula without its result, makes a row too.
        """
        for row, values in enumerate(self.sheet.rows[self.header :], start=self.header + 1):
            found = {
                column: values[place]
                for column, place in self.columns.items()
                if place < len(values) and not _blank(values[place])
            }
            header_again = all(_NAMED.get(_key(value)) == column for column, value in found.items())
            if not header_again or (not found and self._shows_somebody(row)):
                yield row, found

    def _shows_somebody(self, row: int) -> bool:
        unread = self.sheet.errors | self.sheet.formulas
        return bool(unread) and any(self.cell(row, column) in unread for column in _PERSON)

    def cell(self, row: int, column: Column) -> str | None:
        """The name of a row's cell in ``column``, None where the workbook has no such column."""
        return cell_name(row, self.columns[column]) if column in self.columns else None


def _blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def find(sheet: Sheet) -> Table:
    """The table of a sheet. Raises Refusal where it has none, or one that cannot be read in one way only."""
    heads = [(_places(row), number) for number, row in enumerate(sheet.rows[:HEADER_ROWS], start=1)]
    places, header = max(heads, key=lambda head: len(head[0]), default=({}, 0))
    for column in _PERSON:
        if column not in places:
            others = ""
            if sheet.others:
                others = _(" Only the first sheet is read; behind it: {}.").format(", ".join(sheet.others))
            raise Refusal(
                _("No column “{}” in the first {} rows of the first sheet.").format(HEADINGS[column], HEADER_ROWS)
                + others
            )
    below = sheet.rows[header] if header < len(sheet.rows) else []
    lower = _places(below)
    if lower and sum(not _blank(value) for value in below) == sum(map(len, lower.values())):
        # The lower half of a header in two rows says more exactly what the upper half spans.
        spanned = {place for found in lower.values() for place in found}
        places = {column: [place for place in found if place not in spanned] for column, found in places.items()}
        for column, found in lower.items():
            places[column] = places.get(column, []) + found
        header += 1
    for column, found in places.items():
        if len(found) > 1:
            cells = ", ".join(cell_name(header, place) for place in found)
            raise Refusal(_("Several columns are called “{}”: {}.").format(HEADINGS[column], cells))
    columns = {column: places[column][0] for column in COLUMNS if places.get(column)}
    return Table(sheet=sheet, header=header, columns=columns)


def _places(row: Sequence[Value]) -> dict[Column, list[int]]:
    found: dict[Column, list[int]] = {}
    for place, value in enumerate(row):
        if isinstance(value, str) and (column := _NAMED.get(_key(value))):
            found.setdefault(column, []).append(place)
    return found
