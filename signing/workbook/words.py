"""What offices write in 备注 and 专业相关, as far as its meaning is known; all else is told and changes nothing."""

import re
import unicodedata
from typing import Final, Literal

from verify.core import identity
from verify.shared.spreadsheet import Value, headings

Standing = Literal["absent", "disqualified"]

_ABSENT_WORDS: Final = """
缺考 缺席 未参加 未参考 未到考 未到场 未到 未考试 未考 没来 没考 没有参加 弃考 弃权 旷考 放弃考试 缺勤
absent absence noshow didnotattend notattended
"""
_DISQUALIFIED_WORDS: Final = """
违纪 作弊 舞弊 违规 替考 代考 夹带 抄袭 雷同 禁考 取消成绩 成绩取消 取消资格 资格取消 取消考试资格
违反考场纪律 违反考试纪律 违反纪律
取消考试成绩 成绩无效 成绩作废 试卷作废 考试无效 disqualified disqualification cheat fraud misconduct
"""
_UNCLEAR: Final = re.compile("违反|纪律|处分|无效|作废|取消|缺[一二两三门科理论实操技能试项]")
"""Of a result that may not count; what exactly, only the office knows."""
_NOT_WORDS: Final = "无 未 没有 没 非 不 不存在 未发现 未见 无任何 not no without non"
_ABSENT: Final = tuple(_ABSENT_WORDS.split())
_DISQUALIFIED: Final = tuple(_DISQUALIFIED_WORDS.split())
_NOT: Final = tuple(_NOT_WORDS.split())
_PLAIN_NOTES: Final = """
无 没有 空 正常 正常参考 正常考试 正常参加 无异常 已参加 参加 到考 已考 合格 通过 已通过 及格 优秀 优 良 良好 中
中等 一般 none no normal ok n/a na nil null pass passed good excellent - -- / \\
"""
_YES_WORDS: Final = """
是 是的 yes y true 1 有 对 √ ✓ ✔ ☑ 相关 相关专业 专业相关 是相关专业 属于 符合 对口 对口专业 related
"""
_NO_WORDS: Final = """
否 不是 no n false 0 无 非 不 没有 × ✗ ✘ ☒ x 不相关 无关 不相关专业 非相关 非相关专业 不属于 不符合 不对口 unrelated
notrelated
"""
_YES: Final = frozenset(_YES_WORDS.split())
_NO: Final = frozenset(_NO_WORDS.split())
_NOTHING: Final = frozenset(_PLAIN_NOTES.split())
_BRACKETS: Final = re.compile(r"(?<=.)\([^()]*\)")
_NONE: Final = frozenset(("", "-", "--", "/", "\\"))


def plain(value: Value) -> str:
    """A cell as a word to compare: without width, white space, unseen characters, case and traditional forms."""
    if isinstance(value, float) and value == int(value):
        value = int(value)
    text = "" if value is None else str(value)
    text = unicodedata.normalize("NFKC", identity.without_unseen(text))
    return headings.simplified("".join(text.split())).casefold()


def standing(value: Value) -> tuple[Standing | None, Literal["known", "unclear", "unknown"]]:
    """What a remark says, and whether that is known, can be read in two ways, or is not understood."""
    remark = plain(value)
    if remark in _NOTHING | _NONE:
        return None, "known"
    remark = remark.strip("()[]【】:;,.。、!*\"'“”")
    words: tuple[tuple[Standing, tuple[str, ...]], ...] = (("disqualified", _DISQUALIFIED), ("absent", _ABSENT))
    for meaning, known in words:
        if remark.startswith(known):
            return meaning, "known"
    negated = False
    for _meaning, known in words:
        for word in known:
            before, there, _after = remark.partition(word)
            if there and not before.endswith(_NOT):
                return None, "unclear"
            negated = negated or bool(there)
    if not negated and _UNCLEAR.search(remark):
        return None, "unclear"
    return None, "known" if negated else "unknown"


def speaks_of_standing(value: Value) -> bool:
    """Whether a cell of a column that is not read holds a word that would count in a remark."""
    if not isinstance(value, str):
        return False
    meaning, known = standing(value)
    return meaning is not None or known == "unclear"


def related(value: Value) -> tuple[bool | None, bool]:
    """Yes, no, or neither; and whether the word is understood."""
    word = _BRACKETS.sub("", plain(value)).strip("[]【】:;,.。、")
    if word in _NONE:
        return None, True
    return True if word in _YES else False if word in _NO else None, word in _YES | _NO
