"""Writes a workbook of 300 invented candidates, with the variety that a real one has.

``python -m examples.make_workbook OUT.xlsx`` gives the same people every time. Nobody in it exists: the ID numbers
are of region 99, which is not assigned, with right check digits.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

Row = tuple[str | float | None, ...]

PEOPLE: Final = 300
HEADER: Final = (
    "准考证号", "姓名", "性别", "证件类型", "身份证号", "毕业院校", "专业", "学历", "专业相关", "从业年限", "学时",
    "工作单位", "申报证书类别", "理论", "实务", "成绩", "备注",
)  # fmt: skip
WIDTHS: Final = (14, 22, 6, 22, 22, 16, 16, 8, 10, 10, 6, 18, 14, 6, 6, 6, 8)

SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘"
    "袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方白"
)
_GIVEN: Final = """
伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 霞 平 刚 秀兰 桂英 建华 文博 子涵 雨桐 欣怡 浩然 宇轩 梓萱 思远 晓燕
志强 海燕 国庆 玉梅 建国 春梅 丽娟 佳琪 俊杰 嘉欣 天宇 晨曦 若水 明轩 诗琪 一鸣 可馨 泽楷 书瑶 景行 知秋 怀瑾 望舒
"""
GIVEN: Final = _GIVEN.split()

RESIDENT: Final = "居民身份证"
MIDDLE_DOTS: Final = "·•・‧⋅∙．."
MINORITY: Final = (
    "买买提{}吐尔逊江", "阿依古丽{}艾合买提", "古丽娜尔{}买买提", "扎西{}多吉", "巴特尔{}孟和", "努尔兰{}叶尔肯",
    "迪丽努尔{}吾买尔", "次仁{}央宗",
)  # fmt: skip
WHOLE_NAMES: Final = (
    "阿卜杜喀迪尔·阿卜杜热合曼·买买提依明", "次仁卓玛", "欧阳若兰", "上官云飞", "司马青", "李㛃", "陈䶮", "陈\ue863",
    "王𠮷", "张𰻝", "赵𫖯", "刘𨱏", "王莉", "王丽", "孙燚", "吴犇",
)  # fmt: skip
"""Names that lists and fonts often get wrong; the private-use character is how old fonts hold 䶮."""
UNTIDY: Final = (" 钱多多", "张　三", "周 正", "何\u200b苗", "韩梅梅 ")
"""Names with white space and invisible characters, as forms copied from elsewhere have them."""
FOREIGN: Final = (
    ("Jean-Luc Example", "护照", "X00000001"),
    ("María Ejemplo", "护照", "x 0000 0002"),
    ("Siobhán O’Sample", "护照", "X00000003"),
    ("陈大文", "港澳居民来往内地通行证", "H00000001"),
    ("何小梅", "回乡证", "M00000002"),
    ("林志明", "台湾居民来往大陆通行证", "00000001"),
    ("黃淑芬", "台胞证", "00000002"),
    ("样本一郎", "其他", "OTHER-0001"),
)

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class _Ids:
    """Invented ID numbers, none twice."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._serial = 0

    def resident(self, *, ends_with_x: bool = False) -> str:
        """An ID number of 18 characters (GB 11643)."""
        while True:
            self._serial += 1
            born = f"{self._chance.randint(1968, 1999)}{self._chance.randint(1, 12):02}{self._chance.randint(1, 28):02}"
            body = f"99{self._chance.randint(0, 9999):04}{born}{self._serial % 1000:03}"
            check = "10X98765432"[sum(w * int(d) for w, d in zip(_WEIGHTS, body, strict=True)) % 11]
            if not ends_with_x or check == "X":
                return body + check

    def old(self) -> str:
        """An ID number of 15 digits, as they were before 1999."""
        self._serial += 1
        born = f"{self._chance.randint(68, 80)}0{self._chance.randint(1, 9)}15"
        return f"99{self._chance.randint(0, 9999):04}{born}{self._serial % 1000:03}"


def _identities(chance: random.Random) -> Iterator[tuple[str, str, str | int]]:
    """Name, ID type and ID number of everybody, the untidy ones first."""
    ids = _Ids(chance)
    for form, dot in zip(MINORITY, MIDDLE_DOTS, strict=True):
        yield form.format(dot), RESIDENT, ids.resident()
    for name in (*WHOLE_NAMES, *UNTIDY):
        yield name, RESIDENT, ids.resident()
    yield from FOREIGN
    yield "马建国", RESIDENT, ids.old()
    yield "林秀英", RESIDENT, int(ids.old())
    yield "高明远", RESIDENT, ids.resident(ends_with_x=True).lower()
    yield "郑小满", RESIDENT, ids.resident().translate({48 + digit: 0xFF10 + digit for digit in range(10)})
    yield "谢天行", RESIDENT, " ".join(_parts(ids.resident()))
    yield "唐宁", "港澳台居民居住证", ids.resident()
    while True:
        yield chance.choice(SURNAMES) + chance.choice(GIVEN), "" if chance.random() < 0.3 else RESIDENT, ids.resident()


def _parts(number: str) -> tuple[str, str, str]:
    return number[:6], number[6:14], number[14:]


def _study(chance: random.Random) -> tuple[str, str, int]:
    """Education, related major, years of related work: somebody who may sit."""
    education = chance.choice(("中专", "高中", "大专", "大专", "本科", "本科", "本科", "硕士", "博士"))
    related = chance.choice(("是", "否"))
    least = 2 if education in ("中专", "高中") else 1 if education == "大专" and related == "否" else 0
    return education, related, least + chance.randint(0, 12)


def _marks(chance: random.Random, total: float) -> tuple[float, float, float]:
    """``total`` as the marks of the two parts and their sum."""
    theory = min(100, round(total * chance.uniform(0.55, 0.66)))
    return theory, total - theory, total


def _sat(index: int, chance: random.Random) -> tuple[tuple[float | None, ...], tuple[str, str, int], int, str]:
    """Marks, study, class hours and remark of the candidate ``index``; the first sixty pass."""
    study, hours = _study(chance), chance.choice((30, 30, 32, 36))
    if index < 60:
        total = 90.0 if index % 10 == 5 else float(chance.randint(91, 148))
        return _marks(chance, total), study, hours, ""
    match index % 20:
        case 3:
            return (None, None, None), study, hours, "缺考"
        case 7 if index < 200:
            return _marks(chance, chance.randint(60, 120)), study, hours, "违纪"
        case 11:
            return _marks(chance, chance.randint(95, 130)), study, 24, ""
        case 13 if index < 250:
            return _marks(chance, chance.randint(95, 130)), ("高中", "否", 1), hours, ""
        case 17 if index < 250:
            return _marks(chance, chance.randint(95, 130)), ("大专", "否", 0), hours, ""
        case 5:
            return _marks(chance, chance.choice((88, 89, 89.5))), study, hours, ""
        case 15:
            return _marks(chance, 90), study, hours, ""
    return _marks(chance, min(148, max(35, round(chance.gauss(104, 18))))), study, hours, ""


def rows() -> list[Row]:
    """Every candidate's row, in the order of HEADER."""
    chance = random.Random("印鉴")  # noqa: S311 - the same people every time
    made: list[Row] = []
    for index, (name, id_type, id_number) in enumerate(_identities(chance)):
        if index == PEOPLE:
            break
        marks, (education, related, years), hours, remark = _sat(index, chance)
        programme = "碳资产管理师" if index % 3 == 2 else "碳排放管理师"
        who = (f"2204{index + 1:05}", name, chance.choice("男女"), id_type or None, id_number)
        major = "环境工程" if related == "是" else "会计学"
        studied = ("示例大学", major, education, related, years, hours, "示例能源公司")
        made.append((*who, *studied, programme, *marks, remark or None))
    return made


def write(path: Path) -> None:
    """The workbook, with a title above its header as offices make them."""
    book = Workbook()
    sheet = book.active
    if sheet is None:
        raise AssertionError("a new workbook has a sheet")
    sheet.title = "报名及成绩"
    sheet.append(["2022年第三次碳排放管理师、碳资产管理师（高级）考试成绩汇总表（示例，人员均为虚构）"])
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(HEADER))
    sheet["A1"].font = Font(size=14, bold=True)
    sheet["A1"].alignment = Alignment(horizontal="center")
    sheet.append(HEADER)
    for cell in sheet[2]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DDEBF7")
    for row in rows():
        sheet.append(row)
    for column, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for cell in sheet["E"][2:]:
        cell.number_format = "@"
    sheet.freeze_panes = "C3"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "2:2"
    book.save(path)


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "candidates.xlsx"))
