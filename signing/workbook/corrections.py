"""Names, ID numbers and certificate numbers as people type them: what is put right, and what is refused.

Only the corrections of 3-interfaces, Workbook, are made, and each is said; what is left is registered and signed
byte for byte. No finding holds a name or an ID number.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from signing.messages import _
from signing.workbook import lost
from signing.workbook.cell_texts import tidied
from signing.workbook.judged import Finding, corrected, refused, remarked
from verify.core import identity, tables
from verify.core.certificate import MAX_NAME, has_default_shape, normal_number
from verify.shared.spreadsheet import Value, headings

_DOTS: Final = str.maketrans(dict.fromkeys(tables.MIDDLE_DOTS.replace(".", ""), "·"))
_HAN: Final = re.compile("[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_NEXT_TO_HAN: Final = re.compile(rf"(?<=[·{_HAN.pattern[1:-1]}])\s+|\s+(?=[·{_HAN.pattern[1:-1]}])")
_LOST: Final = re.compile(r"[0-9]([.][0-9]+)?[eE][+]?[0-9]{1,2}")
_ID_TEXT: Final = re.compile(r"[^\W_][\w()/]{0,31}")
_ID_TYPES: Final[dict[str, tables.IdType]] = tables.ID_TYPE_WORDS | {
    written: word for word in tables.ID_TYPES for written in (word, word.replace("_", ""))
}


def name(value: Value) -> tuple[str | None, list[Finding]]:
    """The name to register, and what was found; None where the row is refused for it."""
    if value is None:
        return None, [refused("name", "name_missing", _("There is no name."))]
    if not isinstance(value, str):
        return None, [refused("name", "name_not_text", _("The name is not a text."))]
    kept, found = _tidied(value)
    if fault := _name_fault(kept):
        return None, [refused("name", *fault)]
    if unusual := lost.unusual(kept):
        found.append(remarked("name", "name_unusual", unusual))
    return kept, found


def _tidied(value: str) -> tuple[str, list[Finding]]:
    """``value`` with every correction made that a name may need."""
    text, found = tidied("name", value)
    for code, put_right in _NAME_STEPS:
        if (after := put_right(text)) != text:
            found.append(corrected("name", code, _said(code)))
            text = after
    return text, found


def _with_standard_dot(text: str) -> str:
    dotted = text.translate(_DOTS)
    return dotted.replace(".", "·") if _HAN.search(text) else dotted


_NAME_STEPS: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("name_private_use", lambda text: identity.to_ideographs(identity.to_unicode(text))),
    ("name_control", identity.without_unseen),
    ("name_outer_space", str.strip),
    ("name_dot", _with_standard_dot),
    ("name_inner_space", lambda text: _NEXT_TO_HAN.sub("", text)),
)


def _said(code: str) -> str:
    return {
        "name_private_use": _("Characters of an old font were put in their Unicode places."),
        "name_control": _("Invisible characters were taken out."),
        "name_outer_space": _("White space around the name was taken out."),
        "name_dot": _("The dot in the name was made the standard one (U+00B7)."),
        "name_inner_space": _("White space inside the name was taken out."),
    }[code]


def _name_fault(text: str) -> tuple[str, str] | None:
    """Code and message of what is wrong with a name after every correction."""
    if not text:
        return "name_missing", _("There is no name.")
    if len(text) > MAX_NAME:
        return "name_too_long", _("The name has more than {} characters.").format(MAX_NAME)
    if len(text) > 1 and unicodedata.normalize("NFKC", text)[0] in "=+-@":
        return "name_formula", _("The name begins with = + - or @, as a formula does.")
    if lost.placeholder(text):
        return "name_placeholder", _("This stands where there is no name, or where the name was lost.")
    if (meant := lost.misread(text)) is not None:
        misread = _("The name was read in another encoding than it was written in: type the name again.")
        reads = _("The name was read in another encoding than it was written in (it should read {}): type it again.")
        return "name_lost", reads.format(meant) if meant else misread
    if sign := lost.sign(text):
        known = _("A character of the name has no known meaning (U+{:04X}).")
        blot = _("The name holds U+{:04X}, a sign that characters were lost on the way: type the name again.")
        unknown = unicodedata.category(sign) in ("Co", "Cs", "Cn") or sign == "\ufffd"
        return ("name_unknown_character", known.format(ord(sign))) if unknown else ("name_lost", blot.format(ord(sign)))
    return None


def id_type(value: Value) -> tuple[str | None, list[Finding]]:
    """The ID type that a workbook's word means; the resident identity card where it says nothing."""
    if value is None:
        return "resident", []
    for key in (_word(value), *headings.keys(value)):
        if word := _ID_TYPES.get(key):
            return word, []
    words = "、".join(map(tables.usual_word, tables.ID_TYPES))
    message = _("This type of ID is not known; one of these is wanted: {}.").format(words)
    return None, [refused("id_type", "id_type_unknown", message)]


def _word(value: Value) -> str:
    return headings.simplified("".join(unicodedata.normalize("NFKC", str(value)).split()).casefold())


def id_number(kind: str, value: Value, today: datetime.date) -> tuple[str | None, list[Finding]]:
    """The ID key of a document of type ``kind``, and what was found; None where the row is refused for it."""
    found: list[Finding] = []
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if abs(value) >= 1e15:
            return None, [_digits_lost()]
        if value != int(value) or value < 0:
            return None, [refused("id_number", "id_form", _("This is not an ID number."))]
        found.append(corrected("id_number", "id_was_number", _("The ID number was kept as a quantity.")))
        value = str(int(value))
    if value is None:
        return None, [refused("id_number", "id_missing", _("There is no ID number."))]
    if not isinstance(value, str):
        return None, [refused("id_number", "id_form", _("This is not an ID number."))]
    value, undone = tidied("id_number", value)
    found += undone
    written = unicodedata.normalize("NFKC", value).strip()
    if _LOST.fullmatch(written) and (kind == "resident" or "+" in written):
        return None, [_digits_lost()]
    key = identity.compact(value, identity.MAX_ID)
    if not key:
        return None, [refused("id_number", "id_missing", _("There is no ID number."))]
    if key != value:
        message = _("Spaces, dashes, width, case or unseen characters of the ID number were put right.")
        found.append(corrected("id_number", "id_writing", message))
    longer = identity.id_key(kind, key)
    if longer != key:
        found.append(corrected("id_number", "id_15_digits", _("The ID number of 15 digits became the one of 18.")))
    if fault := _id_fault(kind, longer, today):
        return None, [refused("id_number", *fault)]
    return longer, found


def _digits_lost() -> Finding:
    message = _(
        "The number was kept as a quantity and its last digits are lost: format the column as text, type it again."
    )
    return refused("id_number", "id_digits_lost", message)


def _id_fault(kind: str, key: str, today: datetime.date) -> tuple[str, str] | None:
    if kind != "resident":
        told = (
            _ID_TEXT.fullmatch(key) and any(digit in key for digit in "123456789") and not lost.placeholder(f"A{key}")
        )
        return None if told else ("id_form", _("This is not an ID number."))
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
    found: list[Finding] = []
    if isinstance(value, str):
        value, found = tidied("number", value)
    if value is None or value == "":
        return None, [refused("number", "number_missing", _("There is no certificate number."))]
    if isinstance(value, float) and value == int(value):
        value = int(value)
    usable = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1e15)
    number = normal_number(str(value)) if usable else None
    if number is None or lost.no_number(number):
        message = _("A certificate number has 4 to 32 letters A–Z and digits, kept as text.")
        return None, [refused("number", "number_form", message)]
    if has_default_shape(number, default_numbered):
        message = _("The number has the form of those that are given here, which a centre's own may not have.")
        return None, [refused("number", "number_reserved", message)]
    if number != value:
        found.append(corrected("number", "number_writing", _("The certificate number was put in its normal form.")))
    return number, found
