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
