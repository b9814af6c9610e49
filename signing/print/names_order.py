"""Names in the order of a dictionary: by pinyin, with the readings that surnames have."""

import unicodedata
from collections.abc import Iterable
from typing import Final, TypeVar

from pypinyin import Style, lazy_pinyin

T = TypeVar("T")

_TABLE: Final = """
单=shan4 曾=zeng1 仇=qiu2 解=xie4 查=zha1 任=ren2 区=ou1 盖=ge3 朴=piao2 翟=zhai2 员=yun4 乐=yue4 种=chong2
秘=bi4 冼=xian3 洗=xian3 折=she2 黑=he4 缪=miao4 逄=pang2 纪=ji3 宁=ning4 华=hua4 燕=yan1 那=na1 覃=qin2
尉=wei4 长=chang2 繁=po2 撒=sa4 葛=ge3 冯=feng2 贾=jia3 石=shi2 沈=shen3 召=shao4 訾=zi1 车=che1 隗=wei3
祭=zhai4 幺=yao1 么=yao1 哈=ha3 适=kuo4 句=gou1 阚=kan4 牟=mu4 柏=bai3 薄=bo2 卜=bu3 都=du1 郇=xun2 晟=cheng2
粘=nian2 藏=zang1 贠=yun4 佴=nai4 乜=nie4 炅=gui4 能=nai4
尉迟=yu4,chi2 万俟=mo4,qi2 长孙=zhang3,sun1 令狐=ling2,hu2 澹台=tan2,tai2 鲜于=xian1,yu2 单于=chan2,yu2
宗政=zong1,zheng4 濮阳=pu2,yang2 皇甫=huang2,fu3 夏侯=xia4,hou2 诸葛=zhu1,ge3 上官=shang4,guan1
欧阳=ou1,yang2 司马=si1,ma3 司徒=si1,tu2 公孙=gong1,sun1 慕容=mu4,rong2 呼延=hu1,yan2 拓跋=tuo4,ba2
"""
_SURNAMES: Final = dict(pair.split("=") for pair in _TABLE.split())
"""Surnames that are read otherwise than the character mostly is, and surnames of two characters."""


def _readings(name: str) -> list[str]:
    """The name's syllables, tone last (``shan4``); what is not Chinese stands as it is."""
    for length in (2, 1):
        surname = name[:length]
        if len(name) > length and surname in _SURNAMES:
            return [*_SURNAMES[surname].split(","), *_plain(name[length:])]
    return _plain(name)


def _plain(text: str) -> list[str]:
    return lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True)


def _key(name: str) -> tuple[tuple[tuple[str, str], ...], str]:
    # Letters before tones, as dictionaries have it, and a shorter name before the longer that begins with it.
    syllables = ((part.rstrip("12345"), part[-1:]) for part in _readings(_folded(name)))
    return tuple(syllables), name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def by_pinyin(rows: Iterable[tuple[str, T]]) -> list[T]:
    """What stands beside each name, in the order of the names' pinyin; Latin names among them by their letters."""
    return [row for _name, row in sorted(rows, key=lambda pair: _key(pair[0]))]
