"""What is wrong with a TOML text, in the words of a clerk, with the cure: most slips come from Chinese punctuation."""

import re
from typing import Final

from verify.shared.command import LOCALE, messages

_ = messages(LOCALE)

_FULL_WIDTH: Final = {
    "，": ",", "、": ",", "“": '"', "”": '"', "„": '"', "＂": '"', "‘": "'", "’": "'", "＝": "=", "［": "[", "］": "]",
    "【": "[", "】": "]", "｛": "{", "｝": "}", "＃": "#", "．": ".", "。": ".", "－": "-", "—": "-", "\u3000": " ",
}  # fmt: skip
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')


def told(reason: str, lines: list[str], line: int) -> tuple[int, str]:
    """The line that is wrong and what is wrong with it; ``reason`` and ``line`` are what the parser says."""
    for number in (line, line - 1):
        if not 0 < number <= len(lines):
            continue
        bare = _QUOTED.sub("", lines[number - 1]).partition("#")[0]
        found = [character for character in bare if character in _FULL_WIDTH]
        if found:
            cure = _("{wrong} is a Chinese character: type {right} with the Chinese input switched off")
            return number, cure.format(wrong=found[0], right=_FULL_WIDTH[found[0]].strip() or _("a space"))
    return line, next(
        (words for kind, words in _usual() if re.search(kind, reason)),
        _("no setting can be read here; it is written name = value"),
    )


def _usual() -> tuple[tuple[str, str], ...]:
    """What the parser says, and what a clerk is told."""
    return (
        (r"Expected '=' after a key", _("a setting is written name = value")),
        (r"Illegal character '(\\r)?\\n'", _("a text in quotation marks is not closed on its line")),
        (r"Unclosed array|Unclosed inline table", _("a bracket is not closed, or a comma is missing in it")),
        (r"Unterminated string|Expected \"'\"|Expected '\"'", _("a text in quotation marks is not closed")),
        (r"Unescaped '\\' in a string", _(r"a text with \ in it stands in single quotes: 'C:\folder'")),
        (r"Illegal character|Found invalid character", _("a character that no settings file may hold")),
        (r"Invalid hex value|Unicode scalar", _("after \\u stand four, after \\U eight hex digits of a character")),
        (r"Cannot (declare|overwrite|define|mutate|redefine)|Duplicate", _("this stands in the file twice")),
        (r"Expected newline or end of document", _("too much on one line: each setting has a line of its own")),
        (r"Invalid value", _("a text stands in quotation marks, a number or a date without")),
        (r"Expected '\]", _("a heading is not closed with ] or ]]")),
        (r"Invalid initial character for a key part", _("a name begins with a Latin letter")),
        (r"Invalid date or datetime", _("there is no such date")),
    )


def encoding(data: bytes) -> tuple[int | None, str] | None:
    """The line and what is wrong with the encoding of a file, with the cure; None where it is UTF-8."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data:
        return None, _("saved as UTF-16 (“Unicode”): in the editor, choose Save as and the encoding UTF-8")
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        told = _("not UTF-8 text but probably “ANSI” (GBK): in the editor, choose Save as and the encoding UTF-8")
        return data[: error.start].count(b"\n") + 1, told
    return None
