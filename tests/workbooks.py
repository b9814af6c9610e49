"""Workbooks of invented people, as an office would make them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from openpyxl import Workbook

HEADER: Final = (
    "序号", "姓名", "证件类型", "身份证号", "学历", "专业相关", "从业年限", "学时", "申报证书类别",
    "理论", "实务", "成绩", "备注", "证书编号", "工作单位",
)  # fmt: skip
COLUMNS: Final = (
    "serial", "name", "id_type", "id_number", "education", "related_major", "years", "hours", "programme",
    "theory", "practice", "score", "remark", "number", "employer",
)  # fmt: skip
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

FAULTS: Final[list[tuple[dict[str, Any], str, str]]] = [
    ({"name": None}, "name", "name_missing"),
    ({"name": "\u200b"}, "name", "name_missing"),
    ({"name": "张" * 51}, "name", "name_too_long"),
    ({"name": "=1+1"}, "name", "name_formula"),
    ({"name": "=cmd|' /C calc'!A0"}, "name", "name_formula"),
    ({"name": "+8613800000000"}, "name", "name_formula"),
    ({"name": "-张三"}, "name", "name_formula"),
    ({"name": "@SUM(A1:A9)"}, "name", "name_formula"),
    ({"name": "＝张三"}, "name", "name_formula"),
    ({"name": "张\ue000"}, "name", "name_unknown_character"),
    ({"name": "张\ufffd"}, "name", "name_unknown_character"),
    ({"name": 12}, "name", "name_not_text"),
    ({"id_number": None}, "id_number", "id_missing"),
    ({"id_number": "无"}, "id_number", "id_length"),
    ({"id_number": "990101199002281230"}, "id_number", "id_checksum"),
    ({"id_number": "99010119900230123X"}, "id_number", "id_date"),
    ({"id_number": "9901011990022812"}, "id_number", "id_length"),
    ({"id_number": 990101199002281232}, "id_number", "id_digits_lost"),
    ({"id_number": "9.90101E+17"}, "id_number", "id_digits_lost"),
    ({"id_number": "1.1E+17"}, "id_number", "id_digits_lost"),
    ({"id_number": "990101851301123"}, "id_number", "id_date"),
    ({"id_type": "学生证"}, "id_type", "id_type_unknown"),
    ({"id_type": "护照", "id_number": "=1+1 E1"}, "id_number", "formula_without_result"),
    ({"theory": "89.5分"}, "theory", "mark_not_number"),
    ({"theory": "优"}, "theory", "mark_not_number"),
    ({"theory": -1}, "theory", "mark_not_number"),
    ({"theory": True}, "theory", "mark_not_number"),
    ({"theory": 151, "practice": None}, "theory", "mark_too_high"),
    ({"theory": None, "practice": None, "score": 151}, "score", "mark_too_high"),
    ({"theory": 100, "practice": 51}, "practice", "mark_too_high"),
    ({"theory": 50, "practice": 45, "score": 96}, "score", "marks_do_not_add_up"),
    ({"theory": 50, "practice": None}, "practice", "mark_missing"),
    ({"theory": "=A1+1"}, "theory", "formula_without_result"),
    ({"programme": "碳汇管理师"}, "programme", "programme_unknown"),
    ({"programme": None}, "programme", "programme_unknown"),
    ({"theory": None, "practice": None}, "score", "no_marks"),
    ({"theory": None, "practice": None, "remark": "补考"}, "score", "no_marks"),
    ({"remark": "缺考"}, "theory", "marks_beside_absent"),
    ({"theory": None, "practice": None, "score": 0, "remark": "缺考"}, "score", "marks_beside_absent"),
    ({"remark": "理论缺考"}, "remark", "remark_unclear"),
]
"""What an office gets wrong in one row, the column that is to blame, and the code of the refusal."""


def resident(number: int) -> str:
    """An invented ID number (GB 11643) of the unassigned region 99, another for each ``number``."""
    body = f"99{number // 1000 % 10_000:04}1990010{1 + number // 10_000_000}{number % 1000:03}"
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11]


def person(number: int, /, **other: Any) -> dict[str, Any]:
    """Somebody who passes CEM, or what ``other`` makes of them."""
    fields = {
        "serial": number,
        "name": f"{'赵钱孙李周吴郑王'[number % 8]}{'伟芳娜敏静丽强'[number // 8 % 7]}{'甲乙丙丁戊'[number // 56 % 5]}",
        "id_number": resident(number),
        "education": "本科",
        "hours": 30,
        "programme": "碳排放管理师",
        "theory": 50,
        "practice": 45,
        "employer": "保密单位",
    }
    return fields | other


def values(row: Mapping[str, Any]) -> list[Any]:
    """A row in the order of HEADER."""
    return [row.get(column) for column in COLUMNS]


def write(path: Path, people: Iterable[Mapping[str, Any]], titles: Iterable[str] = ()) -> Path:
    """An .xlsx workbook of these people; ``titles`` are rows above the header."""
    book = Workbook()
    sheet = book.worksheets[0]
    for title in titles:
        sheet.append([title])
    sheet.append(HEADER)
    for row in people:
        sheet.append(values(row))
    book.save(path)
    return path


def cell(sheet_row: int, column: str) -> str:
    """The name of a cell: ``D12``."""
    return f"{'ABCDEFGHIJKLMNO'[COLUMNS.index(column)]}{sheet_row}"
