"""The columns of a workbook, found by the names that offices give them.

The header is the row of the first ten that names most columns; titles above it and columns that we have no use for
are left alone, and said. A header in two rows (成绩 over 理论 and 实务) is read as one.
"""

from collections.abc import Iterator
from typing import Final, Literal, get_args

import msgspec

from signing.messages import _
from signing.workbook.sheets import Sheet
from signing.workbook.words import speaks_of_standing
from verify.shared.command import Refusal, joined
from verify.shared.spreadsheet import Area, Error, NoResult, Value, cell_name, column_letters, headings

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

_ALIASES: Final[dict[Column, str]] = {
    "name": "考生姓名 学员姓名 学生姓名 人员姓名 参考人员姓名 申请人姓名 中文姓名 fullname candidate candidatename",
    "id_type": "证件类别 证件名称 证件种类 身份证件类型 身份证件种类 有效证件类型 idcardtype documenttype",
    "id_number": """
        身份证号码 身份证 证件号码 证件号 证件编号 居民身份证号码 居民身份证号 公民身份号码 公民身份证号码
        公民身份证号 身份证件号码 身份证件号 身份证编号 身份证证件号码 有效证件号码 idno id idcard idcardno
        idcardnumber identitynumber identitycardnumber
    """,
    "education": "文化程度 最高学历 学历层次 文化学历",
    "related_major": """
        专业是否相关 是否相关专业 是否专业相关 相关专业 所学专业是否相关 专业是否对口 专业相关性 majorrelated
    """,
    "years": """
        工作年限 从业年数 工作年数 从事相关工作年限 相关工作年限 相关从业年限 从事相关工作年数 yearsofwork workyears
        yearsofexperience
    """,
    "hours": "课时 完成学时 学时数 课时数 培训学时 培训课时 总学时 已完成学时 classhours coursehours",
    "programme": "证书类别 申报类别 申报证书 申报证书名称 申报项目 报考类别 报名类别 证书名称 program certificate",
    "theory": "理论成绩 理论分数 理论得分 理论分 理论知识 理论知识成绩 理论考试 理论考试成绩 theoryscore theorymark",
    "practice": """
        实务成绩 实务分数 实务得分 实务分 实务考试 实务考试成绩 实务操作 实务操作成绩 实操 实操成绩 practicescore
        practicemark
    """,
    "score": """
        总成绩 总分 总得分 总分数 考试成绩 考试总成绩 考试分数 考试总分 合计 合计成绩 合计分数 成绩合计 成绩总分
        分数 得分 total totalscore totalmarks mark marks
    """,
    "remark": "remarks 说明 备注说明 考试备注 备考 note notes comment comments",
    "number": "证书号 证书号码 证书编码 证书号数 certificatenumber certificateno certno certnumber",
    "admission": "准考证 准考证号码 准考证编号 考号 admissionnumber admissionno admissionticketnumber",
}
PERSON: Final[tuple[Column, ...]] = ("name", "id_number")
"""The columns without which nobody can be registered."""
HEADER_ROWS: Final = 10
_MARKS_OR_REMARKS: Final = """
成绩 分数 得分 总分 备注 说明 违纪 违规 缺考 作弊 处理 处罚 考试状态 考试情况 考试结果 是否合格 是否通过
mark score remark note comment absent cheat result
"""
_NAMED: Final[dict[str, Column]] = {
    key: column
    for column in COLUMNS
    for name in (column, HEADINGS[column], *_ALIASES[column].split())
    for key in headings.keys(name)[:1]
}


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A sheet's header and the rows below it."""

    sheet: Sheet
    header: int
    """The header's row, from 1; of a header in two rows, the lower."""
    columns: dict[Column, int]
    """Where each column stands, from 0."""
    headings: dict[int, str]
    """What the header says over each column that holds anything, known or not; ``""`` where it says nothing."""

    uneven: frozenset[int] = frozenset()
    """Rows of a text that have another number of cells than the header."""
    person: tuple[Column, ...] = PERSON
    """The columns that make a row somebody's."""
    also_read: frozenset[int] = frozenset()
    """Columns that a reader of this kind of workbook takes besides, such as the date on papers from before."""

    @property
    def unread(self) -> dict[int, str]:
        """The columns that are not read, and their headings."""
        known = {*self.columns.values(), *self.also_read}
        return {place: heading for place, heading in self.headings.items() if place not in known}

    @property
    def doubtful(self) -> dict[int, str]:
        """Those of ``unread`` that look like marks or remarks."""
        return {place: heading for place, heading in self.unread.items() if self._looks_like_marks(place, heading)}

    def _looks_like_marks(self, place: int, heading: str) -> bool:
        if any(word in key for key in headings.keys(heading) for word in _MARKS_OR_REMARKS.split()):
            return True
        rows = self.sheet.cells.rows.items()
        return any(
            place < len(values) and speaks_of_standing(values[place]) for row, values in rows if row > self.header
        )

    def rows(self) -> Iterator[tuple[int, dict[Column, Value]]]:
        """Each row that holds anything of its own in a known column, with its number as Excel has it.

        What stands in a merged cell is given to each of its rows, but to no row that has nothing else; nor does a
        formula without a result make a row, except in place of a name or ID number.
        """
        for row in self.sheet.cells.rows:
            if row <= self.header:
                continue
            if any(self._tells(row, column) for column in self.columns):
                found = {column: value for column in self.columns if not blank(value := self.value(row, column))}
                if not all(column_of(value) == column for column, value in found.items()):  # else a header again
                    yield row, found

    def _tells(self, row: int, column: Column) -> bool:
        value = self.sheet.cells.own(row, self.columns[column])
        if isinstance(value, (Error, NoResult)):
            return column in self.person
        return not blank(value) and not self._banner(self.area(row, column))

    def value(self, row: int, column: Column) -> Value:
        """What a row says in ``column``, merged cells included."""
        area = self.area(row, column)
        if area is None or self._banner(area):
            return None if area is not None else self.sheet.cells.own(row, self.columns[column])
        return self.sheet.cells.own(area.top, area.left)

    def area(self, row: int, column: Column) -> Area | None:
        """The merged cell in which a row's cell lies."""
        return self.sheet.cells.joined.get(row, {}).get(self.columns[column]) if column in self.columns else None

    def _banner(self, area: Area | None) -> bool:
        """Whether a merged cell reaches over name and ID number, as only titles and signatures do."""
        return area is not None and all(area.left <= self.columns[column] <= area.right for column in self.person)

    def left_out(self) -> list[int]:
        """Rows below the header that hold something, and nothing in a known column."""
        taken = {row for row, _values in self.rows()}
        return [row for row in self.sheet.cells.rows if row > self.header and row not in taken]

    def cell(self, row: int, column: Column) -> str | None:
        """The name of a row's cell in ``column``, None where the workbook has no such column."""
        return cell_name(row, self.columns[column]) if column in self.columns else None


def blank(value: Value) -> bool:
    """Whether a cell says nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def column_of(heading: object) -> Column | None:
    """The column that a heading names, None for none and for several."""
    whole, *parts = headings.keys(heading) or ("",)
    found = {_NAMED[whole]} if whole in _NAMED else {_NAMED[part] for part in parts if part in _NAMED}
    if found == {"score"}:  # 成绩（理论）
        inside = {_NAMED.get(key) for key in headings.keys(heading, bracketed=True)}
        found = {"theory"} if "theory" in inside else {"practice"} if "practice" in inside else found
    return found.pop() if len(found) == 1 else None


def find(sheet: Sheet, person: tuple[Column, ...] = PERSON) -> Table:
    """The table of a sheet, with the columns of ``person`` at least.

    Raises Refusal where it has none, or one that cannot be read in one way only.
    """
    rows = sheet.cells.rows
    heads = [(_places(sheet, row), row) for row in rows if row <= HEADER_ROWS]
    places, header = max(heads, key=lambda head: len(head[0]), default=({}, 0))
    for column in person:
        if column not in places:
            others = ""
            if sheet.others:
                others = _(" Only the first sheet is read; behind it: {}.").format(joined(sheet.others))
            raise Refusal(
                _("No column “{}” in the first {} rows of the first sheet.").format(HEADINGS[column], HEADER_ROWS)
                + others
            )
    titles = {place: str(value) for place, value in enumerate(rows[header]) if not blank(value)}
    lower = _places(sheet, header + 1)
    if lower and not set(person) & lower.keys() and _continues(sheet, header, places, person):
        # The lower half of a header in two rows says more exactly what the upper half spans.
        below = {place: str(value) for place, value in enumerate(rows[header + 1]) if not blank(value)}
        upper = {
            column: [place for place in found if not set(_spanned(sheet, header, place)) & below.keys()]
            for column, found in places.items()
        }
        places = {column: upper.get(column, []) + lower.get(column, []) for column in COLUMNS}
        titles |= below
        header += 1
    for column, found in places.items():
        if len(found) > 1:
            cells = joined(cell_name(header, place) for place in found)
            raise Refusal(_("Several columns are called “{}”: {}.").format(HEADINGS[column], cells))
    columns = {column: places[column][0] for column in COLUMNS if places.get(column)}
    held = {place for row, values in rows.items() if row > header for place, v in enumerate(values) if not blank(v)}
    _refuse_wide(sheet, header, columns, held)
    return Table(
        sheet=sheet,
        header=header,
        columns=columns,
        uneven=frozenset(sheet.cells.uneven(header)),
        person=person,
        headings={place: titles.get(place, "") for place in sorted(held | set(columns.values()))},
    )


def _places(sheet: Sheet, row: int) -> dict[Column, list[int]]:
    found: dict[Column, list[int]] = {}
    for place, value in enumerate(sheet.cells.rows.get(row, ())):
        if column := column_of(value):
            found.setdefault(column, []).append(place)
    return found


def _spanned(sheet: Sheet, row: int, place: int) -> range:
    """The columns over which a heading reaches."""
    area = sheet.cells.joined.get(row, {}).get(place)
    return range(area.left, area.right + 1) if area is not None else range(place, place + 1)


def _continues(sheet: Sheet, header: int, places: dict[Column, list[int]], person: tuple[Column, ...]) -> bool:
    """Whether the row below the header is its second half: texts only, and no name or ID number among them."""
    below = [(place, value) for place, value in enumerate(sheet.cells.rows[header + 1]) if not blank(value)]
    people = {place for column in person for place in places[column]}
    return all(isinstance(value, str) and place not in people for place, value in below)


def _refuse_wide(sheet: Sheet, header: int, columns: dict[Column, int], held: set[int]) -> None:
    """Raises Refusal for a heading merged over several columns that hold something: which of them it means is open."""
    for column, place in columns.items():
        under = sorted(held.intersection(_spanned(sheet, header, place)))
        if len(under) > 1:
            text = _("The heading “{}” stands over several columns ({}): give each its own.")
            raise Refusal(text.format(HEADINGS[column], joined(map(column_letters, under))))
