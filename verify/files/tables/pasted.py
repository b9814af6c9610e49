"""Rows pasted as text: out of a spreadsheet with or without its header, or typed as number and name on a line.

What stands beside the two, a serial, a department, a date, a staff number, is told apart by what it looks like and by
what stands in its column on the other lines. Where two things may be the name, none is taken: a wrong one would count.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from verify.core import qr_text
from verify.files.tables import columns, entries, line_words, titles
from verify.files.tables.data import MAX_ROWS, Listed, Row, SheetRead, listed
from verify.shared.spreadsheet import Limits, Unreadable, cell_name, open_text, without_protection

_SEPARATORS: Final = "\t,;，；|"
_PARTS: Final = re.compile(r"[\t;；|｜,，、:：>→]+|=(?!\s*\")")
_SCRIPTS: Final = re.compile(r"(?<=[\u3400-\U0003ffff])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[\u3400-\U0003ffff])")
_SERIAL: Final = re.compile(r"\s*(?:[(（]\d{1,4}[)）]|\d{1,4}\s*[.．、)）:：](?!\d)|[①-⑳]|[-*•])\s*")
_LATIN: Final = re.compile(r"[A-Za-z][A-Za-z .'’-]*")
_QUOTES: Final = " \"'“”"
_MOST_LINE: Final = 4000


class _Line(msgspec.Struct, frozen=True):
    """What stands on a line, in its order."""

    at: int
    parts: tuple[str, ...]


def read(text: str, limits: Limits) -> Listed:
    """The rows of ``text``, by its header where it has one, else by what each part looks like.

    Rows are counted as lines, from 1. Raises FileRefused and Unreadable.
    """
    found = _by_header(text, limits)
    if found is not None:
        return found
    lines = []
    for at, line in enumerate(text.splitlines(), 1):
        if line.strip() and (parts := _parts(line[:_MOST_LINE])):
            lines.append(_Line(at, parts))
        if len(lines) > MAX_ROWS:
            break
    number, name = _columns(lines)
    return listed("json", tuple(_row(line, number, name) for line in lines))


def _by_header(text: str, limits: Limits) -> Listed | None:
    top = "\n".join(text.splitlines()[: columns.HEADER_ROWS])
    try:
        book = open_text(text, limits, _SEPARATORS)
        sheet = book.sheet(book.sheets[0])
    except Unreadable:
        if any(titles.of(part) for part in re.split(rf"[{_SEPARATORS}\n]", top)):
            raise
        return None  # a quotation mark, among words that have no columns
    found = columns.find(sheet)
    if found is None:
        return None
    rows = tuple(columns.people(sheet, found, 0))
    about = SheetRead(name="", header=found.header, found=len(rows), without=columns.without(sheet, found))
    return Listed(kind="json", rows=rows, sheets=(about,))


def _parts(line: str) -> tuple[str, ...]:
    """What stands on a line, without what numbers it and without the words that name its parts; () for a header."""
    serial = _SERIAL.match(line)
    if serial and any(line_words.number_like(part) for part in _split(line[serial.end() :])):
        line = line[serial.end() :]
    return tuple(part for part in _split(line) if not titles.of(part))


def _split(line: str) -> list[str]:
    bare = line.strip()
    for word in bare.split():
        if qr_text.begins_as_ours(word.strip(",，;；|")):  # a link has marks of its own
            link = word.strip(",，;；|")
            before, _, after = bare.partition(link)
            return [*_split(before), link, *_split(after)]
    if "\t" in bare:
        return [value for part in bare.split("\t") if (value := _value(part))]
    found: list[str] = []
    end = 0
    for part in _PARTS.split(bare):
        between = bare[end : bare.index(part, end)]
        end = bare.index(part, end) + len(part)
        pieces = _by_space(_unquoted(part))
        if found and pieces and "," in between.replace("，", ",") and _LATIN.fullmatch(found[-1] + pieces[0]):
            found[-1] += f", {pieces.pop(0)}"  # Smith, John
        found += pieces
    return found


def _unquoted(part: str) -> str:
    """A part without quotation marks around it, unless they protect it: ="2204"."""
    return part if without_protection(part) != part else part.strip(_QUOTES)


def _value(part: str) -> str:
    """A cell without the word that names it: 姓名：王莉."""
    label, colon, rest = part.replace("：", ":").partition(":")
    return _unquoted(rest if colon and titles.of(label) else part)


def _by_space(part: str) -> list[str]:
    """A part between whose words only white space stands: the number, and what is left beside it.

    Latin words belong together, and so do single Chinese characters (张 三); other Chinese words stand alone.
    """
    if line_words.is_date(part):
        return [part]
    found: list[list[str]] = []
    for word in " ".join(_SCRIPTS.split(part) if not any(c.isspace() for c in part) else [part]).split():
        if found and _belong_together(found[-1], word):
            found[-1].append(word)
        else:
            found.append([word])
    return [" ".join(words) for words in found]


def _belong_together(words: Sequence[str], word: str) -> bool:
    last = words[-1]
    if last.isascii() and word.isascii():
        return not any(c.isdigit() for c in last + word)
    alone = len(word) == 1 or len(words) == len(last) == 1
    return alone and not last.isascii() and not word.isascii()


def _columns(lines: Sequence[_Line]) -> tuple[int | None, int | None]:
    """The columns of number and name, from 0, where all lines have the same number of parts; None where unknown."""
    widths = {len(line.parts) for line in lines}
    if len(lines) < 2 or len(widths) != 1:
        return None, None
    width = widths.pop()
    scores = [sum(line_words.number_like(line.parts[at]) for line in lines) for at in range(width)]
    number = max(range(width), key=scores.__getitem__)
    if not scores[number]:
        return None, None
    likely = [
        at
        for at in range(width)
        if at != number and 2 * sum(_may_be_name(line.parts[at]) for line in lines) > len(lines)
    ]
    if len(likely) > 1 and len(lines) > 2:  # departments and places come again and again
        different = {at: len({line.parts[at] for line in lines}) for at in likely}
        most = [at for at in likely if different[at] == len(lines)]
        likely = most if len(most) == 1 else likely
    return number, likely[0] if len(likely) == 1 else None


def _may_be_name(part: str) -> bool:
    return not any(character.isdigit() for character in part) and not line_words.is_beside(part)


def _row(line: _Line, number_at: int | None, name_at: int | None) -> Row:
    parts = line.parts
    number = parts[number_at] if number_at is not None else max(parts, key=line_words.number_like, default="")
    ours = next((part for part in parts if qr_text.begins_as_ours(part)), None)
    number = ours or number
    if ours is None and not line_words.number_like(number):
        shortened = [part for part in parts if entries.is_shortened(part)]
        digits = [part for part in parts if any(c.isdigit() for c in part) and not line_words.is_date(part)]
        number = next(iter(shortened + digits), "")
    name: str | None
    if name_at is not None:
        name = parts[name_at] if not any(character.isdigit() for character in parts[name_at]) else ""
    else:
        name = _name([part for part in parts if part != number])
    cells = cell_name(line.at, 0), cell_name(line.at, 1)
    if number and name is None:
        return Row(row=line.at, number="", name=None, problem="name_unclear", cell=str(line.at))
    return entries.person(line.at, (cells[0], number or None), (cells[1], name or None))


def _name(parts: Sequence[str]) -> str | None:
    """The part that is the name; empty where none is, None where several may be."""
    words_only = [part for part in parts if not any(character.isdigit() for character in part)]
    for sure in (
        [part for part in words_only if not line_words.is_beside(part)],
        [part for part in words_only if line_words.has_dot(part) and not line_words.is_beside(part)],
        [part for part in words_only if line_words.has_surname(part) and not line_words.is_beside(part)],
    ):
        if len(sure) == 1:
            return sure[0]
    if len(words_only) < 2:
        return words_only[0] if words_only else ""
    return None
