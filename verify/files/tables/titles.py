"""What columns are called, whatever stands around it: line breaks, slashes, 【必填】, serials, both languages."""

import functools
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, Literal

Wanted = Literal["number", "name"]

NAMES: Final[Mapping[Wanted, Sequence[str]]] = {
    "number": (
        "证书编号", "证书号码", "证书号", "证书代码", "证书编码", "证编号", "编号", "号码", "证号",
        "certificate number", "certificate no", "certificate id", "certificate code", "cert number", "cert no",
        "cert id", "certificate", "number", "no",
    ),
    "name": (
        "姓名", "持证人姓名", "持证人", "持证人员", "获证人员", "员工姓名", "学员姓名", "考生姓名", "职工姓名",
        "人员姓名", "名字", "人名", "name", "full name", "holder", "holder name", "holders name", "name of holder",
        "certificate holder", "employee name", "employee", "staff name",
    ),
}  # fmt: skip
"""The likelier first."""
_ENDINGS: Final[Mapping[Wanted, tuple[str, ...]]] = {
    "number": ("证书编号", "证书号码", "证书号", "certificatenumber", "certificateno"),
    "name": ("姓名",),
}
"""Less likely still: 职业技能证书编号."""
_OTHER: Final = re.compile(
    "毕业|学位|学历|房产|资格证书|驾驶|营业|紧急|联系|父|母|配偶|监护|推荐|审核|填表|经办|负责|领导|单位|部门|公司|关系"
)
"""Somebody else's name, another paper's number."""
_SIMPLER: Final = str.maketrans("證書編號碼稱員獲學職會業發機構單位", "证书编号码称员获学职会业发机构单位")
_BRACKETS: Final = re.compile(r"[(\[{<【〔《〈「『][^)\]}>】〕》〉」』]*(?:[)\]}>】〕》〉」』]|$)")
_SERIAL: Final = re.compile(r"^\s*(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3}|[a-z])\s*[.、．:：)]\s*")
_PLEASE: Final = re.compile(r"请?(?:填写|输入|填)(?:您的|你的)?|必填项?|选填|required|\*")
_PARTS: Final = re.compile(r"[/\\|\n\r,，;；、]+")
_SCRIPTS: Final = re.compile(r"[\u2e80-\U0003ffff]+|[^\u2e80-\U0003ffff]+")
_MOST: Final = 200


def of(title: object) -> list[tuple[Wanted, int]]:
    """What a header may name, with its rank, 0 the likeliest; nothing where it names neither."""
    return _of(title[:_MOST]) if isinstance(title, str) and title.strip() else []


@functools.lru_cache(maxsize=1 << 12)
def _of(title: str) -> list[tuple[Wanted, int]]:
    text = unicodedata.normalize("NFKC", title).casefold().translate(_SIMPLER)
    text = _PLEASE.sub(" ", _SERIAL.sub("", _BRACKETS.sub(" ", text).strip()))
    pieces = [piece for part in _PARTS.split(text) for piece in _SCRIPTS.findall(part)]
    keys = [key for piece in [text, *pieces] if (key := _bare(piece))]
    return [(wanted, rank) for wanted in NAMES if (rank := _rank(wanted, keys)) is not None]


def _rank(wanted: Wanted, keys: Sequence[str]) -> int | None:
    """The rank of a title that is whole, or whose pieces all name the same."""
    if not keys:
        return None
    whole, pieces = keys[0], keys[1:]
    ranks = _RANKS[wanted]
    if whole in ranks:
        return ranks[whole]
    if pieces and all(piece in ranks for piece in pieces):
        return min(ranks[piece] for piece in pieces)
    if whole.endswith(_ENDINGS[wanted]) and not _OTHER.search(whole):
        return len(ranks)
    return None


def _bare(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


_RANKS: Final = {wanted: {_bare(name): rank for rank, name in enumerate(names)} for wanted, names in NAMES.items()}
