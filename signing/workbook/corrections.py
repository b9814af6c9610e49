"""Names, ID numbers and certificate numbers as people type them: what is put right, and what is refused.

Only the corrections of 3-interfaces, Workbook, are made, and each is said; what is left is registered and signed
byte for byte. No finding holds a name or an ID number.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

import msgspec

from signing.messages import _
from signing.workbook.headers import Column
from signing.workbook.sheets import Value
from verify.core import identity, tables
from verify.core.certificate import MAX_NAME, has_default_shape, normal_number

_DOTS: Final = str.maketrans(dict.fromkeys(tables.MIDDLE_DOTS.replace(".", ""), "·"))
_HAN: Final = re.compile("[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_NEXT_TO_HAN: Final = re.compile(rf"(?<=[·{_HAN.pattern[1:-1]}])\s+|\s+(?=[·{_HAN.pattern[1:-1]}])")
_LOST: Final = re.compile(r"[0-9]([.][0-9]+)?[eE][+]?[0-9]{1,2}")
_ID_TEXT: Final = re.compile(r"[\w()/]{1,32}")
_ID_TYPES: Final[dict[str, str]] = tables.ID_TYPE_WORDS | {word: word for word in tables.ID_TYPES}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One remark on one row: a correction, a refusal, or what decided the outcome."""

    column: Column | None
    code: str
    message: str
    refuses: bool = False
    corrects: bool = False


def _refused(column: Column, code: str, message: str) -> Finding:
    return Finding(column=column, code=code, message=message, refuses=True)


def _corrected(column: Column, code: str, message: str) -> Finding:
    return Finding(column=column, code=code, message=message, corrects=True)


def name(value: Value, formula: bool = False) -> tuple[str | None, list[Finding]]:
    """The name to register, and what was found; None where the row is refused for it."""
    if value is None:
        if formula:
            return None, [_refused("name", "name_formula", _("A formula stands in place of the name."))]
        return None, [_refused("name", "name_missing", _("There is no name."))]
    if not isinstance(value, str):
        return None, [_refused("name", "name_not_text", _("The name is not a text."))]
    kept, found = _tidied(value)
    if fault := _name_fault(kept):
        return None, [_refused("name", *fault)]
    return kept, found


def _tidied(value: str) -> tuple[str, list[Finding]]:
    """``value`` with every correction made that a name may need."""
    found: list[Finding] = []

    def step(before: str, after: str, code: str, message: str) -> str:
        if after != before:
            found.append(_corrected("name", code, message))
        return after

    text = step(value, identity.to_unicode(value), "name_private_use",
                _("Characters of an old font were put in their Unicode places."))  # fmt: skip
    visible = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf"))
    text = step(text, visible, "name_control", _("Invisible characters were taken out."))
    text = step(text, text.strip(), "name_outer_space", _("White space around the name was taken out."))
    dotted = text.translate(_DOTS)
    if _HAN.search(text):
        dotted = dotted.replace(".", "·")
    text = step(text, dotted, "name_dot", _("The dot in the name was made the standard one (U+00B7)."))
    return (
        step(text, _NEXT_TO_HAN.sub("", text), "name_inner_space", _("White space inside the name was taken out.")),
        found,
    )


def _name_fault(text: str) -> tuple[str, str] | None:
    """Code and message of what is wrong with a name after every correction."""
    if not text:
        return "name_missing", _("There is no name.")
    if len(text) > MAX_NAME:
        return "name_too_long", _("The name has more than {} characters.").format(MAX_NAME)
    if unicodedata.normalize("NFKC", text)[0] in "=+-@":
        return "name_formula", _("The name begins with = + - or @, as a formula does.")
    unknown = next((c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs") or c == "\ufffd"), None)
    if unknown is not None:
        return "name_unknown_character", _("A character of the name has no known meaning (U+{:04X}).").format(
            ord(unknown)
        )
    return None


def id_type(value: Value) -> tuple[str | None, list[Finding]]:
    """The ID type that a workbook's word means; the resident identity card where it says nothing."""
    if value is None:
        return "resident", []
    word = _ID_TYPES.get("".join(unicodedata.normalize("NFKC", str(value)).split()).casefold())
    if word is None:
        words = "、".join(map(tables.usual_word, tables.ID_TYPES))
        message = _("This type of ID is not known; one of these is wanted: {}.").format(words)
        return None, [_refused("id_type", "id_type_unknown", message)]
    return word, []


def id_number(kind: str, value: Value, today: datetime.date) -> tuple[str | None, list[Finding]]:
    """The ID key of a document of type ``kind``, and what was found; None where the row is refused for it."""
    lost = _refused(
        "id_number",
        "id_digits_lost",
        _("The number was kept as a quantity and its last digits are lost: format the column as text, type it again."),
    )
    found: list[Finding] = []
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if abs(value) >= 1e15:
            return None, [lost]
        if value != int(value) or value < 0:
            return None, [_refused("id_number", "id_form", _("This is not an ID number."))]
        found.append(_corrected("id_number", "id_was_number", _("The ID number was kept as a quantity.")))
        value = str(int(value))
    if value is None:
        return None, [_refused("id_number", "id_missing", _("There is no ID number."))]
    if not isinstance(value, str):
        return None, [_refused("id_number", "id_form", _("This is not an ID number."))]
    tidied = identity.compact(value)
    if _LOST.fullmatch(unicodedata.normalize("NFKC", value).strip()) and (kind == "resident" or "+" in value):
        return None, [lost]
    if not tidied:
        return None, [_refused("id_number", "id_missing", _("There is no ID number."))]
    if tidied != value:
        found.append(
            _corrected("id_number", "id_writing", _("Spaces, dashes, width or case of the ID number were put right."))
        )
    key = identity.id_key(kind, tidied)
    if key != tidied:
        found.append(_corrected("id_number", "id_15_digits", _("The ID number of 15 digits became the one of 18.")))
    if fault := _id_fault(kind, key, today):
        return None, [_refused("id_number", *fault)]
    return key, found


def _id_fault(kind: str, key: str, today: datetime.date) -> tuple[str, str] | None:
    if kind != "resident":
        return None if _ID_TEXT.fullmatch(key) else ("id_form", _("This is not an ID number."))
    code = identity.resident_fault(key, today)
    if code is None:
        return None
    messages = {
        "id_length": _foreign(key) or _("A resident ID number has 18 characters, and here are {}.").format(len(key)),
        "id_checksum": _("The check digit of the ID number does not fit: one of its digits is wrong."),
        "id_date": _("The date in the ID number does not exist, lies in the future or is before 1900."),
    }
    return code, messages[code]


def _foreign(key: str) -> str | None:
    """What is said of a resident number that holds something else than digits and an X at its end."""
    if not set(key) - set("0123456789") or (set(key[:-1]) <= set("0123456789") and key[-1:] == "X"):
        return None
    return _("A resident ID number is 17 digits and a check digit or X; here stands something else, perhaps unseen.")


def own_number(value: Value, default_numbered: Iterable[str]) -> tuple[str | None, list[Finding]]:
    """The certificate number that the centre itself gave, in normal form, and what was found."""
    if value is None:
        return None, [_refused("number", "number_missing", _("There is no certificate number."))]
    if isinstance(value, float):
        value = str(int(value)) if value == int(value) and abs(value) < 1e15 else ""
    number = normal_number(str(value))
    if number is None:
        return None, [
            _refused(
                "number", "number_form", _("A certificate number has 4 to 32 letters A–Z and digits, kept as text.")
            )
        ]
    if has_default_shape(number, default_numbered):
        message = _("The number has the form of those that are given here, which a centre's own may not have.")
        return None, [_refused("number", "number_reserved", message)]
    if number != value:
        return number, [_corrected("number", "number_writing", _("The certificate number was put in its normal form."))]
    return number, []
