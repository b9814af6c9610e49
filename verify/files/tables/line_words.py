"""What a word of a pasted line looks like: a certificate's number, a date, or something that stands beside a name."""

import datetime
import functools
import re
import unicodedata
from typing import Final

from verify.core.identity import resident_fault
from verify.files.tables.data import MAX_TEXT

_DATE: Final = re.compile(
    r"(?:19|20)\d\d(?:[-./年]\d{1,2}(?:[-./月]\d{1,2}日?)?|月)?(?:\s+\d{1,2}:\d\d(?::\d\d)?)?"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|\d{1,2}[-./月]\d{1,2}日?(?:[-./]\d{2,4})?|\d{1,2}:\d\d(?::\d\d)?"
)
_MOBILE: Final = re.compile(r"(?:\+?86)?1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
_ENDINGS: Final = (
    "部", "处", "科", "室", "组", "中心", "公司", "厂", "局", "院", "办", "车间", "集团", "学校", "大学", "学院",
    "事业部", "班组", "团队", "支队", "分部", "总部", "基地", "工区", "项目部", "有限责任公司", "经理", "工程师",
    "主任", "主管", "专员", "助理", "总监", "董事长", "会计", "管理师", "管理员", "技术员", "核查员", "监测员",
    "核算员", "交易员", "咨询员", "省", "市", "区", "县",
)  # fmt: skip
_LATIN_ENDINGS: Final = (
    "department", "dept", "office", "team", "ltd", "inc", "co", "llc", "division", "branch", "company", "manager",
    "engineer",
)  # fmt: skip
_BESIDE: Final = frozenset((
    "男", "女", "是", "否", "有", "无", "合格", "不合格", "通过", "未通过", "有效", "无效", "在职", "离职", "退休",
    "优秀", "良好", "良", "优", "中", "差", "及格", "不及格", "高级", "中级", "初级", "本科", "大专", "专科", "中专",
    "高中", "硕士", "博士", "研究生", "学士", "汉族", "回族", "维吾尔族", "蒙古族", "藏族", "壮族", "满族", "党员",
    "团员", "群众", "已婚", "未婚", "人事", "财务", "行政", "研发", "销售", "市场", "生产", "采购", "技术", "质量",
    "法务", "male", "female", "m", "f", "yes", "no", "pass", "passed", "valid", "hr", "senior", "junior", "it", "ok",
    "n/a", "na", "null", "none",
))  # fmt: skip
_OTHER_PAPERS: Final = re.compile(r"[\w.+-]+@[\w.-]+|https?:.*", re.IGNORECASE)


@functools.lru_cache(maxsize=1 << 12)
def plain(word: str) -> str:
    """A word as it is compared; of a long one its beginning."""
    return unicodedata.normalize("NFKC", word[:MAX_TEXT]).strip().casefold()


def is_date(word: str) -> bool:
    """Whether a word is a day, a year, or a time of day."""
    return _DATE.fullmatch(plain(word).replace(" ", "")) is not None or _DATE.fullmatch(plain(word)) is not None


def number_like(word: str) -> int:
    """How much a word looks like a certificate's number: 0 not at all; letters beside digits, and length, count."""
    text = "".join(plain(word).split())
    digits = sum(character.isdigit() for character in text)
    if digits < 3 or not text.isascii() or is_date(word) or _MOBILE.fullmatch(text) or _OTHER_PAPERS.fullmatch(text):
        return 0
    if len(text) == 18 and resident_fault(text.upper(), datetime.date.max) is None:
        return 0
    bare = "".join(character for character in text if character.isalnum())
    if len(bare) < len(text) - 6:
        return 0
    return min(len(bare), 30) + (8 if not bare.isdigit() else 0)


def is_beside(word: str) -> bool:
    """Whether a word is of those that stand beside names: a department, a post, a sex, a result, a place."""
    text = plain(word).rstrip(".")
    if text in _BESIDE or _OTHER_PAPERS.fullmatch(text):
        return True
    return (len(text) > 1 and text.endswith(_ENDINGS)) or text.split(" ")[-1] in _LATIN_ENDINGS


def has_dot(word: str) -> bool:
    """Whether a word has the dot of minority names."""
    return any(dot in word.strip() for dot in "·•・‧⋅∙．")


def has_surname(word: str) -> bool:
    """Whether a word is two to four Chinese characters of which the first is a common surname."""
    text = "".join(word.split())
    return 2 <= len(text) <= 4 and not text.isascii() and (text[0] in _SURNAMES or text[:2] in _DOUBLE_SURNAMES)


_SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢"
    "姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
    "汤康易乔赖文施洪辛柯庄殷齐翟葛聂章鲁倪樊耿詹欧焦俞鲍柳骆左祁伍涂管霍靳包尚舒纪纵辜盛池刁单柴米娄翁解"
    "童梅穆褚甘阎季房裴阮路车项祝温喻柏古谷华连毕费席牛卫凌宁关屈蒲岳曲苗宫仇"
)
_DOUBLE_SURNAMES: Final = frozenset(
    ("欧阳", "上官", "司马", "诸葛", "司徒", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "端木")
)
