"""Names and ID numbers of people: keys to compare them by, checks, masks, and lookup keys.

What is signed and shown is never normalised beyond ``correct_name``; what is compared always is (2-formats,
Lookup key). No function here puts a name or an ID number into an error.
"""

import datetime
import functools
import hashlib
import hmac
import re
import unicodedata
from typing import Final

from verify.core import tables

MAX_TEXT: Final = 200
"""Characters of the longest text that may be a name or a number; a longer one is none."""
MAX_ID: Final = 64
"""The same of an ID number. Bounds come first: NFKC takes quadratic time on long runs of combining marks."""

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_TO_UNICODE: Final = str.maketrans({chr(point): character for point, character in tables.PRIVATE_USE.items()})
_FOLD: Final = str.maketrans(dict.fromkeys(tables.MIDDLE_DOTS, "·") | dict.fromkeys(tables.APOSTROPHES, "'"))
_UPPER: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_MINUS: Final = "\u2212"


_RADICALS: Final = str.maketrans(tables.RADICALS)
_PLAIN: Final = re.compile("[0-9a-z\u4e00-\u9fff]*")
"""Names whose characters all stand for themselves, as nearly all do."""
_FOREIGN: Final = re.compile(r"[A-Z]{3}[0-9]{12}")
_EARLIEST: Final = datetime.date(1900, 1, 1)
_STANDARD_EXAMPLE: Final = "440524188001010014"
"""The number by which GB 11643 shows its check, of somebody born in 1880; the contract's vectors name it valid."""


@functools.lru_cache(maxsize=4096)
def unseen(character: str) -> bool:
    """Whether nobody sees ``character`` and it is no white space: control, format, variation selector, filler."""
    return character in tables.UNSEEN or (unicodedata.category(character) in ("Cc", "Cf") and not character.isspace())


def without_unseen(text: str) -> str:
    """``text`` without the characters that nobody sees."""
    return text if text.isascii() and text.isprintable() else "".join(c for c in text if not unseen(c))


@functools.lru_cache(maxsize=4096)
def _ignored(character: str) -> bool:
    return character.isspace() or unseen(character)


def compact(text: str, most: int = MAX_TEXT) -> str:
    """``text`` as numbers are filed: NFKC, without white space, unseen characters and dashes, a–z upper.

    Of more than ``most`` characters it is no number: empty.
    """
    if len(text) > most:
        return ""
    if text.isascii() and text.isalnum():  # as nearly all are: nothing to fold or to leave out
        return text.translate(_UPPER)
    kept = (
        character
        for character in unicodedata.normalize("NFKC", text)
        if not _ignored(character) and unicodedata.category(character) != "Pd" and character != _MINUS
    )
    return "".join(kept).translate(_UPPER)


def to_unicode(text: str) -> str:
    """``text`` with the private-use characters of old GB 18030 fonts in their Unicode places."""
    return text.translate(_TO_UNICODE)


def to_ideographs(text: str) -> str:
    """``text`` with the ideographs of its radicals."""
    return text.translate(_RADICALS)


def name_key(name: str) -> str:
    """What two writings of one name have in common (2-formats, Lookup key); empty for a text that is no name."""
    if len(name) > MAX_TEXT:
        return ""
    if _PLAIN.fullmatch(name):
        return name
    folded = unicodedata.normalize("NFKC", to_ideographs(to_unicode(name).translate(_FOLD))).translate(_FOLD)
    return "".join(character for character in folded if not _ignored(character)).casefold()


def id_key(id_type: str, id_number: str) -> str:
    """The ID number as it is compared; a resident number of 15 digits becomes its 18 (GB 11643).

    Empty for a text that is no ID number.
    """
    key = compact(id_number, MAX_ID)
    if id_type == "resident" and len(key) == 15 and key.isascii() and key.isdecimal():
        body = f"{key[:6]}19{key[6:]}"
        return body + _resident_check(body)
    return key


def _resident_check(body: str) -> str:
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, body, strict=True)) % 11]


def resident_fault(key: str, today: datetime.date) -> str | None:
    """What is wrong with the resident number ``key`` (an ID key): id_length, id_checksum, id_date, or None.

    GB 11643: 17 digits and a check character, with a real date from 1900 to ``today``; the region is not judged,
    because real numbers have regions that no table knows. Cards of foreign permanent residents from before 2023 (three
    letters, four digits, yymmdd, two digits) have no check and no century: either may make the date a real one.
    """
    if _FOREIGN.fullmatch(key):
        return None if any(_is_birth(century + key[7:13], today) for century in ("19", "20")) else "id_date"
    body, check = key[:-1], key[-1:]
    if len(key) != 18 or not (body.isascii() and body.isdecimal()) or check not in tuple("0123456789X"):
        return "id_length"
    if _resident_check(body) != check:
        return "id_checksum"
    return None if _is_birth(key[6:14], today) or key == _STANDARD_EXAMPLE else "id_date"


def _is_birth(digits: str, today: datetime.date) -> bool:
    """Whether ``yyyymmdd`` is a day on which somebody may have been born."""
    try:
        born = datetime.date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return _EARLIEST <= born <= today


def id_hint(key: str) -> str:
    """The last 4 characters of an ID key, all of a shorter one."""
    return key[-4:]


def masked_name(name: str) -> str:
    """The first character of ``name`` and two stars: what a stranger is shown."""
    return name[:1] + "＊＊"


def secret_id(secret: bytes) -> bytes:
    """The 4 bytes that name a lookup secret."""
    return hashlib.sha256(secret).digest()[:4]


def lookup_key(secret: bytes, name: str, id_type: str, id_number: str) -> bytes:
    """The 32 bytes under which a person's certificates are filed (HMAC-SHA-256, RFC 2104)."""
    return _key(secret, "yinjian/lookup/1", name_key(name), id_type, id_key(id_type, id_number))


def no_id_key(secret: bytes, number: str) -> bytes:
    """What an index files an older paper under whose holder's ID number is not known: nobody can ask for it."""
    return _key(secret, "yinjian/no-id/1", number)


def _key(secret: bytes, *parts: str) -> bytes:
    message = b"".join(len(raw).to_bytes(2) + raw for raw in map(str.encode, parts))
    return hmac.digest(secret, message, "sha256")
