"""Signs that characters of a name were lost on the way here, and words that stand where a name is missing."""

import codecs
import re
import unicodedata
from typing import Final

from signing.messages import _
from verify.core import tables

_WORDS: Final = """
null none nil nan na n/a undefined unknown empty blank tbd tba test name fullname true false ditto x xx xxx #n/a
#value! #ref! #name? #null! #num! #div/0! #spill! #calc! #getting_data 无 空 缺 略 同上 暂无 未知 不详 未填 未填写
没有 待定 待补 待补充 待确认 待核实 空白 无名 匿名 佚名 某 某某 某某某 无此人 查无此人 姓名 名字 考生姓名 学员姓名
测试 示例 合计 总计 小计 共计 已删除 删除 作废 〃 ″ ×× ×××
"""
_PLACEHOLDERS: Final = frozenset(_WORDS.split())
_STROKES: Final = range(0x31C0, 0x31F0)
_LOST: Final = "?？�*＊_＿#＃<>"
_USUAL: Final = " ·-‐‑–.," + tables.APOSTROPHES + "'"
_LOST_IN_GBK: Final = ("锟斤", "斤拷", "拷锟", "烫烫", "屯屯")
"""U+FFFD in UTF-8, and memory that was never written, both read as GBK."""
_NEW_HAN: Final = range(0x20000, 0x40000)
"""Planes of ideographs, of which Unicode gains more than a Python knows."""
_OF_LATIN_NAMES: Final = "/()@&"
"""As in “Raj a/l Kumar” or “Ng Ah Hock @ Bob”; in a Chinese name they stand for what could not be typed."""
_OF_HAN_NAMES: Final = re.compile("[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Ideographs, their marks, and the kana that stand beside them in Japanese names."""
_ADDRESSES: Final = ("先生", "女士", "小姐", "同学", "老师", "同志")
_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def placeholder(text: str) -> bool:
    """Whether a text says that there is nothing, or only that something belongs here."""
    bare = "".join(unicodedata.normalize("NFKC", text).split()).casefold()
    bare = bare.strip('()[]<>{}【】〔〕«»"“”')
    return bare in _PLACEHOLDERS or not any(character.isalpha() for character in bare)


def no_number(number: str) -> bool:
    """Whether a number in its normal form is a word of programs or zeros alone."""
    return number.casefold() in _PLACEHOLDERS or not number.strip("0")


def sign(text: str) -> str | None:
    """The first character of a name that says that others were lost, None where none does."""
    chinese = _HAN.search(text)
    allowed = _USUAL if chinese else _USUAL + _OF_LATIN_NAMES
    for character in text:
        point, category = ord(character), unicodedata.category(character)
        if character in allowed or character == "〇":
            continue
        if (
            character in _LOST
            or point in _STROKES
            or (chinese and category[0] == "M")
            or (category[0] in "PSC" and not (category == "Cn" and point in _NEW_HAN))
        ):
            return character
    # What became a dot and parts no names: a blot, or the full stop of a sentence.
    return "·" if text.startswith("·") or text.endswith("·") or "··" in text else None


def misread(text: str) -> str | None:
    """What a name says whose bytes were read in another encoding than they were written in, None where they were not.

    UTF-8 read as GB 18030 (鐜嬫槑 for 王明), or either read as Latin; "" where it is known to be lost (锟斤拷).
    """
    if any(sign in text for sign in _LOST_IN_GBK):
        return ""
    if text.isascii() or any(character.isascii() and character.isalpha() for character in text):
        return None
    for read, written in (("gb18030", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "utf-8"), ("latin-1", "gb18030")):
        try:
            # What was cut at the end of a name does not count.
            meant = codecs.getincrementaldecoder(written)().decode(text.encode(read))
        except UnicodeError:
            continue
        han = all("\u4e00" <= character <= "\u9fff" for character in meant)
        # The one surname of these rows of GB 2312. What 姚, 姜 and 姬 become begins like it; no common name goes on so.
        if len(meant) > 1 and han and (text[0] != "濮" or meant[0] in "姚姜姬"):
            return meant
    return None


def unusual(text: str) -> str | None:
    """What of a name is seldom right, in words; None for nothing. The name is taken all the same."""
    odd = next((c for c in text if c not in _USUAL and unicodedata.category(c)[0] not in "LMZ"
                and not _HAN.match(c) and c != "〇"), None)  # fmt: skip
    if odd is not None:
        return _("The name holds U+{:04X}, which names seldom do: please look.").format(ord(odd))
    if _HAN.search(text):
        if any(character.isascii() and character.isalpha() for character in text):
            return _("The name holds Chinese and Latin letters: please look.")
        if any(character.isalpha() and not _OF_HAN_NAMES.match(character) for character in text):
            return _("The name holds Chinese and other letters: please look.")
        if len(text) == 1:
            return _("The name is a single character: please look.")
        if text.endswith("某"):
            return _("The name ends with 某, as names do that are not told: please look.")
        if len(text) > 2 and text.endswith(_ADDRESSES):
            return _("The name ends with a form of address: please look.")
    return None
