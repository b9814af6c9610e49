"""Names, numbers and words in every writing that reached an office: put right and said, told, or refused."""

import datetime
from typing import Any

import pytest

from signing.workbook import cell_texts, corrections, headers, words
from signing.workbook.judged import Finding
from verify.core import tables
from verify.shared.spreadsheet import Formatted, headings

TODAY = datetime.date(2026, 11, 26)


def codes(found: list[Finding]) -> list[str]:
    """The codes of what was found."""
    return [finding.code for finding in found]


@pytest.mark.parametrize(
    "unseen", [*sorted(tables.UNSEEN)[:24], *"\u200b\u200d\u2060\ufeff\u00ad\u061c\u180e\U000e0041"]
)
def test_what_nobody_sees_is_taken_out_of_a_name(unseen: str) -> None:
    """Before, inside and behind; and of a name of nothing else nothing is left."""
    for typed in (f"{unseen}王芳", f"王{unseen}芳", f"王芳{unseen}{unseen}"):
        kept, found = corrections.name(typed)
        assert (kept, codes(found)) == ("王芳", ["name_control"])
    assert codes(corrections.name(unseen * 3)[1]) == ["name_missing"]
    key, found = corrections.id_number("resident", f"990101{unseen}199002281232", TODAY)
    assert (key, codes(found)) == ("990101199002281232", ["id_writing"])


@pytest.mark.parametrize(
    ("typed", "kept", "code"),
    [
        ("⽅兰", "方兰", "radicals"), ("⻢超", "马超", "radicals"), ("⼠⼈", "士人", "radicals"), ("⿓云", "龍云",
        "radicals"),
        ("爱新觉罗&middot;玄烨", "爱新觉罗·玄烨", "references"), ("李&#19886;", "李䶮", "references"),
        ("李&#x4DAE;", "李䶮", "references"), ("李&amp;#19886;", "李䶮", "references"), ("O&apos;Brien", "O'Brien",
        "references"),
        ("'张三", "张三", "protected"), ("`李四", "李四", "protected"), ("‘张三’", "张三", "protected"), ('="张三"',
        "张三", "protected"),
        ("＇张三", "张三", "protected"), ("阿●买", "阿·买", "name_dot"), ("阿。买", "阿·买", "name_dot"), ("阿˙买",
        "阿·买", "name_dot"),
        ("张\u2028三", "张三", "name_inner_space"), ("张\r三", "张三", "name_inner_space"),
    ],
)  # fmt: skip
def test_what_came_with_a_name_on_its_way_is_undone_and_said(typed: str, kept: str, code: str) -> None:
    """Radicals of PDFs, references of web pages, marks of spreadsheets, dots of other keyboards."""
    name, found = corrections.name(typed)
    assert (name, codes(found)) == (kept, [code])
    assert all(finding.corrects for finding in found)


@pytest.mark.parametrize(
    ("typed", "code"),
    [(name, "name_lost") for name in (
        "锟斤拷", "烫烫烫", "屯屯", "鐜嬫槑", "寮犱笁", "娆ч槼濞滃", "濮氭槑", "å¼ ä¸‰", "ÕÅÈý", "王\u0300明",
        "王?", "张？三", "陈□", "陈■", "陈▯", "张△", "张○○", "张☆", "陈〓", "张*三", "张＊＊", "钱_", "赵⿰石羡",
        "王㇐", "孙(石羡)", "周（大）",
        "张×三", "张™", "😀张", "张三/李四", "张三、李四", "“张三”", "《张三》", "张三，", "张三。", "·阿买",
        "阿··买", "张#三", "张<三", "王&芳",
    )] + [(name, "name_placeholder") for name in (
        "NULL", "null ", "None", "nan", "N/A", "#N/A", "#REF!", "undefined", "0", "???", "□□", "无", "空", "同上",
        "待定", "未知", "姓名", "某某",
        "合计", "总计", "TRUE", "测试", "〇〇", "（空）", "/", "…", "name",
    )] + [(name, "name_formula") for name in ("＠张三", "－张三", "=张三", "+8613800000000")]
    + [(name, "name_unknown_character") for name in ("张\ue000", "张\ufffd", "\U000f0000张", "张&#0;", "张\u0378")],
)  # fmt: skip
def test_a_name_that_lost_characters_or_is_none_is_refused(typed: str, code: str) -> None:
    """Whatever stands in place of what could not be written."""
    name, found = corrections.name(typed)
    assert name is None
    assert [finding.code for finding in found if finding.refuses] == [code]


@pytest.mark.parametrize(
    "typed", ["张O", "陈X", "张0", "李二2", "共3人", "丽", "张某某", "Raj a/l Kumar", "Ng Ah Hock @ Bob", "Anna (Lee)"]
)
def test_a_name_that_is_seldom_right_is_taken_and_told(typed: str) -> None:
    """It may be one: the office looks at it."""
    name, found = corrections.name(typed)
    assert (name, codes(found)) == (typed, ["name_unusual"])


@pytest.mark.parametrize(
    "typed",
    ["O`Brien", "O´Brien", "D’Angelo", "Jean-Luc Picard", "Smith, John", "J. R. R. Tolkien", "佐々木", "山田ー郎",
    "王〇", "Мария", "محمد", "김철수",
     "Nguyễn Văn A", "Mu\u0308ller", "𰻝𰻝", "张\U00031350", "ＡＮＮＡ", "买买提·吐尔逊江", "ﾔﾏﾀﾞ"],
)  # fmt: skip
def test_names_of_all_peoples_are_taken_as_they_are(typed: str) -> None:
    """Letters of every script, also those that Unicode gained after this Python."""
    assert corrections.name(typed) == (typed, [])


@pytest.mark.parametrize(
    ("word", "kind"),
    [*tables.ID_TYPE_WORDS.items(), ("身份證", "resident"), ("護照", "passport"), ("居民身份证（二代）", "resident"),
     ("护照/Passport", "passport"), ("Passport", "passport"), ("hk_macau_permit", "hk_macau_permit"), ("臺胞證",
     "taiwan_permit"),
     ("外国人永久居留身份证\n(五星卡)", "resident")],
)  # fmt: skip
def test_id_types_by_their_official_names(word: str, kind: str) -> None:
    """Of the tables, in traditional characters, with something in brackets, in two languages."""
    assert corrections.id_type(word) == (kind, [])


@pytest.mark.parametrize(
    ("kind", "typed", "code"),
    [
        ("passport", "无", "id_form"), ("passport", "NULL", "id_form"), ("passport", "000000", "id_form"),
        ("passport", "E123****7", "id_form"),
        ("passport", "E1234567?", "id_form"), ("passport", "同上", "id_form"), ("passport", "-", "id_missing"),
        ("passport", True, "id_form"),
        ("passport", "12345678.0", "id_form"), ("passport", "1.23E+08", "id_digits_lost"), ("passport",
        "=E12345678", "id_form"),
        ("passport", datetime.date(2022, 4, 23), "id_form"), ("resident", "990101199002281232.0", "id_length"),
        ("resident", "9901011990****1232", "id_length"), ("resident", "#990101199002281232", "id_length"),
        ("resident", "9.90101199002281e17", "id_digits_lost"), ("resident", "CHN310080013201", "id_date"),
        ("resident", 1.5, "id_form"),
    ],
)  # fmt: skip
def test_what_is_no_id_number_is_refused(kind: str, typed: Any, code: str) -> None:
    """Words, masks, marks, lost digits, dates and yes or no."""
    key, found = corrections.id_number(kind, typed, TODAY)
    assert key is None
    assert codes(found)[-1] == code


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("00123", "00123"), ("'00123", "00123"), ('="00123"', "00123"), ("ZB-0001", "ZB0001"), ("ＺＢ　００１",
        "ZB001"), (12345, "12345"),
        (12345.0, "12345"), ("ZB\u20600001", "ZB0001"), ("&#90;B0001", "ZB0001"), ("ABCD", "ABCD"),
        ("NULL", None), ("none", None), ("0000", None), ("无", None), (True, None), (12345.5, None), (1e16, None),
        (-12345, None),
        ("1.2E+05", None), ("123.0", None), (datetime.date(2022, 4, 23), None), (datetime.time(6), None),
        ("CEM2204000001I", None),
    ],
)  # fmt: skip
def test_a_centres_own_number_is_what_stands_there_or_refused(typed: Any, number: str | None) -> None:
    """Days, yes and no, words of programs and what lost digits are no numbers."""
    kept, found = corrections.own_number(typed, ["CEM"])
    assert kept == number
    assert any(finding.refuses for finding in found) is (number is None)
    assert bool(found) is (kept != typed)


@pytest.mark.parametrize(
    ("remark", "meaning"),
    [(word, "absent") for word in ("缺考", "缺 考", "缺席", "未参加考试", "弃考", "棄考", "旷考", "Absent",
    "no show", "did not attend", "（缺考）")]
    + [(word, "disqualified") for word in ("违纪", "違紀", "作弊", "舞弊", "替考", "取消考试资格", "成绩无效",
    "违反考场纪律",
    "Cheating", "【违纪】", "违纪：手机")]
    + [(word, "known") for word in ("", "无", "-", "/", "正常", "合格", "优秀", "无违纪", "未作弊", "没有违规行为",
    "not absent", None)]
    + [(word, "unknown") for word in ("补考", "缓考", "迟到", "零分处理", "不合格", "*", "??", 1, True,
    datetime.date(2022, 4, 23))]
    + [(word, "unclear") for word in ("疑似作弊", "上次缺考", "理论缺考", "考试违纪", "取消", "缺理论",
    "缺一门", "处分期内")],
)  # fmt: skip
def test_remarks_are_understood_or_said_to_be_not(remark: Any, meaning: str) -> None:
    """Nothing that might bar somebody passes as nothing without a word."""
    standing, known = words.standing(remark)
    assert (standing or known) == meaning


@pytest.mark.parametrize(
    ("word", "expected"),
    [(w, (True, True)) for w in ("是", "√", "✔", "对口", "Y", "true", "1", 1, 1.0, True, "相關", "是（相关）",
    "是。")]
    + [(w, (False, True)) for w in ("否", "×", "✗", "不相关", "无关", "N", 0, False, "不对口")]
    + [(w, (None, True)) for w in (None, "", " ", "-", "/")]
    + [(w, (None, False)) for w in ("可能", "基本相关", "环境工程", "R", 2)],
)  # fmt: skip
def test_yes_and_no_are_understood_or_said_to_be_not(word: Any, expected: tuple[bool | None, bool]) -> None:
    """In words, signs and numbers."""
    assert words.related(word) == expected


@pytest.mark.parametrize(
    ("shown", "value", "same"),
    [
        ("95.00", 95, True), ("95分", 95, True), ("总分95", 95, True), ("1,234.50", 1234.5, True), ("9.50E+01", 95,
        True), ("+95", 95, True),
        ("90", 89.6, False), ("90.0", 89.96, False), ("95%", 0.95, False), ("", 0, False), ("合格", 95, False),
        (None, 95, False),
        ("95/150", 95, False), ("(95)", -95, False), ("五", 5, False), ("1235", 1234567, False),
    ],
)  # fmt: skip
def test_a_quantity_counts_where_people_see_that_number(shown: str | None, value: float, same: bool) -> None:
    """Whatever stands around it; rounded, hidden, scaled or in words it is refused."""
    taken, found = cell_texts._cell("score", Formatted(value, shown))
    assert (taken == value, any(finding.refuses for finding in found)) == (same, not same)
    for column in set(headers.COLUMNS) - {*cell_texts.QUANTITIES, "admission"}:
        assert cell_texts._cell(column, Formatted(value, shown))[1][0].refuses
    if shown:
        admission, said = cell_texts._cell("admission", Formatted(value, shown))
        assert (admission, codes(said)) == (shown, ["shown_taken"])


@pytest.mark.parametrize(
    "heading",
    ["姓名", "姓 名", "姓\n名", "姓名\n(必填)", "1、姓名", "1.姓名", "①姓名", "(1)姓名", "一、姓名", "【必填】姓名",
    "*姓名", "姓名（必填）", "姓名〔必填〕",
     "姓名/Name", "Name/姓名", "姓名 Name", "姓名\nName", "姓名|Name", "'姓名", '="姓名"', "姓\u200b名", "【姓名】",
     "姓名：", "姓名 (未关"],
)  # fmt: skip
def test_a_heading_is_known_in_every_writing(heading: str) -> None:
    """Line breaks, slashes, brackets, serial numbers, stars, two languages."""
    assert "姓名" in headings.keys(heading)[:1]
    assert headers.column_of(heading) == "name"


@pytest.mark.parametrize(
    "typed",
    ["买买提ㆍ吐尔逊", "王А", "王Ａ", "王ㄅ", "김王", "王莉先生", "王莉女士", "王莉1", "王٣"],
)
def test_a_name_of_two_writings_or_with_a_title_is_taken_with_a_word(typed: str) -> None:
    """A Korean vowel looks like a dot and a Cyrillic letter like a Latin one: somebody is to look."""
    name, found = corrections.name(typed)
    assert (name, codes(found)) == (typed, ["name_unusual"])


@pytest.mark.parametrize("typed", ["佐佐木々子", "王さくら", "李〇", "𠮷田", "\U00031350王", "王先", "张同"])
def test_other_names_are_taken_without_one(typed: str) -> None:
    """The mark of repetition, the zero of names, and planes of ideographs that this Python does not know."""
    assert corrections.name(typed) == (typed, [])
