"""Headings as offices write them: what of a heading says which column it is.

Left out are line breaks and white space, serial numbers before it (``1、姓名``), stars and marks, what stands in
brackets (``【必填】姓名``), and of one in two languages (``姓名/Name``) all but the Chinese; traditional characters
count as the simplified ones.
"""

import re
import unicodedata
from typing import Final

from verify.core import identity
from verify.shared.spreadsheet.protection import off

_TRADITIONAL: Final = (
    "證號類別學歷專業關從時報書論實務績備註編準總數碼課單職業員項級區種課違紀無棄規參貼讀聯繫電話歲齡師範碩護國際臺灣澳門陸發頒檢驗與",
    "证号类别学历专业关从时报书论实务绩备注编准总数码课单职业员项级区种课违纪无弃规参贴读联系电话岁龄师范硕护国际台湾澳门陆发颁检验与",
)
_SIMPLIFIED: Final = str.maketrans(*_TRADITIONAL)
_SERIAL: Final = re.compile(
    r"\s*(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3})\s*[、.:)]\s*|\s*[(][0-9一二三四五六七八九十]{1,3}[)]\s*"
)
_CIRCLED: Final = re.compile("^[\\s]*[\u2460-\u249b\u2776-\u2793]")
_BRACKETS: Final = re.compile(
    r"\(([^()]*)\)|\[([^\[\]]*)\]|【([^【】]*)】|〔([^〔〕]*)〕|<([^<>]*)>|《([^《》]*)》|\{([^{}]*)\}|「([^「」]*)」"
)
_PARTS: Final = re.compile(r"[/|\\\n\r;]+|\s{2,}")
_HAN: Final = re.compile("[\u3400-\u9fff]")
_NOISE: Final = re.compile(r"[\s|\\_*:\-·.。,、'\"?!+#~\u2605\u2606\u25cf\u25a0\u25c6\u203b]+")
_MOST: Final = 200


def simplified(text: str) -> str:
    """``text`` with the traditional characters of this trade's words as simplified ones."""
    return text.translate(_SIMPLIFIED)


def keys(value: object, *, bracketed: bool = False) -> tuple[str, ...]:
    """What a heading may be compared by, the likeliest first; none for what is no heading.

    ``bracketed``: what its brackets hold alone.
    """
    if not isinstance(value, str) or len(value) > _MOST:
        return ()
    text = identity.without_unseen(off(value))
    text = simplified(unicodedata.normalize("NFKC", identity.to_ideographs(_CIRCLED.sub("", text))).casefold())
    if serial := _SERIAL.match(text):
        text = text[serial.end() :]
    inside: list[str] = []

    def bracket(found: re.Match[str]) -> str:
        inside.extend(part for part in found.groups() if part)
        return " "

    outside = _BRACKETS.sub(bracket, text)
    outside = re.split(r"[(\[【〔<《{「]", outside)[0] or outside  # a bracket that is never closed
    for texts in (inside,) if bracketed else ([outside], inside):
        if found := _of(texts):
            return found
    return ()


def _of(texts: list[str]) -> tuple[str, ...]:
    parts = [part for text in texts for part in (text, *_PARTS.split(text))]
    found = []
    for part in parts:
        # In two languages, the Chinese one decides.
        chinese = re.sub(r"[a-z][a-z ._'-]*", "", part) if _HAN.search(part) else part
        if key := _NOISE.sub("", chinese).replace("/", ""):
            found.append(key)
    han = [key for key in found if _HAN.search(key)]
    return tuple(dict.fromkeys(han or found))
