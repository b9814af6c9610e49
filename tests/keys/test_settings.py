"""centre.toml is read strictly: what does not fit is refused with its line and the reason."""

import re
from pathlib import Path

import pytest

from keys.programmes import Published
from signing.centre.centre_toml import Centre
from tests import PROJECT
from verify.shared.toml.settings_file import SettingsRefused, Source

EXAMPLE = PROJECT / "examples" / "centre.toml"


def example(old: str = "", new: str = "") -> Source:
    """The example's settings with one text in it changed."""
    text = EXAMPLE.read_text("utf-8")
    assert old in text
    return Source(text.replace(old, new, 1).encode(), "centre.toml")


def line_of(source: Source, part: str) -> int:
    """The first line that holds ``part``."""
    return next(number for number, line in enumerate(source.text.splitlines(), 1) if part in line)


def test_the_example_gives_the_keyring_its_programmes_issuers_and_host() -> None:
    """examples/centre.toml holds CEM and CAM, both of two issuers, and names its host in a QR code's upper case."""
    settings = Published.read(example())
    assert [programme.code for programme in settings.programme_entries] == ["CEM", "CAM"]
    assert {programme.issuers for programme in settings.programme_entries} == {("centre", "institute")}
    assert [issuer.id for issuer in settings.issuer_entries] == ["centre", "institute"]
    assert settings.host == "VERIFY.EXAMPLE.ORG"


@pytest.mark.parametrize(
    ("old", "new", "bad_line"),
    [
        ('code = "CAM"', 'code = "cam"', 'code = "cam"'),
        ('code = "CAM"', 'code = "CEM"', None),
        ("pass_mark = 90", 'pass_mark = "90"', 'pass_mark = "90"'),
        ("pass_mark = 90", "pass_mark = 151", "pass_mark = 151"),
        ("pass_mark = 90", "passmark = 90", "passmark = 90"),
        ('level = { zh = "高级", en = "Senior" }', 'level = { en = "Senior" }', 'level = { en = "Senior" }'),
        ('issuers = ["centre", "institute"]', 'issuers = ["centre", "nobody"]', '"nobody"'),
        ('issuers = ["centre", "institute"]', "issuers = []", "issuers = []"),
        ('id = "institute"', 'id = "centre"', None),
        ('query_url = "https://', 'query_url = "ftp://', "ftp://"),
        ("verify.example.org", "verify.example.org/q", "example.org/q"),
        ("[[issuers]]", "[[issuers]", "[[issuers]"),
        ("[[issuers]]", "[[issuers]]\nfax = 1", "fax = 1"),
    ],
)
def test_a_bad_setting_is_refused_with_its_line(old: str, new: str, bad_line: str | None) -> None:
    """Wrong values, unknown keys, broken syntax and contradictions each name the line where they stand."""
    source = example(old, new)
    with pytest.raises(SettingsRefused, match=r"^centre\.toml, line \d+: ") as refused:
        Published.read(source)
    if bad_line is not None:
        assert refused.value.line == line_of(source, bad_line)


@pytest.mark.parametrize(
    ("old", "new", "bad_line"),
    [
        ("held_on = 2022-04-23", "held_on = 2022-04-31", "2022-04-31"),
        ("held_on = 2022-04-23", "held_on = 1", "held_on = 1"),
        ('term = "2022-04"', 'term = "2022-13"', '"2022-13"'),
        ('programmes = ["CEM", "CAM"]', 'programmes = ["CEM", "NONE"]', '"NONE"'),
        ('column = "theory", title = { zh = "理论", en', 'column = "fable", title = { zh = "理论", en', "papers = ["),
        ("years = 2", "yeers = 2", "yeers = 2"),
        ("[lists]", "[list]", "[list]"),
    ],
)
def test_the_signing_rooms_settings_are_read_as_strictly(old: str, new: str, bad_line: str) -> None:
    """Exams, rules and lists are refused in the same way, and an unknown table too."""
    source = example(old, new)
    with pytest.raises(SettingsRefused) as refused:
        Centre.read(source)
    wanted = [number for number, line in enumerate(source.text.splitlines(), 1) if bad_line in line]
    assert refused.value.line in wanted


def test_a_file_that_is_not_there_or_no_text_is_refused() -> None:
    """A missing file and bytes that are not UTF-8 are refusals, not errors of the program."""
    with pytest.raises(SettingsRefused, match="no such file"):
        Source.of(Path("/nowhere/centre.toml"))
    with pytest.raises(SettingsRefused, match="line 2: not UTF-8"):
        Source('query_url = "x"\nname = "碳排放"\n'.encode("gb18030"), "centre.toml")


@pytest.mark.parametrize(
    ("query_url", "scheme"),
    [
        ("https://verify.example.org", "https"),
        ("http://verify.example.org", "https"),
        ("http://192.168.1.5:8000", "http"),
        ("http://10.0.0.7", "http"),
        ("http://8.8.8.8", "https"),
        ("https://192.168.1.5:8000", "https"),
    ],
)
def test_only_trials_at_a_private_address_are_without_tls(query_url: str, scheme: str) -> None:
    """A printed code can never be changed: whatever the public opens begins https."""
    source = example('query_url = "https://verify.example.org"', f'query_url = "{query_url}"')
    assert Published.read(source).scheme == scheme


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('a = 1\nb = "x"，\n', 2, "， is a Chinese character: type ,"),
        ("a = “x”\n", 1, '“ is a Chinese character: type "'),
        ("a ＝ 1\n", 1, "type ="),
        ("【lists】\n", 1, "type ["),
        ('a = ["x"、"y"]\n', 1, "type ,"),
        ('a = "中文，标点"\nb = \n', 2, "a text stands in quotation marks"),
        ('a = "x\n', 1, "not closed"),
        ("a = x\n", 1, "quotation marks"),
        ("a\n", 1, "name = value"),
        ("a = 1\na = 2\n", 2, "twice"),
        ('a = "C:\\path"\n', 1, "single quotes"),
        ("a = 2022-02-30\n", 1, "no such date"),
        ("a = 1 b = 2\n", 1, "a line of its own"),
    ],
)
def test_toml_slips_are_told_with_the_cure(text: str, line: int, words: str) -> None:
    """Chinese punctuation and the usual mistakes, by line; what stands in quotation marks is the clerk's own."""
    with pytest.raises(SettingsRefused) as refused:
        Source(text.encode(), "centre.toml").read(dict[str, object])
    assert words in str(refused.value)
    assert refused.value.line == line


@pytest.mark.parametrize(("encoding", "words"), [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("gb18030", "ANSI")])
def test_a_file_saved_in_another_encoding_is_told_with_the_cure(encoding: str, words: str) -> None:
    """By a spreadsheet's or Windows' own editor."""
    with pytest.raises(SettingsRefused, match=words) as refused:
        Source('name = "示例"\n'.encode(encoding), "centre.toml")
    assert "UTF-8" in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("pass_mark = 90", "passmark = 90", "没有这项设置；是否指 pass_mark？"),
        ("pass_mark = 90", 'pass_mark = "90"', "此处应为：不带引号的整数"),
        ("pass_mark = 90", "pass_mark = -1", "此处至少为 0"),
        ('code = "CAM"', 'code = "cam"', "此处的写法如：CEM"),
        ("held_on = 2022-04-23", "held_on = 1", "此处应为：2022-04-23 这样不带引号的日期"),
        ("held_on = 2022-04-23", 'held_on = "23.4.2022"', "此处应为：2022-04-23 这样不带引号的日期"),
        (
            '{ column = "theory", title = { zh = "理论", en',
            '{ column = "fable", title = { zh = "理论", en',
            "此处应为下列之一：practice、score、theory",
        ),
        ('issuers = ["centre", "institute"]', "issuers = []", "不能为空"),
        ('term = "2022-04"', 'term = "2022-13"', "此处的写法如：2022-04、2022-04-2"),
        ("[[issuers]]", "[[issuers]]\nfax = 1", "没有这项设置；此处可以有：id、name"),
        ("[[issuers]]", 'issuer = "\\uXYZ0"\n[[issuers]]', "十六进制"),
        ('"示例人才交流中心"', "1.5", "此处应为：引号中的文字"),
    ],
)
def test_what_is_expected_is_said_in_chinese(monkeypatch: pytest.MonkeyPatch, old: str, new: str, words: str) -> None:
    """No word of the libraries' English is left in a refusal."""
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    with pytest.raises(SettingsRefused) as refused:
        Centre.read(example(old, new))
    assert words in str(refused.value)
    assert re.search(r"Expected|Invalid|Object|regex|`", str(refused.value)) is None
