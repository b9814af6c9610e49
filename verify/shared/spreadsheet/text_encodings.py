"""Bytes to text: UTF-8, UTF-16 with its mark, GB 18030; anything else is refused by its name, a bad byte with its line.

Text in one Chinese encoding often decodes in another without an error, to other characters: what it is must be
judged by what it says. GB 18030 and Big5 both keep their everyday characters in a part of their own (GB 2312 level 1,
rows 16–55; Big5 level 1, lead bytes A4–C6), and real text is mostly made of those.
"""

import codecs
from typing import Final

from verify.shared.spreadsheet.unreadable import Unreadable

_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16's does
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_JUDGED: Final = 1 << 18


def decode(data: bytes) -> tuple[str, str]:
    """The text, and the name of its encoding as Python has it. Raises Unreadable."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            if encoding == "utf-32":
                raise Unreadable("encoding_utf32")
            return _strict(data, encoding), encoding
    if b"\0" in data:
        raise Unreadable("encoding_utf16" if _is_utf16(data[:_JUDGED]) else "not_a_table")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if _mostly_utf8(data[:_JUDGED]):
            raise Unreadable("encoding_bad_byte", _line(data, error.start), "UTF-8") from None
    if _is_big5(data[:_JUDGED]):
        raise Unreadable("encoding_big5")
    text = _strict(data, "gb18030")
    return text, "gb18030"


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "gb18030" and _common(data[:_JUDGED], "gb2312", 0xB0, 0xD7) < 0.4:
            raise Unreadable("encoding_unknown") from None
        before = data[: error.start].decode(encoding, "replace")
        name = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB 18030"}[encoding]
        raise Unreadable("encoding_bad_byte", before.count("\n") + 1, name) from None


def _line(data: bytes, place: int) -> int:
    return data.count(b"\n", 0, place) + 1


def _mostly_utf8(data: bytes) -> bool:
    """Whether there are more whole characters of several bytes than bytes that belong to none."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return sum(character > "\x7f" for character in text) - bad > bad


def _is_utf16(data: bytes) -> bool:
    """Whether it reads as a table in UTF-16: with line ends or separators, and without control characters."""
    for encoding in ("utf-16-le", "utf-16-be"):
        text = data[: len(data) // 2 * 2].decode(encoding, "replace")
        if any(mark in text for mark in "\n,;\t") and not any(c < " " and c not in "\t\r\n" for c in text):
            return True
    return False


def _is_big5(data: bytes) -> bool:
    everyday = _common(data, "big5", 0xA4, 0xC6)
    return everyday > 0.6 and everyday > 1.5 * _common(data, "gb2312", 0xB0, 0xD7)


def _common(data: bytes, encoding: str, first: int, last: int) -> float:
    """The share of everyday characters among all that are not ASCII, were the text in ``encoding``."""
    text = data.decode("gb18030" if encoding == "gb2312" else "cp950", "replace")
    others = [character for character in text if character > "\x7f"]
    everyday = 0
    for character in others:
        try:
            everyday += first <= character.encode(encoding)[0] <= last
        except UnicodeEncodeError:
            continue
    return everyday / len(others) if others else 0.0
